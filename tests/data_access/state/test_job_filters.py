"""Jobs are filtered by capability and person, and counted, by the database."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from data_access.state import jobs
from data_access.state.engine import StateDatabase

NOW = datetime(2026, 4, 1, 8)


@pytest.fixture
def filled(state: StateDatabase) -> StateDatabase:
    for number, (kind, capability, by, days) in enumerate(
        [
            ("train", "forecasting", "ada", 0),
            ("train", "fraud", "bob", 1),
            ("search", "fraud", "ada", 2),
            ("train", None, "first start", 3),
            ("train", "fraud", "bob", 30),
            ("score", "fraud", "eve", 0),
        ]
    ):
        jobs.note_queued(
            state,
            job_id=f"j{number}",
            kind=kind,
            title=kind,
            asked_by=by,
            asked_at=NOW - timedelta(days=days),
            parameters={"capability": capability} if capability else {},
        )
    for job_id in ("j1", "j4"):
        jobs.note_ended(state, job_id, state="failed", outcome="No.", at=NOW)
    return state


def ids(state: StateDatabase, **chosen: object) -> list[str]:
    found = jobs.list_jobs(state, kinds=("train", "search"), **chosen)  # type: ignore[arg-type]
    return [job.job_id for job in found]


def test_jobs_are_listed_by_capability_and_person(filled: StateDatabase) -> None:
    assert ids(filled) == ["j0", "j1", "j2", "j3", "j4"]
    assert ids(filled, capability="fraud") == ["j1", "j2", "j4"]
    assert ids(filled, capability="fraud", asked_by="bob") == ["j1", "j4"]
    assert ids(filled, capability="fraud", states=("queued",)) == ["j2"]
    assert ids(filled, capability="nothing") == []


def test_jobs_are_counted_no_farther_than_asked(filled: StateDatabase) -> None:
    assert jobs.count_jobs(filled, most=10, kinds=("train",), capability="fraud") == 2
    assert jobs.count_jobs(filled, most=3, kinds=("train", "search")) == 3


def test_states_are_counted_open_ones_whatever_their_age(filled: StateDatabase) -> None:
    found = jobs.count_states(filled, kinds=("train", "search"), since=NOW - timedelta(days=7))
    assert found == {"queued": 3, "failed": 1}


def test_who_asked_is_told_by_name(filled: StateDatabase) -> None:
    assert jobs.askers(filled, kinds=("train", "search")) == ["ada", "bob", "first start"]
