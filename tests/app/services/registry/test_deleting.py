"""A version goes with its files, unless something decides by it, leads back to it or cites it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from app.access import AccessDenied
from app.context import Desk
from app.services import registry
from app.services.registry import VersionFilter, VersionRefused
from data_access.errors import DataError
from data_access.models import NewVersion
from data_access.state.audit import read_audit
from data_access.state.model_tables import CapabilitySwitch, Experiment, ServedInstead
from data_access.state.predictions import Believed, log_predictions
from data_access.state.publications import add_publication
from tests.app.services.registry.conftest import ADMIN, MERCHANDISER
from tests.factories import warm
from tests.factories.model_versions import NOW, decide, lay_version

ROOT = Path(__file__).parents[4]


def numbers(desk: Desk) -> list[int]:
    return [row.number for row in registry.listed(desk, "forecasting", VersionFilter()).rows]


def refused(desk: Desk, number: int, why: str) -> None:
    """It cannot go, is told why, and nothing was changed."""
    before, entries = numbers(desk), len(_audit(desk))
    assert any(why in one for one in registry.deletable(desk, "forecasting", number).why_not)
    with pytest.raises(VersionRefused, match=why):
        registry.delete(desk, ADMIN, "forecasting", number, "making room")
    assert numbers(desk) == before
    assert len(_audit(desk)) == entries
    assert desk.models.leftovers() == []


def _audit(desk: Desk) -> list[tuple[str, str]]:
    with desk.state.read() as session:
        return [(entry.act, entry.object) for entry in read_audit(session, limit=100)]


def test_the_champion_and_the_one_before_it_stay(desk: Desk) -> None:
    for number in (1, 2, 3):
        lay_version(desk, number)
    decide(desk, 1)
    decide(desk, 2)

    refused(desk, 2, "it decides now")
    refused(desk, 1, "undo of the newest activation leads back")


def test_the_champion_of_a_product_alone_stays(desk: Desk) -> None:
    lay_version(desk, 1)
    decide(desk, 1, key="forecasting/product:P1")

    refused(desk, 1, "it decides now")


def test_whoever_is_tried_or_stands_by_stays(desk: Desk) -> None:
    for number in range(1, 6):
        lay_version(desk, number)
    with desk.state.write() as session:
        session.add(
            Experiment(
                capability="forecasting", running_of="forecasting", mode="shadow", champion=1,
                challenger=2, share=0.0, salt="s", started_at=NOW, started_by="ada",
            )
        )  # fmt: skip
        session.add(
            CapabilitySwitch(
                capability="forecasting", active=False, resumes=3, changed_by="ada", changed_at=NOW
            )
        )
        session.add(
            ServedInstead(
                capability="forecasting", champion=4, serves=5, why="A byte differs.", since=NOW
            )
        )
    refused(desk, 1, "tried in an experiment")
    refused(desk, 2, "tried in an experiment")
    for number in (3, 4, 5):
        refused(desk, number, "stands by")


def test_one_whose_words_are_kept_stays(desk: Desk) -> None:
    lay_version(desk, 1)
    lay_version(desk, 2)
    with desk.state.write() as session:
        add_publication(
            session, capability="forecasting", model_version=1, snapshot=1, as_of=date(2026, 3, 31),
            folder="forecasts/1", summary={}, now=NOW, job_id="j",
        )  # fmt: skip
        log_predictions(
            session, capability="forecasting", model_version=2, arm="champion",
            as_of=date(2026, 3, 31), made_at=NOW, rows=[Believed(entity="shop", prediction=1.0)],
        )  # fmt: skip
    refused(desk, 1, "a publication by it are kept")
    refused(desk, 2, "predictions in the log by it are kept")


def test_only_admins_delete_and_only_what_is_there(desk: Desk) -> None:
    lay_version(desk, 1)
    with pytest.raises(AccessDenied):
        registry.delete(desk, MERCHANDISER, "forecasting", 1)
    with pytest.raises(DataError, match="no version 9"):
        registry.delete(desk, ADMIN, "forecasting", 9)
    assert numbers(desk) == [1]


def store(desk: Desk, tmp_path: Path, count: int) -> None:
    """Versions that MLflow knows of."""
    made = tmp_path / "made"
    made.mkdir()
    (made / "model.json").write_text("{}")
    for number in range(count):
        desk.models.create_version(
            NewVersion(
                capability="forecasting", candidate="linear", parameters={}, snapshot=1,
                as_of=date(2026, 3, 31), asked_by="ann", created_at=NOW, metrics={"wape": 0.2},
                baseline={"wape": 0.3}, baseline_label="the mean", beats_baseline=True,
                verdict="Better.", seconds=1.0, job_id=f"job-{number}",
            ),
            made,
        )  # fmt: skip


DELETE = """
from app.access import Identity, Role
from app.context import open_desk
from app.services import registry
from app.settings import Settings
registry.delete(open_desk(Settings()), Identity(name="ada", role=Role.admin), "forecasting", 1)
"""


@pytest.mark.parametrize(
    ("point", "gone"),
    [
        ("models-set-aside", False),
        ("version-delete-decided", True),
        ("models-unregistered", True),
    ],
)
def test_it_goes_whole_or_not_at_all_wherever_the_process_dies(
    desk: Desk, tmp_path: Path, point: str, gone: bool
) -> None:
    store(desk, tmp_path, 2)
    warm.dies_at(point, "-c", DELETE)

    assert len(registry.finish_deleting(desk)) == 1
    assert registry.finish_deleting(desk) == []
    assert desk.models.clean() == []
    left = [2] if gone else [2, 1]
    assert numbers(desk) == left
    assert sorted(desk.models._registry.numbers("forecasting").values()) == sorted(left)
    assert (("version.deleted", "version:forecasting/1") in _audit(desk)) is gone
    folders = {path.name for path in (desk.models.folder / "forecasting").iterdir()}
    assert folders == ({"job-1"} if gone else {"job-0", "job-1"})


def test_a_deletion_is_audited_with_what_the_version_was(desk: Desk, tmp_path: Path) -> None:
    store(desk, tmp_path, 1)
    registry.note(desk, ADMIN, "forecasting", 1, "going", expected=0)
    said = registry.delete(desk, ADMIN, "forecasting", 1, "making room")

    assert said.startswith("Version 1 is deleted, ")
    with desk.state.read() as session:
        entry = read_audit(session, limit=1)[0]
    assert (entry.actor, entry.act, entry.reason) == ("ada", "version.deleted", "making room")
    assert (entry.before or {})["job_id"] == "job-0"
    assert registry.note_of(desk, "forecasting", 1).row_version == 0
    assert not (desk.models.folder / "forecasting" / "job-0").exists()
    assert desk.models._registry.numbers("forecasting") == {}


def test_a_deletion_that_cannot_be_written_down_brings_the_version_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_version(desk, 1)
    set_aside = desk.models.set_aside

    def then_fail(capability: str, number: int) -> str:
        set_aside(capability, number)
        raise DataError("The disk is full.", remedy="Make room.")

    monkeypatch.setattr(desk.models, "set_aside", then_fail)
    with pytest.raises(DataError, match="disk is full"):
        registry.delete(desk, ADMIN, "forecasting", 1)
    registry.finish_deleting(desk)
    assert numbers(desk) == [1]
    assert _audit(desk) == []
