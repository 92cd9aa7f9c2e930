"""What moves a job's note on; every function is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, update

from data_access.state.engine import StateDatabase
from data_access.state.inserts import insert_new
from data_access.state.jobs.views import OPEN, JobView, view_of
from data_access.state.tables import AuditEntry, JobLine, JobNote, Json


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
        return view_of(note) if note else None


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
        note = session.get(JobNote, job_id, with_for_update=True)
        if note is None:
            return None
        before = view_of(note)
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
