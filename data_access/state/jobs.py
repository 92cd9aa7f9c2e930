"""What jobs tell staff: one note a job and its log lines.

The note is the truth for people; DBOS keeps the truth about execution. A note moves only
forward: queued → running → done, failed or cancelled. Every function is one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from data_access.state.engine import StateDatabase
from data_access.state.inserts import insert_new
from data_access.state.tables import AuditEntry, JobLine, JobNote, Json

JobState = Literal["queued", "running", "done", "failed", "cancelled"]
OPEN: tuple[JobState, ...] = ("queued", "running")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """One job as staff see it."""

    job_id: str
    kind: str  # key of the job kind
    title: str
    asked_by: str
    asked_at: datetime  # naive UTC, like all instants here
    parameters: Json
    state: JobState
    step: str | None  # what it does now
    share: float  # done so far, 0 to 1
    started_at: datetime | None
    ended_at: datetime | None
    outcome: str | None  # one sentence
    remedy: str | None  # what to do, where it failed
    result: Json | None
    peak_memory_mb: float | None
    retry_of: str | None

    @property
    def active(self) -> bool:
        return self.state in OPEN

    @property
    def ending(self) -> bool:
        """Cancelled, but its processes are not gone yet."""
        return self.state == "cancelled" and self.ended_at is None

    @property
    def seconds(self) -> float | None:
        """How long it ran; none while it has not started or not ended."""
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLineView:
    line_id: int  # rises; pass the last one as `after` to read on
    at: datetime
    level: str  # info | warning | error
    text: str


def note_queued(
    db: StateDatabase,
    *,
    job_id: str,
    kind: str,
    title: str,
    asked_by: str,
    asked_at: datetime,
    parameters: Json,
    retry_of: str | None = None,
    audited: bool = False,
) -> bool:
    """Write the note of a job that waits; false where the note exists already.

    Parameters
    ----------
    audited : leave an audit entry too, as for every job that a person asked for.
    """
    row = {
        "job_id": job_id,
        "kind": kind,
        "title": title,
        "asked_by": asked_by,
        "asked_at": asked_at,
        "parameters": parameters,
        "state": "queued",
        "share": 0.0,
        "retry_of": retry_of,
    }
    with db.write() as session:
        new = insert_new(session, JobNote, [row]) == 1
        if new and audited:
            session.add(
                AuditEntry(
                    at=asked_at,
                    actor=asked_by,
                    act="job.asked",
                    object=f"job:{job_id}",
                    before=None,
                    after={"kind": kind, "title": title, "parameters": parameters},
                    reason=None,
                )
            )
    return new


def note_started(db: StateDatabase, job_id: str, *, step: str, at: datetime) -> JobView | None:
    """Mark a waiting job as running; a recovered one keeps its first start.

    Returns the note as it now is: only a running one is to be worked on.
    """
    with db.write() as session:
        session.execute(
            update(JobNote)
            .where(JobNote.job_id == job_id, JobNote.state.in_(OPEN))
            .values(
                state="running",
                step=step,
                share=0.0,
                started_at=func.coalesce(JobNote.started_at, at),
            )
            .execution_options(synchronize_session=False)
        )
        note = session.get(JobNote, job_id)
        return _view(note) if note else None


def note_waiting(db: StateDatabase, job_id: str, *, step: str) -> None:
    """Put a running job back in the queue: its worker stops and will go on with it later."""
    with db.write() as session:
        session.execute(
            update(JobNote)
            .where(JobNote.job_id == job_id, JobNote.state == "running")
            .values(state="queued", step=step)
            .execution_options(synchronize_session=False)
        )


def note_progress(
    db: StateDatabase,
    job_id: str,
    *,
    step: str | None,
    share: float | None,
    peak_memory_mb: float | None,
    lines: Sequence[tuple[datetime, str, str]] = (),
) -> None:
    """Write how far a running job is, and its new log lines (instant, level, text)."""
    values: dict[str, Any] = {}
    if step is not None:
        values["step"] = step
    if share is not None:
        values["share"] = min(max(share, 0.0), 1.0)
    if peak_memory_mb is not None:
        values["peak_memory_mb"] = peak_memory_mb
    with db.write() as session:
        if values:
            session.execute(
                update(JobNote)
                .where(JobNote.job_id == job_id, JobNote.state == "running")
                .values(**values)
                .execution_options(synchronize_session=False)
            )
        session.add_all(
            JobLine(job_id=job_id, at=at, level=level, text=text) for at, level, text in lines
        )


def note_ended(
    db: StateDatabase,
    job_id: str,
    *,
    state: Literal["done", "failed"],
    outcome: str,
    at: datetime,
    remedy: str | None = None,
    result: Json | None = None,
    peak_memory_mb: float | None = None,
) -> bool:
    """Write the end of a job, once; false where it had ended already.

    A job that was done before its cancellation reached it counts as done: what it stored is there.
    """
    may_end = ("queued", "running", "cancelled") if state == "done" else OPEN
    values: dict[str, Any] = {
        "state": state,
        "outcome": outcome,
        "remedy": remedy,
        "result": result,
        "ended_at": at,
        "step": None,
    }
    if state == "done":
        values["share"] = 1.0
    if peak_memory_mb is not None:
        values["peak_memory_mb"] = peak_memory_mb
    with db.write() as session:
        changed: Any = session.execute(
            update(JobNote)
            .where(JobNote.job_id == job_id, JobNote.state.in_(may_end))
            .where(JobNote.ended_at.is_(None))
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        return bool(changed.rowcount)


def note_cancelled(db: StateDatabase, job_id: str, *, by: str, at: datetime) -> JobView | None:
    """Mark an open job as cancelled at once; returns the note as it was before, if there is one.

    A waiting job has ended with that; a running one ends when its processes are gone.
    """
    with db.write() as session:
        note = session.get(JobNote, job_id)
        if note is None:
            return None
        before = _view(note)
        if before.active:
            note.state = "cancelled"
            note.outcome = f"Cancelled by {by}."
            note.step = None
            if before.state == "queued":
                note.ended_at = at
            session.add(
                AuditEntry(
                    at=at,
                    actor=by,
                    act="job.cancelled",
                    object=f"job:{job_id}",
                    before={"state": before.state},
                    after={"state": "cancelled"},
                    reason=None,
                )
            )
        return before


def note_gone(db: StateDatabase, job_id: str, *, at: datetime) -> None:
    """The processes of a cancelled job are gone."""
    with db.write() as session:
        session.execute(
            update(JobNote)
            .where(JobNote.job_id == job_id, JobNote.state == "cancelled")
            .where(JobNote.ended_at.is_(None))
            .values(ended_at=at)
            .execution_options(synchronize_session=False)
        )


def get_job(db: StateDatabase, job_id: str) -> JobView | None:
    with db.read() as session:
        note = session.get(JobNote, job_id)
        return _view(note) if note else None


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
) -> list[JobView]:
    """Newest first; those of quiet kinds only while they are open or where they failed."""
    query = select(JobNote).order_by(JobNote.asked_at.desc(), JobNote.job_id)
    if kinds is not None:
        query = query.where(JobNote.kind.in_(kinds))
    if quiet_kinds:
        told = or_(JobNote.kind.not_in(quiet_kinds), JobNote.state.in_((*OPEN, "failed")))
        query = query.where(told)
    if states is not None:
        query = query.where(JobNote.state.in_(states))
    with db.read() as session:
        return [_view(note) for note in session.scalars(query.limit(limit).offset(offset))]


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
        return [_view(note) for note in session.scalars(query)]


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


def _view(note: JobNote) -> JobView:
    state: Any = note.state
    return JobView(
        job_id=note.job_id,
        kind=note.kind,
        title=note.title,
        asked_by=note.asked_by,
        asked_at=note.asked_at,
        parameters=dict(note.parameters),
        state=state,
        step=note.step,
        share=note.share,
        started_at=note.started_at,
        ended_at=note.ended_at,
        outcome=note.outcome,
        remedy=note.remedy,
        result=dict(note.result) if note.result is not None else None,
        peak_memory_mb=note.peak_memory_mb,
        retry_of=note.retry_of,
    )
