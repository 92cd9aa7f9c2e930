"""Counting what models are asked: calls, predictions, errors, seconds, memory.

Counted in memory and written in batches: a score must not wait for a row that only says how many
there were. What a killed process had not written yet is lost, at most `WRITE_S` of it.
"""

from __future__ import annotations

import atexit
import logging
import resource
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from data_access.errors import DataError
from data_access.state.engine import utc_now
from data_access.state.model_uses import Used, add_uses

if TYPE_CHECKING:
    from app.context import Desk
    from data_access.state.engine import StateDatabase

log = logging.getLogger("shopsight.serving")

WRITE_S = 15.0
"""Seconds between two writes of a process that is asked."""

Key = tuple[str, int, datetime]  # capability, version, hour


@dataclass
class Counting:
    """One call while it runs; whoever answers says how many predictions it gave."""

    predictions: int = 0


@dataclass
class _Sum:
    calls: int = 0
    predictions: int = 0
    errors: int = 0
    seconds: float = 0.0
    slowest: float = 0.0


@dataclass
class _Waiting:
    """What a process has counted and not written."""

    state: StateDatabase
    sums: dict[Key, _Sum]


_waiting: dict[str, _Waiting] = {}  # by the app database
_lock = threading.Lock()
_timer: threading.Timer | None = None


@contextmanager
def counting(desk: Desk, capability: str, version: int | None) -> Iterator[Counting]:
    """Count one call of a version (None: the rule of thumb); one that raises is an error.

    >>> with counting(desk, "fraud", 3) as call:      # doctest: +SKIP
    ...     call.predictions = len(model.score(features))
    """
    call = Counting()
    began = time.perf_counter()
    try:
        yield call
    except Exception:
        _add(desk, capability, version, call.predictions, 1, time.perf_counter() - began)
        raise
    _add(desk, capability, version, call.predictions, 0, time.perf_counter() - began)


def flush(desk: Desk) -> None:
    """Write what this process has counted; for the end of a job, and before it is read."""
    flush_state(desk.state)


def flush_state(state: StateDatabase) -> None:
    """As `flush`, for whoever has no desk."""
    with _lock:
        found = _waiting.pop(state.url, None)
    if found is not None:
        _write(found)


def _add(
    desk: Desk, capability: str, version: int | None, predictions: int, errors: int, seconds: float
) -> None:
    global _timer
    hour = utc_now().replace(minute=0, second=0, microsecond=0)
    with _lock:
        waiting = _waiting.setdefault(desk.state.url, _Waiting(desk.state, {}))
        one = waiting.sums.setdefault((capability, version or 0, hour), _Sum())
        one.calls += 1
        one.predictions += predictions
        one.errors += errors
        one.seconds += seconds
        one.slowest = max(one.slowest, seconds)
        if _timer is None:
            _timer = threading.Timer(WRITE_S, _write_all)
            _timer.daemon = True
            _timer.start()


def _write_all() -> None:
    global _timer
    with _lock:
        found = list(_waiting.values())
        _waiting.clear()
        _timer = None
    for one in found:
        _write(one)


def _write(found: _Waiting) -> None:
    peak = peak_mb()
    rows = [
        Used(
            capability=capability,
            model_version=version,
            hour=hour,
            calls=one.calls,
            predictions=one.predictions,
            errors=one.errors,
            seconds=one.seconds,
            slowest=one.slowest,
            peak_mb=peak,
        )
        for (capability, version, hour), one in found.sums.items()
    ]
    try:
        with found.state.write() as session:
            add_uses(session, rows)
    except DataError as error:
        log.warning("how often models were asked is not written: %s", error)


def peak_mb() -> float:
    """The most memory that this process has held, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


atexit.register(_write_all)
