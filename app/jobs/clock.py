"""A clock that was ahead and is put right: what was asked for in the future is forgotten.

DBOS names each tick of a schedule by its time and never asks twice for the same one, and whoever
waits for the next tick waits until a time of the wrong clock. Both would keep every schedule still
until the right clock has come as far as the wrong one was.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.jobs.queueing import APPLICATION, TICK
from data_access.state.engine import utc_now

if TYPE_CHECKING:
    from dbos import DBOSClient

    from data_access.state.engine import StateDatabase

SLACK = timedelta(minutes=2)
"""Corrections of a clock that nobody needs to hear of."""

BATCH = 500
MOST_BATCHES = 200
log = logging.getLogger("shopsight.jobs")


class Clock:
    """Notices while a worker runs, and at its start, that the clock was put back."""

    def __init__(
        self,
        client: DBOSClient,
        state: StateDatabase,
        *,
        now: Callable[[], datetime] = utc_now,
        running: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._state = client, state
        self._now, self._running = now, running
        self._seen = (now(), running())

    def look(self) -> timedelta | None:
        """By how much the clock was ahead, once the schedules go on; None where it was not."""
        now, running = self._now(), self._running()
        expected = self._seen[0] + timedelta(seconds=running - self._seen[1])
        self._seen = (now, running)
        schedules = self._client.list_schedules()
        fired = [at - now for one in schedules if (at := _fired(one)) is not None]
        ahead = max([expected - now, *fired])
        if ahead <= SLACK:
            return None
        log.warning("the clock was ahead by %s; schedules begin anew from now", ahead)
        _forget_ticks(self._client, now)
        for one in schedules:
            _begin_anew(self._client, one, now)
        told = {"ahead_minutes": round(ahead / timedelta(minutes=1))}
        with self._state.note("worker", "clock.put_back", "clock:worker", None, told):
            pass
        return ahead


def _fired(schedule: Any) -> datetime | None:
    """When it asked last, naive UTC; None where it never did."""
    fired = schedule["last_fired_at"]
    return datetime.fromisoformat(fired).astimezone(UTC).replace(tzinfo=None) if fired else None


def _forget_ticks(client: DBOSClient, now: datetime) -> None:
    """Those that the wrong clock asked for; what they started stays."""
    for _ in range(MOST_BATCHES):
        found = client.list_workflows(
            name=TICK,
            start_time=(now + SLACK / 2).isoformat() + "+00:00",
            limit=BATCH,
            load_input=False,
            load_output=False,
        )
        if not found:
            return
        client.delete_workflows([one.workflow_id for one in found])


def _begin_anew(client: DBOSClient, schedule: Any, now: datetime) -> None:
    """The same schedule under a new number: workers wait for its next time by the right clock.

    Its context changes, from which the ids of jobs are made: theirs are taken, too.
    """
    context = {**(schedule["context"] or {}), "clock": now.isoformat(timespec="seconds")}
    name = schedule["schedule_name"]
    client.delete_schedule(name)
    client.apply_schedules(
        [
            {
                "schedule_name": name,
                "workflow_name": schedule["workflow_name"],
                "schedule": schedule["schedule"],
                "context": context,
                "application_name": APPLICATION,
            }
        ]
    )
    if schedule["status"] != "ACTIVE":
        client.pause_schedule(name)
