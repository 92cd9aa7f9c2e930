"""Promoted by itself only where allowed and surely better; taken back where surely worse."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.context import Desk, open_desk
from app.services import autopilot
from app.services.activation import writing
from app.settings import Settings
from data_access.scope import WHOLE
from data_access.state import switches, version_notes
from data_access.state.alerts import open_alerts
from data_access.state.audit import read_audit
from data_access.state.champions import change_champion, get_champion, time_line
from data_access.state.model_tables import Experiment
from ml.lead import Lead
from tests.factories.app_database import lay_app_database

NOW = datetime(2026, 4, 1, 5)
KEY = "forecasting"


def version(number: int, as_of: date, *, beats: bool = True) -> Any:
    return SimpleNamespace(
        capability=KEY,
        key=KEY,
        number=number,
        snapshot=number,
        as_of=as_of,
        candidate="lightgbm",
        parameters={},
        scope=WHOLE,
        job_id=f"job-{number}",
        beats_baseline=beats,
    )


OLD, NEW = version(1, date(2026, 3, 1)), version(2, date(2026, 3, 31))


def ahead(low: float, high: float, units: int = 50) -> Lead:
    return Lead(
        own=0.2,
        other=0.2 + (low + high) / 2,
        lead=(low + high) / 2,
        low=low,
        high=high,
        cases=400,
        units=units,
    )


BETTER, LUCK, WORSE = ahead(0.01, 0.03), ahead(-0.01, 0.03), ahead(-0.03, -0.01)


class Found:
    """What the comparison on the newest data and on what came since says."""

    def __init__(self) -> None:
        self.newest = {"champion": BETTER, "rule": BETTER}
        self.since = {"champion": LUCK, "rule": BETTER}


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Found:
    made = Found()
    monkeypatch.setattr(autopilot, "_on_newest", lambda *_: made.newest)
    monkeypatch.setattr(autopilot, "_since_promotion", lambda *_: made.since)
    monkeypatch.setattr(writing, "ask_for_what_follows", lambda *_: None)
    return made


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    lay_app_database(tmp_path)
    made = open_desk(Settings(_env_file=None, home=tmp_path))
    stored = {one.number: one for one in (OLD, NEW)}
    made.__dict__["mark"] = None
    made.__dict__["store"] = SimpleNamespace(newest=lambda: SimpleNamespace(number=2))
    made.__dict__["models"] = SimpleNamespace(
        version=lambda capability, number: stored[number],
        stored_by=lambda capability, job_id: stored[int(job_id.removeprefix("job-"))],
        versions=lambda capability: [NEW, OLD],
    )
    activate(made, 1, by="ada", now=NOW - timedelta(days=30))
    yield made
    made.state.close()


def activate(desk: Desk, number: int, *, by: str, now: datetime = NOW, undoes: int = 0) -> int:
    with desk.state.decide(by, "champion.activated", f"champion:{KEY}") as session:
        return change_champion(
            session,
            capability=KEY,
            to_version=number,
            by=by,
            now=now,
            passed_check=True,
            undoes=undoes or None,
        ).change_id


def allow(desk: Desk, *, promotes: bool = True, active: bool = True) -> None:
    with desk.state.decide("ada", "capability.changed", f"capability:{KEY}") as session:
        row = switches.open_switch(session, KEY, by="ada", now=NOW)
        row.promotes, row.active = promotes, active


def champion(desk: Desk) -> int | None:
    with desk.state.read() as session:
        row = get_champion(session, KEY)
    return row.model_version if row else None


def silent(step: str, share: float, message: str | None = None) -> None:
    """A job's progress that nobody watches."""


def consider(desk: Desk, one: Any = NEW, now: datetime = NOW) -> autopilot.Outcome:
    return autopilot.consider(desk, one, progress=silent, now=now)


def look_back(desk: Desk, now: datetime = NOW) -> autopilot.Outcome:
    return autopilot.look_back(desk, KEY, progress=silent, now=now)


