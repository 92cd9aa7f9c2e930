"""Reading jobs and their log lines, and forgetting old ones."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, delete, func, or_, select
from sqlalchemy.orm import Session

from data_access.state.engine import StateDatabase
from data_access.state.jobs.views import OPEN, JobLineView, JobState, JobView, view_of
from data_access.state.tables import JobLine, JobNote


def get_job(db: StateDatabase, job_id: str) -> JobView | None:
    with db.read() as session:
        note = session.get(JobNote, job_id)
        return view_of(note) if note else None


def job_state(db: StateDatabase, job_id: str) -> JobState | None:
    """Only the state: read several times a second while a job runs."""
    with db.read() as session:
        state = session.scalar(select(JobNote.state).where(JobNote.job_id == job_id))
        return cast("JobState | None", state)


def list_jobs(
    db: StateDatabase,
    *,
    limit: int = 50,
    offset: int = 0,
    kinds: Collection[str] | None = None,
    quiet_kinds: Collection[str] = (),
    states: Collection[JobState] | None = None,
    capability: str | None = None,
    asked_by: str | None = None,
) -> list[JobView]:
    """Newest first; those of quiet kinds only while they are open or where they failed.

    capability : as the job's parameters name it.
    """
    query = _chosen(select(JobNote), kinds, quiet_kinds, states, capability, asked_by)
    query = query.order_by(JobNote.asked_at.desc(), JobNote.job_id)
    with db.read() as session:
        return [view_of(note) for note in session.scalars(query.limit(limit).offset(offset))]


def count_jobs(
    db: StateDatabase,
    *,
    most: int,
    kinds: Collection[str] | None = None,
    states: Collection[JobState] | None = None,
    capability: str | None = None,
    asked_by: str | None = None,
) -> int:
    """How many `list_jobs` would find; counted no farther than `most`."""
    query = _chosen(select(JobNote.job_id), kinds, (), states, capability, asked_by)
    with db.read() as session:
        return session.scalar(select(func.count()).select_from(query.limit(most).subquery())) or 0


NEWEST_OF_A_KIND = 300
"""Jobs of each kind among which those who asked are looked for: each by its index."""


def askers(db: StateDatabase, *, kinds: Collection[str]) -> list[str]:
    """Who asked for the newest jobs of these kinds, by name."""
    found: set[str] = set()
    with db.read() as session:
        for kind in kinds:
            query = (
                select(JobNote.asked_by)
                .where(JobNote.kind == kind)
                .order_by(JobNote.asked_at.desc())
                .limit(NEWEST_OF_A_KIND)
            )
            found.update(session.scalars(query))
    return sorted(found)


def count_states(
    db: StateDatabase, *, kinds: Collection[str], since: datetime
) -> dict[JobState, int]:
    """Jobs of these kinds by state: all that wait or run, and those that were asked for since an
    instant and have ended.
    """
    of_kinds = JobNote.kind.in_(kinds)
    open_ = select(JobNote.state, func.count()).where(of_kinds, JobNote.state.in_(OPEN))
    ended = select(JobNote.state, func.count()).where(
        of_kinds, JobNote.asked_at >= since, JobNote.state.not_in(OPEN)
    )
    found: dict[JobState, int] = {}
    with db.read() as session:
        for query in (open_, ended):
            for state, count in session.execute(query.group_by(JobNote.state)):
                found[cast("JobState", state)] = count
    return found


def _chosen(
    query: Select[Any],
    kinds: Collection[str] | None,
    quiet_kinds: Collection[str],
    states: Collection[JobState] | None,
    capability: str | None,
    asked_by: str | None,
) -> Select[Any]:
    if kinds is not None:
        query = query.where(JobNote.kind.in_(kinds))
    if quiet_kinds:
        told = or_(JobNote.kind.not_in(quiet_kinds), JobNote.state.in_((*OPEN, "failed")))
        query = query.where(told)
    if states is not None:
        query = query.where(JobNote.state.in_(states))
    if capability is not None:
        query = query.where(JobNote.parameters["capability"].as_string() == capability)
    if asked_by is not None:
        query = query.where(JobNote.asked_by == asked_by)
    return query


def job_lines(
    db: StateDatabase, job_id: str, *, after: int = 0, limit: int = 500
) -> list[JobLineView]:
    """Log lines of a job after the line number `after`, oldest first."""
    query = (
        select(JobLine)
        .where(JobLine.job_id == job_id, JobLine.line_id > after)
        .order_by(JobLine.line_id)
        .limit(limit)
    )
    with db.read() as session:
        return [
            JobLineView(line_id=line.line_id, at=line.at, level=line.level, text=line.text)
            for line in session.scalars(query)
        ]


def unended(db: StateDatabase, *, asked_before: datetime) -> list[JobView]:
    """Jobs without an end, asked for before an instant: waiting, running, or being cancelled."""
    query = (
        select(JobNote)
        .where(JobNote.ended_at.is_(None), JobNote.asked_at < asked_before)
        .order_by(JobNote.asked_at)
        .limit(200)
    )
    with db.read() as session:
        return [view_of(note) for note in session.scalars(query)]


def forget_jobs(db: StateDatabase, *, before: datetime, kinds: Collection[str]) -> list[str]:
    """Delete ended jobs of these kinds that were asked for before an instant; returns their ids."""
    with db.write() as session:
        old = list(
            session.scalars(
                select(JobNote.job_id)
                .where(JobNote.kind.in_(kinds), JobNote.asked_at < before)
                .where(JobNote.ended_at.is_not(None))
                .limit(5000)
            )
        )
        for start in range(0, len(old), 500):
            chunk = old[start : start + 500]
            session.execute(delete(JobLine).where(JobLine.job_id.in_(chunk)))
            session.execute(delete(JobNote).where(JobNote.job_id.in_(chunk)))
        return old


def forget_lines(session: Session, before: datetime) -> None:
    """Drop log lines older than an instant; the notes stay."""
    session.execute(delete(JobLine).where(JobLine.at < before))


def count_by_state(session: Session) -> dict[str, int]:
    query = select(JobNote.state, func.count()).group_by(JobNote.state)
    return dict(session.execute(query).tuples().all())
