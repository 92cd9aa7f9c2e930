from __future__ import annotations

import pytest
from sqlalchemy import select, text

from data_access.errors import DataError
from data_access.state import audit, preferences, users
from data_access.state.engine import (
    StaleWriteError,
    StateDatabase,
    StateUnreachableError,
    utc_now,
)
from data_access.state.tables import User


def add_ada(state: StateDatabase) -> None:
    with state.write() as session:
        users.add_user(session, name="Ada", role="manager", password_hash="x", now=utc_now())


def test_a_decision_its_audit_entry_and_the_revision_are_one_transaction(state: StateDatabase):
    with state.decide("ada", "preference.changed", "preference:x", reason="why not") as session:
        preferences.write_preference(session, key="x", value=1, by="ada", now=utc_now())
        session.before, session.after = {"value": None}, {"value": 1}
    assert state.revision() == 1
    assert session.entry_id > 0
    with state.read() as reading:
        (entry,) = audit.read_audit(reading)
        assert (entry.actor, entry.act, entry.object) == (
            "ada",
            "preference.changed",
            "preference:x",
        )
        assert (entry.before, entry.after, entry.reason) == (
            {"value": None},
            {"value": 1},
            "why not",
        )
        assert preferences.read_preferences(reading) == {"x": 1}


def test_a_decision_that_fails_leaves_no_trace(state: StateDatabase):
    def fail_half_way() -> None:
        with state.decide("ada", "x.done", "x:1") as session:
            preferences.write_preference(session, key="x", value=1, by="ada", now=utc_now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert state.revision() == 0
    with state.read() as reading:
        assert audit.count_audit(reading) == 0
        assert preferences.read_preferences(reading) == {}


def test_a_note_leaves_the_revision_so_that_answers_stay_valid(state: StateDatabase):
    with state.note("ada", "session.logged_in", "user:ada"):
        pass
    assert state.revision() == 0
    with state.read() as session:
        assert audit.count_audit(session) == 1


def test_a_stale_write_is_refused_with_a_remedy(state: StateDatabase):
    add_ada(state)
    with state.read() as session:
        mine = users.find_user(session, "ada")
    with state.write() as session:
        theirs = users.find_user(session, "ada")
        assert theirs is not None
        theirs.role = "admin"
    assert mine is not None
    mine.role = "merchandiser"
    with pytest.raises(StaleWriteError) as refused, state.decide("eve", "x.done", "x:1") as session:
        session.add(mine)
    assert "Reload" in refused.value.remedy
    assert state.revision() == 0
    with state.read() as session:
        assert session.scalar(select(User.role)) == "admin"


def test_a_setting_seen_before_somebody_changed_it_is_not_written_over(state: StateDatabase):
    now = utc_now()
    with state.write() as session:
        preferences.write_preference(
            session, key="x", value=1, by="ada", now=now, expected_version=0
        )
    for seen in (0, 2):
        with pytest.raises(StaleWriteError), state.write() as session:
            preferences.write_preference(
                session, key="x", value=9, by="eve", now=now, expected_version=seen
            )
    with state.write() as session:
        before = preferences.write_preference(
            session, key="x", value=2, by="ada", now=now, expected_version=1
        )
    assert before == 1


def test_a_name_that_is_taken_is_refused_whatever_its_case(state: StateDatabase):
    add_ada(state)
    with pytest.raises(DataError, match="ada already"):
        add_ada(state)


def test_rows_stay_readable_after_their_session_closed(state: StateDatabase):
    add_ada(state)
    with state.read() as session:
        (user,) = users.list_users(session)
    assert user.role == "manager"


def test_a_foreign_key_that_leads_nowhere_is_refused(state: StateDatabase):
    from datetime import timedelta

    from data_access.state import sessions

    with pytest.raises(DataError) as refused, state.write() as session:
        sessions.open_session(
            session, token_hash="0" * 64, user_id=99, now=utc_now(), lasts=timedelta(hours=1)
        )
    assert "constraint" not in str(refused.value)  # the words of the driver are not for people


def test_sqlite_writes_ahead_and_waits_for_others(tmp_path):
    state = StateDatabase(f"sqlite:///{tmp_path / 'app.db'}")
    with state.engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert connection.scalar(text("PRAGMA busy_timeout")) >= 10_000
    state.close()


def test_a_database_that_does_not_answer_is_explained_without_its_password():
    state = StateDatabase("postgresql://shop:hunter2@127.0.0.1:1/nowhere")
    with pytest.raises(StateUnreachableError) as unreachable:
        state.revision()
    assert "hunter2" not in str(unreachable.value) + unreachable.value.remedy + repr(state)
    assert "APP_DATABASE_URL" in unreachable.value.remedy


def test_other_kinds_of_database_are_refused():
    with pytest.raises(DataError, match="mysql"):
        StateDatabase("mysql://x@y/z")


def test_an_address_that_cannot_be_read_is_refused_without_repeating_it():
    with pytest.raises(DataError) as refused:
        StateDatabase("postgres//user:hunter2@host")
    assert "hunter2" not in str(refused.value)