def test_nothing_is_promoted_where_nobody_allowed_it(desk: Desk, found: Found) -> None:
    assert consider(desk).sentence == "It waits for a person to activate it."
    assert champion(desk) == 1


def test_what_surely_is_better_is_promoted_with_trace_alert_and_reason(
    desk: Desk, found: Found
) -> None:
    allow(desk)
    autopilot.wait_as_challenger(desk, NEW)
    outcome = consider(desk)

    assert outcome.acted
    assert champion(desk) == 2
    with desk.state.read() as session:
        change = time_line(session, KEY, limit=1)[0]
        entry = read_audit(session)[0]
        (alert,) = open_alerts(session)
        note = version_notes.get_note(session, KEY, 2)
    assert (change.by, change.from_version, change.undoes) == ("worker", 1, None)
    assert (entry.actor, entry.act) == ("worker", "champion.activated")
    assert "surely better" in (entry.reason or "")
    assert (alert.kind, alert.urgency) == ("promotion", "info")
    assert "of version 1 on 400 cases" in alert.text
    assert note is not None
    assert not note.challenger


@pytest.mark.parametrize(
    ("newest", "why"),
    [
        ({"champion": LUCK, "rule": BETTER}, "which can be luck"),
        ({"champion": BETTER, "rule": LUCK}, "which can be luck"),
        ({"champion": WORSE, "rule": BETTER}, "surely worse"),
        ({"champion": ahead(0.01, 0.03, units=9), "rule": BETTER}, "too few to tell"),
    ],
)
def test_what_may_be_luck_waits_for_a_person(
    desk: Desk, found: Found, newest: dict[str, Lead], why: str
) -> None:
    allow(desk)
    found.newest = newest
    outcome = consider(desk)
    assert not outcome.acted
    assert "waits for a person" in outcome.sentence
    assert why in outcome.sentence
    assert champion(desk) == 1
    with desk.state.read() as session:
        assert open_alerts(session) == []


def test_what_did_not_beat_the_rule_of_thumb_when_it_was_measured_waits(
    desk: Desk, found: Found
) -> None:
    allow(desk)
    assert "did not beat" in consider(desk, version(2, NEW.as_of, beats=False)).sentence
    assert champion(desk) == 1


def test_an_experiment_that_runs_is_not_ended_by_a_promotion(desk: Desk, found: Found) -> None:
    allow(desk)
    with desk.state.decide("ada", "experiment.started", f"experiment:{KEY}") as session:
        session.add(
            Experiment(
                capability=KEY,
                running_of=KEY,
                mode="split",
                champion=1,
                challenger=2,
                share=0.1,
                salt="s",
                started_at=NOW,
                started_by="ada",
            )
        )
    assert "experiment runs" in consider(desk).sentence
    assert champion(desk) == 1


