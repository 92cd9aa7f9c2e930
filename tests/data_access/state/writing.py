"""Processes that write to the app database at once; the benchmark runs them for a minute."""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import dataclass

from data_access.state import preferences, users
from data_access.state.engine import StateDatabase, utc_now
from data_access.state.tables import JobLine, JobNote


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What one process wrote, by its own count."""

    decisions: int
    lines: int
    slowest_ms: float
    errors: tuple[str, ...]


def write_for(url: str, who: str, seconds: float) -> Written:
    """Decide, read and write job progress as fast as possible; counts only what was committed."""
    state = StateDatabase(url)
    decisions = lines = 0
    slowest = 0.0
    errors = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.perf_counter()
        try:
            with state.decide(who, "preference.changed", f"preference:{who}") as session:
                # Read first, then write: the order in which SQLite fails without BEGIN IMMEDIATE.
                count = preferences.read_preferences(session).get("shared", 0)
                for key in ("shared", who):
                    preferences.write_preference(
                        session, key=key, value=count + 1, by=who, now=utc_now()
                    )
            decisions += 1
            with state.write() as session:
                session.add(
                    JobLine(job_id=f"job-{who}", at=utc_now(), level="info", text=f"line {lines}")
                )
            lines += 1
            with state.read() as session:
                users.list_users(session)
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")
        slowest = max(slowest, time.perf_counter() - began)
    state.close()
    return Written(
        decisions=decisions, lines=lines, slowest_ms=slowest * 1000, errors=tuple(errors)
    )


def write_at_once(url: str, processes: int, seconds: float) -> list[Written]:
    """Start that many writers at once and collect what each of them says."""
    state = StateDatabase(url)
    state.upgrade()
    names = [f"writer-{number}" for number in range(processes)]
    with state.write() as session:
        for name in names:
            session.add(
                JobNote(
                    job_id=f"job-{name}",
                    kind="test",
                    title="",
                    asked_by=name,
                    asked_at=utc_now(),
                    parameters={},
                    state="running",
                )
            )
    state.close()
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes) as pool:
        return pool.starmap(write_for, [(url, name, seconds) for name in names])
