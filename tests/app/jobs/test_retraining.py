"""The champion's candidate learns anew; what comes of it waits beside the champion."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from app.context import Desk, open_desk
from app.jobs import retraining
from app.jobs.kinds import JobContext
from app.jobs.retraining import Triggering, retrain
from app.services import training, triggers
from app.settings import Settings
from data_access.state.champions import change_champion, get_champion
from data_access.state.version_notes import get_note
from tests.factories.app_database import lay_app_database

NOW = datetime(2026, 4, 1, 4)
NIGHT = {"feature": "account_hours", "at_most": True, "sentence": "A burst of last spring."}
FRESH = {"feature": "device_orders_day", "at_most": False, "sentence": "A burst of this week."}


def version(number: int, snapshot: int, *bursts: dict[str, Any]) -> Any:
    return SimpleNamespace(
        capability="fraud",
        number=number,
        snapshot=snapshot,
        candidate="lightgbm",
        parameters={"trees": 40},
        as_of=date(2026, 3, 31),
        verdict="Better than the plain rules.",
        summary={"tables": {"bursts": list(bursts)}},
    )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    lay_app_database(tmp_path)
    return open_desk(Settings(_env_file=None, home=tmp_path))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was trained; each training comes to version 2 of snapshot 8."""
    kept: list[dict[str, Any]] = []

    def train(desk: Desk, parameters: dict[str, Any], **_: Any) -> Any:
        kept.append(parameters)
        return SimpleNamespace(versions=(version(2, 8, NIGHT, FRESH),))

    monkeypatch.setattr(training, "train_several", train)
    monkeypatch.setattr(training, "newest_snapshot", lambda desk: SimpleNamespace(number=8))
    return kept


def decides(desk: Desk, number: int) -> None:
    with desk.state.decide("ada", "champion.activated", "champion:fraud") as session:
        change_champion(
            session,
            capability="fraud",
            to_version=number,
            by="ada",
            now=NOW,
            passed_check=True,
            reason=None,
            undoes=None,
            expected_version=0,
        )


def night(desk: Desk, *versions: Any) -> dict[str, Any]:
    stored = {one.number: one for one in versions}
    desk.__dict__["models"] = SimpleNamespace(
        version=lambda capability, number: stored[number],
        versions=lambda capability: sorted(versions, key=lambda one: -one.number),
    )
    return retrain(
        JobContext(
            desk=desk,
            parameters={"capability": "fraud"},
            job_id="night",
            asked_by="schedule",
            started_at=NOW,
            progress=lambda *_: None,
        )
    )


def test_the_champions_candidate_learns_anew_with_its_own_parameters(
    desk: Desk, asked: list[dict[str, Any]]
) -> None:
    decides(desk, 1)
    found = night(desk, version(1, 7, NIGHT))

    assert asked == [
        {
            "capability": "fraud",
            "candidate": "lightgbm",
            "parameters": {"trees": 40},
            "why": "The champion was to learn from the newest data.",
        }
    ]
    assert found["versions"] == {"fraud": 2}
    assert found["promoted"] == []
    assert "It waits for a person to activate it." in found["sentence"]
    with desk.state.read() as session:
        row = get_champion(session, "fraud")
        note = get_note(session, "fraud", 2)
    assert row is not None
    assert row.model_version == 1  # nothing is activated by itself
    assert note is not None
    assert note.challenger
    assert note.changed_by == "worker"


def test_only_a_pattern_that_the_champion_did_not_know_is_told_as_new(
    desk: Desk, asked: list[dict[str, Any]]
) -> None:
    decides(desk, 1)
    said = night(desk, version(1, 7, NIGHT))["sentence"]
    assert "New: A burst of this week." in said
    assert "last spring" not in said


def test_nothing_learns_twice_from_the_same_data(desk: Desk, asked: list[dict[str, Any]]) -> None:
    decides(desk, 1)
    assert "knows all" in night(desk, version(1, 8))["sentence"]
    assert asked == []


def test_where_the_rules_decide_nothing_is_trained(desk: Desk, asked: list[dict[str, Any]]) -> None:
    assert "rule of thumb decides" in night(desk, version(1, 7))["sentence"]
    assert asked == []


def test_what_was_there_already_is_not_told_as_new(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The data of snapshot 8 hold nothing that version 1 did not know: it is found, not trained."""
    decides(desk, 1)
    known = SimpleNamespace(versions=(version(1, 7),))
    monkeypatch.setattr(training, "train_several", lambda *_, **__: known)
    monkeypatch.setattr(training, "newest_snapshot", lambda desk: SimpleNamespace(number=8))
    found = night(desk, version(1, 7))
    assert "those it knows already" in found["sentence"]
    with desk.state.read() as session:
        assert get_note(session, "fraud", 1) is None


class Client:
    """A queue that only counts."""

    kinds: ClassVar = {"triggers": None}

    def __init__(self) -> None:
        self.asked: list[str] = []

    def start(self, kind: str, parameters: dict[str, Any], by: str) -> str:
        self.asked.append(kind)
        return kind


@pytest.fixture
def looking(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> tuple[Triggering, Client, Any]:
    client = Client()
    made = Triggering(client, desk.settings)  # type: ignore[arg-type]
    store = SimpleNamespace(number=1)
    desk.__dict__["mark"] = None
    desk.__dict__["store"] = SimpleNamespace(newest_number=lambda: store.number)
    made.__dict__["_desk"] = desk
    monkeypatch.setattr(retraining, "LOOK_S", 0.0)
    return made, client, store


def test_a_worker_looks_at_each_new_snapshot_and_not_at_every_beat(
    looking: tuple[Triggering, Client, Any],
) -> None:
    made, client, store = looking
    assert made.look() == "triggers"
    assert made.look() is None
    store.number = 2
    assert made.look() == "triggers"
    assert made.look() is None
    assert client.asked == ["triggers", "triggers"]


def test_a_worker_looks_when_the_clock_says_so(
    looking: tuple[Triggering, Client, Any], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _, _ = looking
    made.look()
    monkeypatch.setattr(triggers, "clock_asks", lambda desk, now: True)
    assert made.look() == "triggers"


def test_a_worker_begins_with_the_triggers_of_a_new_home(
    looking: tuple[Triggering, Client, Any], desk: Desk
) -> None:
    made, _, _ = looking
    made.look()
    assert [one.capability for one in triggers.listed(desk)] == ["fraud"]


def test_before_the_first_snapshot_there_is_nothing_to_look_at(
    looking: tuple[Triggering, Client, Any],
) -> None:
    made, client, store = looking
    store.number = None
    assert made.look() is None
    assert client.asked == []
