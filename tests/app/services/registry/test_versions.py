"""Where versions stand, which of them are listed, and what is said of them."""

from __future__ import annotations

import pytest

from app.access import AccessDenied
from app.context import Desk
from app.services import registry
from app.services.registry import VersionFilter, VersionRefused
from data_access.errors import DataError
from data_access.state import version_notes
from data_access.state.audit import read_audit
from data_access.state.engine import StaleWriteError
from data_access.state.model_tables import Experiment
from tests.app.services.registry.conftest import ADMIN, MERCHANDISER
from tests.factories.model_versions import NOW, decide, lay_version


def status(desk: Desk) -> dict[int, str]:
    rows = registry.listed(desk, "forecasting", VersionFilter()).rows
    return {row.number: row.standing.status for row in rows}


def test_a_version_is_candidate_then_champion_then_retired(desk: Desk) -> None:
    for number in (1, 2):
        lay_version(desk, number)
    assert status(desk) == {2: "candidate", 1: "candidate"}

    decide(desk, 1)
    assert status(desk) == {2: "candidate", 1: "champion"}

    decide(desk, 2)
    assert status(desk) == {2: "champion", 1: "retired"}

    decide(desk, None)
    assert status(desk) == {2: "retired", 1: "retired"}


def test_one_that_waits_or_is_tried_is_challenger(desk: Desk) -> None:
    for number in (1, 2, 3):
        lay_version(desk, number)
    decide(desk, 1)
    with desk.state.write() as session:
        version_notes.set_challenger(
            session, capability="forecasting", number=2, challenger=True, by="worker", now=NOW
        )
        session.add(
            Experiment(
                capability="forecasting", running_of="forecasting", mode="split", champion=1,
                challenger=3, share=0.5, salt="s", started_at=NOW, started_by="ada",
            )
        )  # fmt: skip
    assert status(desk) == {3: "challenger", 2: "challenger", 1: "champion"}


def test_a_version_that_decides_for_a_product_alone_is_champion_too(desk: Desk) -> None:
    lay_version(desk, 1, summary={"scope": {"level": "product", "series_id": "P1"}})
    decide(desk, 1, key="forecasting/product:P1")

    assert status(desk) == {1: "champion"}
    assert registry.one(desk, "forecasting", 1).standing.decides == ("forecasting/product:P1",)


def test_versions_of_another_capability_are_told_apart(desk: Desk) -> None:
    lay_version(desk, 1)
    lay_version(desk, 1, capability="fraud", measure="average_precision")
    decide(desk, 1, key="fraud")

    assert status(desk) == {1: "candidate"}


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (VersionFilter(status="champion"), [2]),
        (VersionFilter(candidate="linear"), [3]),
        (VersionFilter(scope="Mugs"), [4]),
        (VersionFilter(text="4"), [4]),
        (VersionFilter(text="carla"), [3]),
        (VersionFilter(text="rounds=102"), [2]),
        (VersionFilter(text="before the SALE"), [1]),
        (VersionFilter(status="champion", text="carla"), []),
    ],
)
def test_filters_find_by_status_model_scope_and_words(
    desk: Desk, wanted: VersionFilter, numbers: list[int]
) -> None:
    lay_version(desk, 1)
    lay_version(desk, 2)
    lay_version(desk, 3, candidate="linear", asked_by="carla", parameters={})
    lay_version(
        desk, 4,
        summary={"scope": {"level": "category", "series_id": "C4"}, "scope_label": "Mugs"},
    )  # fmt: skip
    decide(desk, 2)
    registry.note(desk, ADMIN, "forecasting", 1, "Trained before the sale.", expected=0)

    listed = registry.listed(desk, "forecasting", wanted)
    assert [row.number for row in listed.rows] == numbers
    assert (listed.total, listed.every) == (len(numbers), 4)
    assert listed.scopes == ("Whole shop", "Mugs")


def test_a_page_holds_the_newest_and_tells_how_many_there_are(desk: Desk) -> None:
    for number in range(1, 8):
        lay_version(desk, number)
    listed = registry.listed(desk, "forecasting", VersionFilter(), limit=3, offset=3)

    assert [row.number for row in listed.rows] == [4, 3, 2]
    assert listed.total == 7


def test_a_note_is_saved_audited_and_taken_back(desk: Desk) -> None:
    lay_version(desk, 1)
    done = registry.note(desk, ADMIN, "forecasting", 1, "  Before the sale. ", expected=0)

    told = registry.note_of(desk, "forecasting", 1)
    assert (told.note, told.changed_by) == ("Before the sale.", "ada")
    with desk.state.read() as session:
        entry = read_audit(session, limit=1)[0]
    assert (entry.act, entry.object) == ("version.noted", "version:forecasting/1")
    assert (entry.before, entry.after) == ({"note": ""}, {"note": "Before the sale."})

    again = done.back(desk, ADMIN)
    assert registry.note_of(desk, "forecasting", 1).note == ""
    again.back(desk, ADMIN)
    assert registry.note_of(desk, "forecasting", 1).note == "Before the sale."


def test_a_note_that_somebody_else_changed_is_not_overwritten(desk: Desk) -> None:
    lay_version(desk, 1)
    done = registry.note(desk, ADMIN, "forecasting", 1, "first", expected=0)
    registry.note(desk, ADMIN, "forecasting", 1, "second", expected=done.version)

    with pytest.raises(StaleWriteError):
        registry.note(desk, ADMIN, "forecasting", 1, "third", expected=done.version)
    with pytest.raises(StaleWriteError):
        done.back(desk, ADMIN)
    assert registry.note_of(desk, "forecasting", 1).note == "second"


def test_notes_are_refused_to_others_too_long_and_of_no_version(desk: Desk) -> None:
    lay_version(desk, 1)
    with pytest.raises(AccessDenied):
        registry.note(desk, MERCHANDISER, "forecasting", 1, "x", expected=0)
    with pytest.raises(VersionRefused, match="2,001"):
        registry.note(desk, ADMIN, "forecasting", 1, "x" * 2_001, expected=0)
    with pytest.raises(DataError, match="no version 9"):
        registry.note(desk, ADMIN, "forecasting", 9, "x", expected=0)
    assert registry.note_of(desk, "forecasting", 1).row_version == 0
    assert desk.state.revision() == 0
