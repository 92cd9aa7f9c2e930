"""What jobs tell staff: one note a job, and its log lines. Whether a job runs is DBOS's to say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from data_access.state.tables import JobLine, JobNote, Json

OPEN_STATES = ("queued", "running")
ENDED_STATES = ("done", "failed", "cancelled")


def add_note(
    session: Session,
    *,
    job_id: str,
    kind: str,
    title: str,
    asked_by: str,
    asked_at: datetime,
    parameters: Json,
    retry_of: str | None = None,
) -> JobNote:
    """A note for a job just queued; the same job id twice gives the note that is there."""
    known = session.get(JobNote, job_id)
    if known is not None:
        return known
    note = JobNote(
        job_id=job_id,
        kind=kind,
        title=title,
        asked_by=asked_by,
        asked_at=asked_at,
        parameters=parameters,
        state="queued",
        retry_of=retry_of,
    )
    session.add(note)
    session.flush()
    return note


def get_note(session: Session, job_id: str) -> JobNote | None:
    return session.get(JobNote, job_id)


def list_notes(
    session: Session,
    *,
    kinds: Sequence[str] | None = None,
    states: Sequence[str] | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[JobNote]:
    """Newest first."""
    query = select(JobNote).order_by(JobNote.asked_at.desc(), JobNote.job_id.desc())
    if kinds is not None:
        query = query.where(JobNote.kind.in_(kinds))
    if states is not None:
        query = query.where(JobNote.state.in_(states))
    return list(session.scalars(query.limit(limit).offset(offset)))


def mark_running(session: Session, job_id: str, now: datetime) -> bool:
    """The worker took it up (again, after a crash); False where the job has ended."""
    note = session.get(JobNote, job_id)
    if note is None or note.state in ENDED_STATES:
        return False
    note.state, note.started_at = "running", note.started_at or now
    return True


def mark_progress(session: Session, job_id: str, *, step: str, share: float) -> None:
    """``share`` runs from 0 to 1."""
    note = session.get(JobNote, job_id)
    if note is not None and note.state in OPEN_STATES:
        note.step, note.share = step, min(max(share, 0.0), 1.0)


def mark_ended(
    session: Session,
    job_id: str,
    *,
    state: str,
    now: datetime,
    outcome: str | None = None,
    remedy: str | None = None,
    result: Json | None = None,
    peak_memory_mb: float | None = None,
) -> bool:
    """The job is done, failed or cancelled; False where it had ended before: a job ends once."""
    if state not in ENDED_STATES:
        raise ValueError(f"{state} is no end of a job; use one of {ENDED_STATES}")
    note = session.get(JobNote, job_id)
    if note is None or note.state in ENDED_STATES:
        return False
    note.state, note.ended_at, note.outcome, note.remedy = state, now, outcome, remedy
    note.result, note.peak_memory_mb = result, peak_memory_mb
    if state == "done":
        note.share = 1.0
    return True


def add_line(
    session: Session, job_id: str, *, text: str, now: datetime, level: str = "info"
) -> None:
    session.add(JobLine(job_id=job_id, at=now, level=level, text=text))


def read_lines(session: Session, job_id: str, *, after: int = 0, limit: int = 500) -> list[JobLine]:
    """Lines in order, from beyond line number ``after``."""
    query = select(JobLine).where(JobLine.job_id == job_id, JobLine.line_id > after)
    return list(session.scalars(query.order_by(JobLine.line_id).limit(limit)))


def count_by_state(session: Session) -> dict[str, int]:
    query = select(JobNote.state, func.count()).group_by(JobNote.state)
    return dict(session.execute(query).tuples().all())


def forget_lines(session: Session, before: datetime) -> None:
    """Drop log lines older than an instant; the notes stay."""
    session.execute(delete(JobLine).where(JobLine.at < before))
