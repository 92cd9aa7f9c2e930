"""Jobs and schedules for pages: ask, watch, cancel, retry; checked against the role every time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.access import AccessDenied, Identity, Permission, require
from app.jobs import schedules as kept
from app.jobs.kinds import JobError
from app.jobs.schedules import MINUTES, ScheduleView
from data_access.state.jobs import JobLineView, JobView
from data_access.state.workers import list_slots

if TYPE_CHECKING:
    from app.context import Desk

__all__ = [
    "MINUTES",
    "JobLineView",
    "JobView",
    "ScheduleView",
    "cancel",
    "change_schedule",
    "lines",
    "may_cancel",
    "recent",
    "retry",
    "schedules",
    "start",
    "workers",
]


def start(
    desk: Desk,
    identity: Identity,
    kind: str,
    parameters: dict[str, Any] | None = None,
) -> str:
    """Ask for a job; gives the id, also where the same waits or runs already.

    Raises
    ------
    AccessDenied : the role may not.
    """
    require(identity, _permission(desk, kind, parameters or {}))
    return desk.jobs.start(kind, parameters or {}, identity.name)


def recent(desk: Desk, *, limit: int = 50, offset: int = 0, **chosen: Any) -> list[JobView]:
    """Newest first (see `JobClient.list`)."""
    return desk.jobs.list(limit=limit, offset=offset, **chosen)


def lines(desk: Desk, job_id: str, *, after: int = 0) -> Sequence[JobLineView]:
    return desk.jobs.lines(job_id, after=after)


def may_cancel(identity: Identity, job: JobView) -> bool:
    """One's own jobs, and everybody's for those who manage jobs."""
    return job.asked_by == identity.name or identity.may(Permission.manage_jobs)


def cancel(desk: Desk, identity: Identity, job_id: str) -> bool:
    """Cancel a job; false where it had ended.

    Raises
    ------
    AccessDenied : it is somebody else's.
    """
    _require_own(identity, _job(desk, job_id))
    return desk.jobs.cancel(job_id, identity.name)


def retry(desk: Desk, identity: Identity, job_id: str) -> str:
    """Start a job that failed or was cancelled again; gives the new job's id."""
    job = _job(desk, job_id)
    require(identity, _permission(desk, job.kind, job.parameters))
    return desk.jobs.retry(job_id, identity.name)


def schedules(desk: Desk) -> list[ScheduleView]:
    """What is asked for by itself, and how often."""
    titles = {kind.key: kind.title({}) for kind in desk.jobs.kinds.values() if kind.key in KEPT}
    return kept.list_schedules(desk.jobs.dbos, titles)


KEPT = ("refresh", "live_on", "retain", "digest")


def change_schedule(
    desk: Desk,
    identity: Identity,
    name: str,
    *,
    every_minutes: float | None = None,
    active: bool | None = None,
) -> ScheduleView:
    """Change how often something is asked for, or pause it; heeded within seconds.

    Raises
    ------
    AccessDenied : the role may not.
    JobError : no such schedule, or not one of the distances that divide a day.
    """
    require(identity, Permission.manage_schedules)
    before = _schedule(desk, name)
    kept.change_schedule(desk.jobs.dbos, name, every_minutes=every_minutes, active=active)
    after = _schedule(desk, name)
    with desk.state.note(
        identity.name,
        "schedule.changed",
        f"schedule:{name}",
        {"every_minutes": before.every_minutes, "active": before.active},
        {"every_minutes": after.every_minutes, "active": after.active},
    ):
        pass
    return after


def workers(desk: Desk) -> list[str]:
    """Names of the workers that hold a slot."""
    with desk.state.read() as session:
        return [row.slot for row in list_slots(session)]


def _schedule(desk: Desk, name: str) -> ScheduleView:
    for found in schedules(desk):
        if found.name == name:
            return found
    raise JobError(f"There is no schedule {name}.", remedy="Reload the page.")


def _permission(desk: Desk, kind: str, parameters: dict[str, Any]) -> Permission:
    definition = desk.jobs.kinds.get(kind)
    if definition is None or definition.permission is None:
        raise AccessDenied(
            f"Nobody can ask for a job of kind {kind}.", remedy="Choose another kind of job."
        )
    if parameters.get("capability") == "fraud":
        return OF_FRAUD.get(definition.permission, definition.permission)
    return definition.permission


OF_FRAUD = {
    Permission.train_commerce: Permission.train_fraud,
    Permission.promote_commerce: Permission.promote_fraud,
    Permission.decide_commerce: Permission.decide_fraud,
}
"""What a job about fraud needs in place of what the same job about sales needs."""


def _job(desk: Desk, job_id: str) -> JobView:
    job = desk.jobs.get(job_id)
    if job is None:
        raise JobError(f"There is no job {job_id}.", remedy="Reload the list of jobs.")
    return job


def _require_own(identity: Identity, job: JobView) -> None:
    if not may_cancel(identity, job):
        require(identity, Permission.manage_jobs)