def test_who_forbids_it_during_the_comparison_is_heeded(
    desk: Desk, found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(desk)

    def compared(*_: Any) -> dict[str, Lead]:
        allow(desk, promotes=False)
        return found.newest

    monkeypatch.setattr(autopilot, "_on_newest", compared)
    assert not consider(desk).acted
    assert champion(desk) == 1


def test_who_chooses_another_during_the_comparison_is_not_overruled(
    desk: Desk, found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(desk)

    def compared(*_: Any) -> dict[str, Lead]:
        activate(desk, 1, by="bob")
        return found.newest

    monkeypatch.setattr(autopilot, "_on_newest", compared)
    assert "somebody chose another version meanwhile" in consider(desk).sentence
    with desk.state.read() as session:
        assert time_line(session, KEY, limit=1)[0].by == "bob"


def test_a_promotion_that_holds_stands(desk: Desk, found: Found) -> None:
    allow(desk)
    consider(desk)
    assert "stands" in look_back(desk, NOW + timedelta(days=9)).sentence
    assert champion(desk) == 2


@pytest.mark.parametrize(
    "since", [{"champion": WORSE, "rule": BETTER}, {"champion": LUCK, "rule": WORSE}]
)
def test_what_surely_does_worse_is_taken_back_and_told(
    desk: Desk, found: Found, since: dict[str, Lead]
) -> None:
    allow(desk)
    promoted = consider(desk)
    found.since = since
    outcome = look_back(desk, NOW + timedelta(days=9))

    assert outcome.acted
    assert champion(desk) == 1
    with desk.state.read() as session:
        change = time_line(session, KEY, limit=1)[0]
        entry = read_audit(session)[0]
        alert = open_alerts(session)[0]
    assert (change.by, change.undoes) == ("worker", promoted.change_id)
    assert (entry.actor, entry.act) == ("worker", "champion.undone")
    assert (alert.kind, alert.urgency) == ("rollback", "watch")
    assert "Version 1 decides again" in alert.text
    assert not look_back(desk, NOW + timedelta(days=9)).acted


def test_what_a_person_chose_is_never_taken_back(desk: Desk, found: Found) -> None:
    allow(desk)
    activate(desk, 2, by="ada")
    found.since = {"champion": WORSE, "rule": WORSE}
    assert "Nothing was promoted by itself" in look_back(desk).sentence
    assert champion(desk) == 2


def test_nothing_is_taken_back_once_it_is_forbidden(desk: Desk, found: Found) -> None:
    allow(desk)
    consider(desk)
    allow(desk, promotes=False)
    found.since = {"champion": WORSE, "rule": WORSE}
    assert not look_back(desk).acted
    assert champion(desk) == 2


def test_after_a_promotion_was_taken_back_it_rests_a_week(desk: Desk, found: Found) -> None:
    allow(desk)
    promoted = consider(desk)
    assert promoted.change_id is not None
    activate(desk, 1, by="ada", now=NOW + timedelta(days=1), undoes=promoted.change_id)
    assert "for a week" in consider(desk, now=NOW + timedelta(days=7)).sentence
    assert consider(desk, now=NOW + timedelta(days=9)).acted


def test_the_newest_retrained_version_waits_in_place_of_the_one_before(desk: Desk) -> None:
    with desk.state.decide("ada", "version.noted", "version:forecasting/7") as session:
        version_notes.set_challenger(
            session, capability=KEY, number=7, challenger=True, by="ada", now=NOW
        )
    autopilot.wait_as_challenger(desk, OLD)
    autopilot.wait_as_challenger(desk, NEW)
    with desk.state.read() as session:
        notes = version_notes.notes_of(session, KEY)
    assert {number: note.challenger for number, note in notes.items()} == {
        1: False,
        2: True,
        7: True,  # a person's word stands
    }


def test_the_comparison_asks_recipes_that_had_seen_none_of_the_cases(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The champion is a month older than the version: its recipe learns from a month less."""
    learned: list[date] = []
    asked: list[Any] = []

    class Capability:
        key = KEY

        def fresh_since(self, frames: Any, *, as_of: date) -> date:
            return date(2026, 2, 1)

        def fit(self, candidate: str, frames: Any, *, as_of: date, **_: Any) -> str:
            learned.append(as_of)
            return f"to {as_of}"

        def replay(self, model: str, frames: Any, *, since: date, as_of: date) -> str:
            asked.append((model, since, as_of))
            return model

    known = SimpleNamespace(
        capability=Capability(), frames={}, as_of=date(2026, 3, 31), model=lambda one: "itself"
    )
    monkeypatch.setattr(autopilot, "lead", lambda *_, **__: BETTER)
    monkeypatch.setattr(autopilot, "paired", lambda own, other: (own, other))
    told = autopilot._on_newest(known, NEW, OLD, silent)  # type: ignore[arg-type]

    assert learned == [date(2026, 2, 1), date(2026, 1, 2)]
    assert set(told) == {"champion", "rule"}
    assert {(since, to) for _, since, to in asked} == {(date(2026, 2, 1), date(2026, 3, 31))}

    learned.clear()
    autopilot._on_newest(known, NEW, version(1, date(2026, 1, 20)), silent)  # type: ignore[arg-type]
    assert learned == [date(2026, 2, 1)]  # a champion older than the cases is asked itself
    assert asked[-1][0] == "itself"
