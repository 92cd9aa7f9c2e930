"""Work that waits for somebody: failed jobs, failed checks, stale data, models, missing targets.

Read fresh on every run: an item that somebody has dealt with must be gone at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from app.access import Role
from app.metrics import BY_SLUG
from data_access.snapshots.manifest import Manifest
from data_access.state.champions import list_champions
from data_access.state.jobs import JobView, list_jobs
from data_access.state.targets import read_targets

if TYPE_CHECKING:
    from app.context import Desk

RECENT = timedelta(days=7)  # a failure older than that is history
LATE = 2.5  # refresh intervals after which a snapshot counts as old
QUIET = ("live_on", "retain", "mend", "publish")  # kinds whose success nobody waits for
PLACE = {
    "train": "forecasting",
    "first_models": "forecasting",
    "publish": "forecasting",
}  # where a job of that kind is seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One thing to look at.

    urgency : "bad" something failed, "watch" somebody should decide, "info" it is under way.
    place : slug of the page where it is dealt with.
    """

    urgency: Literal["bad", "watch", "info"]
    title: str
    text: str
    place: str
    query: tuple[tuple[str, str], ...] = ()


def waiting(desk: Desk, role: Role, manifest: Manifest | None, *, now: datetime) -> list[Waiting]:
    """What waits for this role, most urgent first."""
    jobs = list_jobs(desk.state, limit=200)
    items = _failed(jobs, now) + _data(desk, manifest, now=now) + _running(jobs)
    if role in (Role.merchandiser, Role.admin, Role.manager):
        items += _models(desk, jobs)
    if role in (Role.manager, Role.admin) and manifest is not None:
        items += _targets(desk, manifest.as_of_day)
    order = {"bad": 0, "watch": 1, "info": 2}
    return sorted(items, key=lambda item: order[item.urgency])


def _failed(jobs: list[JobView], now: datetime) -> list[Waiting]:
    """Failures of the last days that no later success of the same kind has made good."""
    items, settled = [], set()
    for job in jobs:  # newest first
        if job.state == "done":
            settled.add(job.kind)
        failed = job.state == "failed" and job.kind not in settled
        if failed and now - job.asked_at < RECENT:
            settled.add(job.kind)
            items.append(
                Waiting(
                    urgency="bad",
                    title=f"{job.title} failed",
                    text=f"{job.outcome or 'It ended without a word.'} {job.remedy or ''}".strip(),
                    place=PLACE.get(job.kind, "data"),
                    query=(("view", "Compare and train"),) if job.kind == "train" else (),
                )
            )
    return items


def _running(jobs: list[JobView]) -> list[Waiting]:
    return [
        Waiting(
            urgency="info",
            title=job.title,
            text=f"{job.step or 'Waiting for a worker'}, {job.share * 100:.0f} % done."
            if job.state == "running"
            else "In the queue.",
            place=PLACE.get(job.kind, "data"),
            query=(("view", "Compare and train"),) if job.kind == "train" else (),
        )
        for job in jobs
        if job.active and job.kind not in QUIET
    ]


def _data(desk: Desk, manifest: Manifest | None, *, now: datetime) -> list[Waiting]:
    if manifest is None:
        return [
            Waiting(
                urgency="bad",
                title="There is no snapshot yet",
                text="Every figure comes from a snapshot of the shop. Take the first one.",
                place="data",
            )
        ]
    items = []
    if manifest.warnings:
        number = len(manifest.warnings)
        items.append(
            Waiting(
                urgency="watch",
                title="One check of the data" if number == 1 else f"{number} checks of the data",
                text=f"To look at: {', '.join(check.name for check in manifest.warnings)}.",
                place="data",
            )
        )
    age = now - manifest.created_at
    if age > timedelta(minutes=desk.settings.refresh_minutes * LATE):
        hours = round(age / timedelta(hours=1))
        said = f"{hours} hours" if hours < 48 else f"{hours // 24} days"
        items.append(
            Waiting(
                urgency="watch",
                title="The data is old",
                text=f"The last snapshot was taken {said} ago. Is the worker running?",
                place="data",
            )
        )
    return items


def _models(desk: Desk, jobs: list[JobView]) -> list[Waiting]:
    """A version trained since the last activation that beat the rule of thumb and waits."""
    with desk.state.read() as session:
        champions = list_champions(session)
    items: list[Waiting] = []
    seen: set[str] = set()
    for job in jobs:  # newest first
        result = job.result or {}
        capability = str(result.get("capability", ""))
        if job.kind != "train" or job.state != "done" or capability in seen:
            continue
        seen.add(capability)
        champion = champions.get(capability)
        decided = (
            champion is not None and job.ended_at is not None and job.ended_at <= champion.since
        )
        if decided or not result.get("beats_baseline"):
            continue
        items.append(
            Waiting(
                urgency="watch",
                title=f"A trained model waits: {capability} version {result.get('version')}",
                text=f"{job.outcome or ''} See what would change, then activate it or not.".strip(),
                place=capability,
                query=(("view", "Compare and train"),),
            )
        )
    if not items and not champions.get("forecasting") and not any(job.active for job in jobs):
        items.append(
            Waiting(
                urgency="info",
                title="Forecasts follow the rule of thumb",
                text="No model has been activated. Train one, or leave it at that.",
                place="forecasting",
                query=(("view", "Compare and train"),),
            )
        )
    return items


def _targets(desk: Desk, day: date) -> list[Waiting]:
    month = day.replace(day=1)
    with desk.state.read() as session:
        known = {row.metric for row in read_targets(session, first_month=month, last_month=month)}
    if "revenue" in known:
        return []
    return [
        Waiting(
            urgency="watch",
            title=f"No target for {month:%B}",
            text=f"{BY_SLUG['revenue'].label} has no target this month, so nobody can say whether "
            "it is on course.",
            place="settings",
        )
    ]
