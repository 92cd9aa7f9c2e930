"""Work that waits for somebody: failed jobs, failed checks, stale data, models, missing targets.

Read fresh on every run: an item that somebody has dealt with must be gone at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from app import metrics
from app.access import Role
from app.metrics import BY_SLUG
from app.services import alerts
from data_access.snapshots.manifest import Manifest
from data_access.state.alerts import open_alerts
from data_access.state.champions import list_champions
from data_access.state.fraud_queue import totals
from data_access.state.jobs import JobView, list_jobs
from data_access.state.model_health import list_health
from data_access.state.targets import read_targets

if TYPE_CHECKING:
    from app.context import Desk
    from app.services.ordering import Figures

MONEY = 10_000  # ten-thousandths of the currency in the app database
RECENT = timedelta(days=7)  # a failure older than that is history
LATE = 2.5  # refresh intervals after which a snapshot counts as old
QUIET = (
    *("live_on", "retain", "mend", "publish", "preview", "digest", "score"),
    *("triggers", "look_back", "watch", "tell"),
)
"""Kinds whose success nobody waits for."""

PLACE = {
    "train": "forecasting",
    "first_models": "forecasting",
    "publish": "forecasting",
    "preview": "forecasting",
    "search": "models",
    "retrain": "models",
    "triggers": "models",
    "look_back": "models",
    "watch": "models",
    "tell": "settings",
    "digest": "settings",
    "score": "fraud",
}  # where a job of that kind is seen

SOON = timedelta(hours=4)  # before shipping: cases due within it are told apart
ROLES = {"fraud": (Role.fraud_analyst, Role.admin)}
"""Who decides about models of a capability; merchandisers and admins of all others."""


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
    items += _models(desk, jobs, role) + _watched(desk, role, now)
    if role in (Role.fraud_analyst, Role.manager):
        items += _cases(desk, now)
    if role in (Role.manager, Role.admin) and manifest is not None:
        items += _targets(desk, manifest.as_of_day)
    return most_urgent_first(items)


def most_urgent_first(items: list[Waiting]) -> list[Waiting]:
    """What failed, then what somebody should decide, then what is under way."""
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
                    place=_place(job),
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
            place=_place(job),
            query=(("view", "Compare and train"),) if job.kind == "train" else (),
        )
        for job in jobs
        if job.active and job.kind not in QUIET
    ]


def _place(job: JobView) -> str:
    """Where a job is seen: what it is about, or what its kind is."""
    about = str((job.parameters or {}).get("capability") or "").split("/")[0]
    return about if about in ROLES else PLACE.get(job.kind, "data")


def _cases(desk: Desk, now: datetime) -> list[Waiting]:
    """Orders that wait for an analyst, with what is at stake and until when."""
    with desk.state.read() as session:
        found = totals(session, by="", now=now, soon=now + SOON)
    number = sum(found.by_state.get(name, 0) for name in ("open", "escalated"))
    if not number:
        return []
    text = f"{metrics.money(found.expected_loss / MONEY, desk.currency)} of expected loss. "
    if found.overdue:
        text += f"{found.overdue:,} should have been shipped by now. "
    if found.due_soon:
        text += f"{found.due_soon:,} would be shipped within 4 hours."
    return [
        Waiting(
            urgency="bad" if found.overdue else "watch",
            title=f"{number:,} {'case waits' if number == 1 else 'cases wait'}",
            text=text.strip(),
            place="fraud",
            query=(("view", "Queue"),),
        )
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


def _models(desk: Desk, jobs: list[JobView], role: Role) -> list[Waiting]:
    """A version trained since the last activation that beat the rule of thumb and waits."""
    of_shop = role in (Role.merchandiser, Role.admin, Role.manager)
    with desk.state.read() as session:
        champions = list_champions(session)
    items: list[Waiting] = []
    seen: set[str] = set()
    for job in jobs:  # newest first
        result = job.result or {}
        capability = str(result.get("capability", ""))
        if job.kind not in ("train", "search") or job.state != "done" or capability in seen:
            continue
        if role not in ROLES[capability] if capability in ROLES else not of_shop:
            continue
        seen.add(capability)
        champion = champions.get(str(result.get("champion_key") or capability))
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
    if (
        of_shop
        and not items
        and not champions.get("forecasting")
        and not any(job.active for job in jobs)
    ):
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


def _watched(desk: Desk, role: Role, now: datetime) -> list[Waiting]:
    """Alerts about models that nobody has seen or put off, and what the hourly look found."""
    with desk.state.read() as session:
        standing = [alerts.view_of(row) for row in open_alerts(session)]
        health = list_health(session)
    items = [
        Waiting(
            urgency=alert.urgency,
            title=alert.title,
            text=alert.text,
            place="models",
            query=(("view", "Watch"), ("capability", alert.capability)),
        )
        for alert in standing
        if alert.waits(now) and _sees(role, alert.capability)
    ]
    looked = {key: row for key, row in health.items() if _sees(role, key)}
    if looked:
        odd = {key: row for key, row in looked.items() if row.state != "good"}
        at = max(row.checked_at for row in looked.values()).replace(tzinfo=UTC)
        title = "The models can be trusted" if not odd else f"{len(odd)} of {len(looked)} models "
        title += "" if not odd else "need a look" if len(odd) > 1 else "needs a look"
        told = " ".join(f"{key.capitalize()}: {row.sentence}" for key, row in odd.items())
        items.append(
            Waiting(
                urgency="info",
                title=title,
                text=f"Looked at {at.astimezone(desk.zone):%d %b at %H:%M}. {told}".strip(),
                place="models",
                query=(("view", "Watch"), ("capability", next(iter(odd or looked)))),
            )
        )
    return items


def _sees(role: Role, capability: str) -> bool:
    """Managers see all, the others the models that they decide by."""
    if role in (Role.manager, Role.admin):
        return True
    return role in ROLES[capability] if capability in ROLES else role is Role.merchandiser


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


def to_order(told: Figures, money: str) -> list[Waiting]:
    """What waits to be ordered; `money` is the revenue at risk in words."""
    if not told.products:
        return []
    number = f"{told.products:,} {'product' if told.products == 1 else 'products'}"
    return [
        Waiting(
            urgency="watch",
            title=f"{number} to order, {money} at risk",
            text=f"{told.short:,} of the products on offer run out before an order of today could "
            "arrive.",
            place="forecasting",
            query=(("view", "Decide"),),
        )
    ]
