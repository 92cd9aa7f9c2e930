"""What waits for something or looks for something comes to an end."""

from __future__ import annotations

import itertools
import queue
import time
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from app.jobs import group, retention
from data_access.snapshots import extract


class Chatter:
    """A queue to which a job adds faster than anybody reads."""

    def get(self, timeout: float) -> dict[str, Any]:
        return {"step": "talking", "share": 0.1, "message": ""}

    def get_nowait(self) -> dict[str, Any]:
        return self.get(0.0)


def test_a_job_that_talks_without_a_pause_lets_its_watcher_look_after_it():
    watched = group.ProcessGroup.__new__(group.ProcessGroup)
    watched._events = Chatter()  # type: ignore[assignment]
    heard = list(itertools.islice(watched.events(0.1), group.EVENTS_AT_ONCE + 1))
    assert len(heard) == group.EVENTS_AT_ONCE


def test_ticks_that_do_not_go_are_left_for_the_next_time():
    asked = []

    def list_workflows(**_options: Any) -> list[Any]:
        asked.append(1)
        assert len(asked) < 10, "asked without end"
        return [SimpleNamespace(workflow_id="stuck")]

    dbos = SimpleNamespace(list_workflows=list_workflows, delete_workflows=lambda _ids: None)
    retention._delete_old_ticks(SimpleNamespace(dbos=dbos), datetime(2026, 1, 1))  # type: ignore[arg-type]
    assert len(asked) == 2


def test_a_shop_that_never_answers_does_not_hold_the_end_of_a_reading(monkeypatch):
    monkeypatch.setattr(extract, "LET_GO_S", 0.2)
    silent: queue.Queue[Any] = queue.Queue()

    def batches():
        yield "first"
        silent.get()  # until the test has seen the end
        yield "late"

    reading = extract._ahead(batches())
    assert next(reading) == "first"
    began = time.monotonic()
    reading.close()
    assert time.monotonic() - began < 5
    silent.put(None)
