"""The audit is read by pages, filters and periods, on each engine, and never changed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from data_access.state.audit import count_audit, list_acts, read_audit
from data_access.state.engine import StateDatabase
from data_access.state.tables import AuditEntry

FIRST = datetime(2026, 3, 1)


@pytest.fixture
def told(state: StateDatabase) -> StateDatabase:
    """Thirty acts, one an hour: every third is a login, the others are of two cases in turn."""
    for number in range(30):
        act = "session.started" if number % 3 == 0 else "case.approved"
        thing = "session:ada" if number % 3 == 0 else f"case:{number % 2}"
        actor = "ada" if number % 5 else "bob_"
        with state.note(actor, act, thing, at=FIRST + timedelta(hours=number)):
            pass
    return state


def numbers(state: StateDatabase, **wanted: object) -> list[int]:
    with state.read() as session:
        return [row.entry_id for row in read_audit(session, **wanted)]  # type: ignore[arg-type]


def test_pages_follow_each_other_in_both_ways_without_gap_or_overlap(told: StateDatabase) -> None:
    first = numbers(told, limit=12)
    second = numbers(told, limit=12, before=first[-1])
    third = numbers(told, limit=12, before=second[-1])
    assert first + second + third == list(range(30, 0, -1))
    assert numbers(told, limit=12, after=third[0]) == second
    assert numbers(told, limit=12, after=second[0]) == first


def test_a_filter_holds_over_the_pages(told: StateDatabase) -> None:
    logins = numbers(told, limit=4, act="session.")
    assert logins == [28, 25, 22, 19]
    assert numbers(told, limit=4, act="session.", before=19) == [16, 13, 10, 7]
    assert numbers(told, limit=50, object_prefix="case:1", actor="bob_") == [26, 6]
    assert numbers(told, limit=50, object_prefix="case") == numbers(told, limit=50, act="case.")


def test_signs_that_mean_something_in_a_search_are_taken_as_they_are(told: StateDatabase) -> None:
    for sign in ("%", "_", "case:%", "case_", "\\", "'", "\U0010ffff"):
        assert numbers(told, object_prefix=sign) == [], sign
        assert numbers(told, act=sign) == [], sign


def test_a_period_begins_with_its_first_instant_and_ends_before_its_last(
    told: StateDatabase,
) -> None:
    since, until = FIRST + timedelta(hours=3), FIRST + timedelta(hours=6)
    assert numbers(told, since=since, until=until) == [6, 5, 4]
    assert numbers(told, since=since, until=until, act="session.") == [4]


def test_counting_stops_where_it_is_told_to(told: StateDatabase) -> None:
    with told.read() as session:
        assert count_audit(session) == 30
        assert count_audit(session, most=7) == 7
        assert count_audit(session, act="case.", most=100) == 20
        assert count_audit(session, act="nobody.") == 0


def test_the_acts_that_were_ever_done_are_named_once(told: StateDatabase) -> None:
    with told.read() as session:
        assert list_acts(session) == ["case.approved", "session.started"]


def test_an_entry_can_neither_be_changed_nor_deleted(told: StateDatabase) -> None:
    for change in (
        update(AuditEntry).values(actor="nobody"),
        delete(AuditEntry),
        delete(AuditEntry).where(AuditEntry.entry_id == 1),
    ):
        with pytest.raises(DBAPIError, match="append-only"), told.engine.begin() as connection:
            connection.execute(change)
    assert len(numbers(told, limit=100)) == 30
