"""Jobs that train: filtered lists, what each is about, its expected end, asking once more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from app.access import Identity, require
from app.jobs.kinds import JobError
from app.services import jobs as service
from data_access.state import jobs as store
from data_access.state.jobs import JobState, JobView

if TYPE_CHECKING:
    from app.context import Desk

KINDS: dict[str, str] = {
    "train": "Training",
    "search": "Search",
    "retrain": "Learning anew",
    "first_models": "First models",
    "preview": "Preview",
    "publish": "Publication",
}
"""Kinds of jobs of the view, in words."""

TRAINING = ("train", "search", "retrain", "first_models")
"""Those that make versions."""

STATES: dict[str, tuple[JobState, ...]] = {
    "At work or waiting": ("queued", "running"),
    "Done": ("done",),
    "Failed": ("failed",),
    "Cancelled": ("cancelled",),
}

MOST_COUNTED = 2_000
"""Jobs that can be leafed through; older ones are found by a filter."""

SOON_TOLD = 0.04
"""Share done under which nobody can say when a job will have ended."""

LONG_AGO = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs are listed; None: any."""

    state: str | None = None  # a key of `STATES`
    kind: str | None = None  # a key of `KINDS`; None: those that make versions
    capability: str | None = None
    asked_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Of the jobs that make versions."""

    running: int
    waiting: int
    failed: int  # within seven days
    done: int  # within seven days


def listed(desk: Desk, wanted: JobFilter, *, limit: int, offset: int = 0) -> list[JobView]:
    """Newest first."""
    return store.list_jobs(
        desk.state,
        limit=limit,
        offset=offset,
        kinds=_kinds(wanted),
        states=STATES[wanted.state] if wanted.state else None,
        capability=wanted.capability,
        asked_by=wanted.asked_by,
    )


def total(desk: Desk, wanted: JobFilter) -> int:
    """How many there are, up to `MOST_COUNTED`."""
    return store.count_jobs(
        desk.state,
        most=MOST_COUNTED,
        kinds=_kinds(wanted),
        states=STATES[wanted.state] if wanted.state else None,
        capability=wanted.capability,
        asked_by=wanted.asked_by,
    )


def askers(desk: Desk) -> list[str]:
    return store.askers(desk.state, kinds=TRAINING)


def open_jobs(desk: Desk) -> list[JobView]:
    """Those at work first, then those that wait, in the order in which they will be begun."""
    found = store.list_jobs(desk.state, limit=50, kinds=TRAINING, states=("queued", "running"))
    return sorted(found, key=lambda job: (job.state != "running", job.asked_at))


def counts(desk: Desk, *, now: datetime) -> Counts:
    """At work, waiting, and what came of those of the last week."""
    found = store.count_states(desk.state, kinds=TRAINING, since=now - LONG_AGO)
    return Counts(
        running=found.get("running", 0),
        waiting=found.get("queued", 0),
        failed=found.get("failed", 0),
        done=found.get("done", 0),
    )


def about(job: JobView) -> str:
    """The capability that a job is about; "" where it is about all."""
    return str(job.parameters.get("capability") or "")


def seconds_left(job: JobView, *, now: datetime) -> float | None:
    """About how long it will still take, as fast as it went so far; None: nobody can say."""
    if job.state != "running" or job.started_at is None or job.share < SOON_TOLD:
        return None
    spent = (now - job.started_at).total_seconds()
    if job.kind == "search":
        budget = float(job.parameters.get("minutes") or 0) * 60
        return max(budget * 1.2 - spent, 5.0)
    return spent * (1 - job.share) / job.share


def versions_of(job: JobView) -> list[int]:
    """Numbers of the versions that came of it."""
    made = (job.result or {}).get("versions")
    if isinstance(made, dict):
        return [int(number) for number in made.values()]
    return [int(number) for number in made or []]


Again = Literal["retry", "requeue"]


def may_again(desk: Desk, identity: Identity, job: JobView) -> Again | None:
    """Whether the person may ask for the same once more: of what ended badly, or of what waits or
    runs and is to begin anew at the end of the queue.
    """
    definition = desk.jobs.kinds.get(job.kind)
    if definition is None or definition.permission is None:
        return None
    needed = definition.permission
    if about(job) == "fraud":
        needed = service.OF_FRAUD.get(needed, needed)
    if not identity.may(needed):
        return None
    if job.state in ("failed", "cancelled") and not job.ending:
        return "retry"
    return "requeue" if job.active and service.may_cancel(identity, job) else None


def requeue(desk: Desk, identity: Identity, job_id: str) -> str:
    """End a job that waits or runs and put the same at the end of the queue; the new job's id.

    Raises
    ------
    AccessDenied : it is somebody else's, or the role may not ask for it.
    JobError : it has ended.
    """
    job = desk.jobs.get(job_id)
    if job is None or not job.active:
        raise JobError(
            "This job has ended by now.", remedy="Look at what came of it; try it again there."
        )
    definition = desk.jobs.kinds[job.kind]
    if definition.permission is not None:
        needed = definition.permission
        if about(job) == "fraud":
            needed = service.OF_FRAUD.get(needed, needed)
        require(identity, needed)
    service.cancel(desk, identity, job_id)
    return desk.jobs.start(job.kind, job.parameters, identity.name, retry_of=job_id)


def _kinds(wanted: JobFilter) -> tuple[str, ...]:
    return (wanted.kind,) if wanted.kind else TRAINING
