"""Triggers: kept, changed with a version, and looked at past it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from data_access.errors import DataError
from data_access.state import triggers
from data_access.state.engine import StaleWriteError, StateDatabase

NOW = datetime(2026, 4, 1, 8)


def made(state: StateDatabase, kind: str = "days", value: dict | None = None) -> int:
    with state.decide("ada", "trigger.added", "trigger:fraud") as session:
        row = triggers.add_trigger(
            session, capability="fraud", kind=kind, value=value or {"days": 7}, by="ada", now=NOW
        )
        return row.trigger_id


def test_a_trigger_is_kept_and_listed_by_capability(state: StateDatabase) -> None:
    number = made(state)
    with state.read() as session:
        (row,) = triggers.list_triggers(session, "fraud")
        assert triggers.list_triggers(session, "forecasting") == []
        assert triggers.count_triggers(session, "fraud") == 1
    assert (row.trigger_id, row.kind, row.value, row.active) == (number, "days", {"days": 7}, True)


def test_who_saw_an_older_one_is_refused(state: StateDatabase) -> None:
    number = made(state)
    with state.decide("ada", "trigger.changed", "trigger:fraud") as session:
        row = triggers.get_trigger(session, number, version=1)
        triggers.change_trigger(session, row, active=False, by="ada", now=NOW)
    with (
        pytest.raises(StaleWriteError),
        state.decide("bob", "trigger.changed", "trigger:fraud") as session,
    ):
        triggers.get_trigger(session, number, version=1)


def test_what_a_worker_notes_makes_no_persons_change_stale(state: StateDatabase) -> None:
    number = made(state)
    with state.write() as session:
        triggers.note_look(session, number, said="Not yet.", now=NOW)
        triggers.note_fired(session, number, snapshot=8, said="It was time.", now=NOW)
    with state.decide("ada", "trigger.changed", "trigger:fraud") as session:
        row = triggers.get_trigger(session, number, version=1)
        assert (row.said, row.fired_on, row.looked_at) == ("It was time.", 8, NOW)
        triggers.change_trigger(session, row, active=False, by="ada", now=NOW)
        assert row.fired_on == 8


def test_another_value_counts_from_now_and_forgets_what_was_said(state: StateDatabase) -> None:
    number = made(state)
    with state.write() as session:
        triggers.note_fired(session, number, snapshot=8, said="It was time.", now=NOW)
    later = NOW + timedelta(days=1)
    with state.decide("ada", "trigger.changed", "trigger:fraud") as session:
        row = triggers.get_trigger(session, number)
        triggers.change_trigger(session, row, value={"days": 3}, by="ada", now=later)
    with state.read() as session:
        row = triggers.get_trigger(session, number)
    assert (row.value, row.created_at, row.said, row.fired_on) == ({"days": 3}, later, None, None)


def test_a_removed_one_is_gone_and_asking_for_it_says_so(state: StateDatabase) -> None:
    number = made(state)
    with state.decide("ada", "trigger.removed", "trigger:fraud") as session:
        triggers.remove_trigger(session, triggers.get_trigger(session, number))
    with state.read() as session, pytest.raises(DataError, match="any more"):
        triggers.get_trigger(session, number)


def test_only_active_ones_are_looked_at(state: StateDatabase) -> None:
    first, second = made(state), made(state, "season", {})
    with state.decide("ada", "trigger.paused", "trigger:fraud") as session:
        triggers.change_trigger(
            session, triggers.get_trigger(session, first), active=False, by="ada", now=NOW
        )
    with state.read() as session:
        rows = triggers.list_triggers(session, active_only=True)
    assert [row.trigger_id for row in rows] == [second]


def test_the_audit_remembers_that_something_was_done_once(state: StateDatabase) -> None:
    with state.read() as session:
        assert not triggers.ever_noted(session, "trigger.defaults")
    with state.note("first start", "trigger.defaults", "trigger:defaults"):
        pass
    with state.read() as session:
        assert triggers.ever_noted(session, "trigger.defaults")
