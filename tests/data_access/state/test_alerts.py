from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from data_access.state import alerts, drift, model_health
from data_access.state.alerts import Urgency
from data_access.state.engine import StaleWriteError, StateDatabase
from data_access.state.model_tables import Alert

NOW = datetime(2026, 3, 2, 10, 0)


def _raise(
    state: StateDatabase,
    key: str = "fraud/drift",
    *,
    urgency: Urgency = "watch",
    kind: str = "drift",
    title: str = "The data drifts",
    text: str = "t",
    at: datetime = NOW,
) -> tuple[int, bool]:
    with state.write() as session:
        row, new = alerts.raise_alert(
            session,
            capability="fraud",
            kind=kind,
            key=key,
            urgency=urgency,
            title=title,
            text=text,
            now=at,
        )
        return row.alert_id, new


def _get(state: StateDatabase, alert_id: int) -> Alert:
    with state.read() as session:
        return alerts.get_alert(session, alert_id)


def test_the_same_thing_found_again_is_the_same_alert(state: StateDatabase) -> None:
    first, new = _raise(state)
    again, also_new = _raise(state, text="worse", at=NOW + timedelta(hours=1))
    assert (new, also_new) == (True, False)
    assert again == first
    row = _get(state, first)
    assert (row.raised_at, row.seen_at, row.text) == (NOW, NOW + timedelta(hours=1), "worse")


def test_processes_that_find_it_at_the_same_moment_leave_one_row(state: StateDatabase) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: _raise(state), range(16)))
    with state.read() as session:
        assert session.scalar(select(func.count()).select_from(Alert)) == 1
    assert sum(new for _, new in found) == 1
    assert len({alert_id for alert_id, _ in found}) == 1


def test_what_ended_can_rise_anew_later_but_not_at_once(state: StateDatabase) -> None:
    first, _ = _raise(state)
    with state.write() as session:
        alerts.note_told(session, [first], by="mail", now=NOW)
        assert alerts.end_alert(session, "fraud/drift", now=NOW) is not None
        assert alerts.end_alert(session, "fraud/drift", now=NOW) is None
    soon, _ = _raise(state, at=NOW + timedelta(hours=1))
    assert soon == first
    assert _get(state, soon).mailed_at == NOW  # nobody hears of the same thing twice
    with state.write() as session:
        alerts.end_alert(session, "fraud/drift", now=NOW + timedelta(hours=2))
    later, new = _raise(state, at=NOW + timedelta(days=2))
    assert new
    assert later != first


def test_what_became_worse_is_told_again(state: StateDatabase) -> None:
    alert_id, _ = _raise(state)
    with state.write() as session:
        row = alerts.get_alert(session, alert_id)
        row.acknowledged_at, row.acknowledged_by, row.mailed_at = NOW, "ada", NOW
    _raise(state, at=NOW + timedelta(hours=1))
    assert _get(state, alert_id).acknowledged_by == "ada"
    _raise(state, urgency="bad", at=NOW + timedelta(hours=2))
    row = _get(state, alert_id)
    assert (row.acknowledged_by, row.mailed_at, row.urgency) == (None, None, "bad")


def test_an_alert_is_told_once_and_again_only_after_it_was_put_off(state: StateDatabase) -> None:
    alert_id, _ = _raise(state)

    def untold(at: datetime) -> list[int]:
        with state.read() as session:
            return [row.alert_id for row in alerts.untold(session, by="mail", now=at)]

    assert untold(NOW) == [alert_id]
    with state.write() as session:
        alerts.note_told(session, [alert_id], by="mail", now=NOW)
    assert untold(NOW + timedelta(days=3)) == []
    with state.read() as session:  # the webhook has not told it yet
        assert [row.alert_id for row in alerts.untold(session, by="webhook", now=NOW)] == [alert_id]
    with state.write() as session:
        alerts.get_alert(session, alert_id).snoozed_until = NOW + timedelta(days=1)
    assert untold(NOW + timedelta(hours=23)) == []
    assert untold(NOW + timedelta(hours=25)) == [alert_id]
    with state.write() as session:
        alerts.note_told(session, [alert_id], by="mail", now=NOW + timedelta(hours=25))
    assert untold(NOW + timedelta(days=9)) == []


def test_what_is_acknowledged_or_over_is_not_told(state: StateDatabase) -> None:
    alert_id, _ = _raise(state)
    _raise(state, "fraud/data", kind="data", title="Another")
    with state.write() as session:
        alerts.get_alert(session, alert_id).acknowledged_at = NOW
        alerts.end_alert(session, "fraud/data", now=NOW)
    with state.read() as session:
        assert alerts.untold(session, by="mail", now=NOW) == []


def test_events_end_by_age_and_states_do_not(state: StateDatabase) -> None:
    _raise(state, "fraud/promotion/3", kind="promotion", title="Promoted")
    _raise(state)
    with state.write() as session:
        assert alerts.end_events(session, now=NOW + timedelta(days=6)) == 0
        assert alerts.end_events(session, now=NOW + timedelta(days=8)) == 1
    with state.read() as session:
        assert [row.kind for row in alerts.open_alerts(session, "fraud")] == ["drift"]
        assert [row.kind for row in alerts.ended_alerts(session)] == ["promotion"]
        assert alerts.open_alerts(session, "forecasting") == []


def test_whoever_saw_an_older_state_is_told(state: StateDatabase) -> None:
    alert_id, _ = _raise(state)
    seen = _get(state, alert_id).version
    _raise(state, text="changed")
    with pytest.raises(StaleWriteError), state.write() as session:
        alerts.get_alert(session, alert_id, version=seen)


def test_a_day_is_checked_once_and_the_newest_check_is_found(state: StateDatabase) -> None:
    for day, score, at in ((1, 0.4, 0), (2, 1.2, 1), (2, 1.4, 2)):
        with state.write() as session:
            drift.keep_check(
                session,
                capability="fraud",
                model_version=3,
                snapshot=7,
                day=date(2026, 3, day),
                checked_at=NOW + timedelta(hours=at),
                score=score,
                alarm=score > 1,
                sentence="s",
                rows={"inputs": []},
            )
    with state.read() as session:
        assert drift.course(session, "fraud", 3) == [
            (date(2026, 3, 1), 0.4, False),
            (date(2026, 3, 2), 1.4, True),
        ]
        newest = drift.newest_check(session, "fraud")
        assert newest is not None
        assert newest.score == 1.4
        assert drift.newest_check(session, "fraud", 0) is None
        assert set(drift.newest_checks(session)) == {"fraud"}


def test_the_newest_health_replaces_the_last(state: StateDatabase) -> None:
    for number, found in enumerate(("good", "bad")):
        with state.write() as session:
            model_health.keep_health(
                session,
                "fraud",
                checked_at=NOW + timedelta(hours=number),
                state=found,
                sentence=found,
                parts={"files": {"state": found, "sentence": found}},
            )
    with state.read() as session:
        row = model_health.get_health(session, "fraud")
        assert row is not None
        assert (row.state, row.checked_at) == ("bad", NOW + timedelta(hours=1))
        assert list(model_health.list_health(session)) == ["fraud"]
