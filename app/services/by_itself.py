"""What was done by itself: trainings that triggers asked for, promotions, rollbacks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from app.services.autopilot import BY
from data_access.state import champions
from data_access.state import jobs as store

if TYPE_CHECKING:
    from app.context import Desk
    from data_access.state.jobs import JobView
    from data_access.state.tables import ChampionChange

SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing that nobody asked for; the instant is naive UTC."""

    at: datetime
    what: str
    why: str
    came: str


def acts(desk: Desk, capability: str, *, limit: int = SHOWN) -> list[Act]:
    """The newest first."""
    trained = store.list_jobs(desk.state, limit=limit, kinds=("retrain",), capability=capability)
    with desk.state.read() as session:
        changes = champions.time_line(session, capability, limit=200)
    found = [_training(job) for job in trained]
    found += [_change(one) for one in changes if one.by == BY]
    return sorted(found, key=lambda one: one.at, reverse=True)[:limit]


def _training(job: JobView) -> Act:
    why = f"{job.parameters.get('why') or 'Asked for'}. {job.parameters.get('said') or ''}"
    states = {"queued": "Waits for a worker.", "running": f"{job.step or 'At work'}."}
    came = states.get(job.state) or f"{job.outcome or job.state} {job.remedy or ''}"
    return Act(at=job.asked_at, what="Trained anew", why=why.strip(), came=came.strip())


def _change(one: ChampionChange) -> Act:
    version = f"Version {one.to_version}" if one.to_version is not None else "The rule of thumb"
    return Act(
        at=one.at,
        what="Promoted" if one.undoes is None else "Taken back",
        why=one.reason or "",
        came=f"{version} decides from then on.",
    )
