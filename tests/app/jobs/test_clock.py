"""A clock that was ahead and is put right holds nothing up, and somebody hears of it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from app.jobs.clock import Clock
from app.jobs.queueing import TICK
from data_access.state.engine import utc_now
from data_access.state.tables import AuditEntry

AHEAD = timedelta(days=5)


def make_schedule(client, *, fired: datetime | None, name: str = "stroll") -> None:
    client.apply_schedules(
        [
            {
                "schedule_name": name,
                "workflow_name": TICK,
                "schedule": "* * * * * *",
                "context": {"kind": "stroll", "default": "1"},
            }
        ]
    )
    if fired is not None:
        client._sys_db.update_last_fired_at(name, fired.replace(tzinfo=UTC).isoformat())


def told(office) -> list[AuditEntry]:
    with office.state.read() as session:
        query = select(AuditEntry).where(AuditEntry.act == "clock.put_back")
        return list(session.scalars(query))


def test_a_schedule_that_asked_in_the_future_begins_anew_once_and_says_so(office):
    client = office.jobs.dbos
    make_schedule(client, fired=utc_now() + AHEAD)
    make_schedule(client, fired=None, name="paused")
    client.pause_schedule("paused")
    before = client.get_schedule("stroll")
    clock = Clock(client, office.state)
    assert clock.look() > timedelta(days=4)
    after = client.get_schedule("stroll")
    assert after["schedule_id"] != before["schedule_id"]
    assert (after["schedule"], after["last_fired_at"]) == (before["schedule"], None)
    assert (after["context"]["kind"], after["context"]["default"]) == ("stroll", "1")
    assert "clock" in after["context"]
    assert client.get_schedule("paused")["status"] != "ACTIVE"
    assert clock.look() is None
    (entry,) = told(office)
    assert entry.after == {"ahead_minutes": 5 * 24 * 60}


def test_a_clock_that_is_put_back_while_the_worker_runs_is_noticed(office):
    times = iter([utc_now() + AHEAD, utc_now()])
    clock = Clock(office.jobs.dbos, office.state, now=lambda: next(times), running=lambda: 7.0)
    assert clock.look() > timedelta(days=4)
    assert len(told(office)) == 1


def test_a_clock_that_is_right_or_a_little_off_is_left_alone(office):
    make_schedule(office.jobs.dbos, fired=utc_now() + timedelta(seconds=30))
    assert Clock(office.jobs.dbos, office.state).look() is None
    assert told(office) == []


def test_a_schedule_asks_again_although_its_next_ticks_were_asked_for_by_the_wrong_clock(staffed):
    client = staffed.jobs.dbos
    make_schedule(client, fired=None)
    deadline = time.monotonic() + 60
    while not staffed.jobs.list(kinds=["stroll"]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    client._sys_db.update_last_fired_at("stroll", (datetime.now(UTC) + AHEAD).isoformat())
    Clock(client, staffed.state).look()
    seen = {job.job_id for job in staffed.jobs.list(kinds=["stroll"])}
    while not any(
        job.job_id not in seen and "Z-" in job.job_id for job in staffed.jobs.list(kinds=["stroll"])
    ):
        assert time.monotonic() < deadline, staffed.jobs.list(kinds=["stroll"])
        time.sleep(0.1)
    client.delete_schedule("stroll")
    while staffed.jobs.list(kinds=["stroll"], states=("queued", "running")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
