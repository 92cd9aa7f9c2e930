"""What is known of a job, as staff see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from data_access.state.tables import JobNote, Json

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


def view_of(note: JobNote) -> JobView:
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
