"""Which models decide what: one row a capability, drawn from what it declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from app.services import triggers
from app.services.registry import live as live_service
from app.services.registry.live import Live
from app.services.registry.versions import primary_of
from app.services.triggers import TriggerView
from data_access.errors import DataError
from data_access.models import ModelVersion
from data_access.state import alerts as alert_store
from data_access.state import experiments, jobs, served, switches, version_notes
from data_access.state.champions import list_champions
from data_access.state.drift import newest_checks
from data_access.state.jobs import OPEN, JobView
from data_access.state.model_health import list_health
from data_access.state.model_tables import Alert, DriftCheck, Experiment, ModelHealth
from data_access.state.tables import Champion
from ml import contract
from ml.contract import Measure, rule_of_thumb

if TYPE_CHECKING:
    from app.context import Desk

Light = Literal["good", "watch", "bad", "off", "unknown"]

LATE = timedelta(hours=3)
"""The look at the models is hourly; after this long without one something is wrong with it."""

TRAINING = ("train", "retrain", "search", "first_models")
"""Kinds of jobs that make versions."""

LiveOf = Callable[[str, int | None, datetime], Live]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityRow:
    """What is told of one capability; instants are naive UTC."""

    key: str
    label: str
    question: str
    light: Light
    reason: str  # of the light
    checked_at: datetime | None
    version: ModelVersion | None  # that decides, without its tables; None: the rule of thumb
    model: str  # its candidate in words
    rule: str  # what the rule of thumb does, a sentence
    primary: Measure
    since: datetime | None
    by: str | None
    scopes: int  # categories and products for which another version decides
    missing: str | None  # why the champion's facts cannot be told
    live: Live | None  # None: nobody ever chose
    drift: DriftCheck | None
    next_at: datetime | None
    waits_for: tuple[str, ...]  # what else asks for a retraining
    jobs: tuple[JobView, ...]  # under way
    challengers: tuple[int, ...]
    experiment: Experiment | None
    alerts: tuple[Alert, ...]  # that stand


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    rows: tuple[CapabilityRow, ...]

    @property
    def to_look_at(self) -> int:
        return sum(row.light in ("watch", "bad") for row in self.rows)

    @property
    def by_model(self) -> int:
        return sum(row.version is not None for row in self.rows)

    @property
    def alerts(self) -> int:
        return sum(len(row.alerts) for row in self.rows)

    @property
    def jobs(self) -> int:
        return len({job.job_id for row in self.rows for job in row.jobs})


def overview(desk: Desk, now: datetime, live: LiveOf | None = None) -> Overview:
    """One row for each capability that is listed in `ml.contract`, in that order.

    Parameters
    ----------
    live : quality since a version went live; pages hand in one that keeps its answers.
    """
    asked = live or (lambda key, number, begin: live_service.since(desk, key, number, begin))
    by_key: dict[str, list[TriggerView]] = {}
    for trigger in triggers.listed(desk):
        if trigger.active:
            by_key.setdefault(trigger.capability, []).append(trigger)
    running = jobs.list_jobs(desk.state, kinds=TRAINING, states=OPEN, limit=200)
    with desk.state.read() as session:
        champions = list_champions(session)
        health = list_health(session)
        checks = newest_checks(session)
        waiting = version_notes.challengers(session)
        tried = experiments.running_experiments(session)
        switched = switches.list_switches(session)
        instead = served.list_instead(session)
        standing: dict[str, list[Alert]] = {}
        for alert in alert_store.open_alerts(session):
            standing.setdefault(alert.capability, []).append(alert)
    rows = []
    for found in contract.capabilities():
        key = found.key
        row = champions.get(key)
        version, missing = _version(desk, key, row)
        labels = {one.key: one.label for one in found.candidates}
        off = switched.get(key)
        light, reason = _light(
            now,
            health.get(key),
            standing.get(key, ()),
            off.reason or "" if off is not None and not off.active else None,
            instead[key].why if key in instead else missing,
        )
        mine = by_key.get(key, [])
        rows.append(
            CapabilityRow(
                key=key,
                label=found.label,
                question=found.question,
                light=light,
                reason=reason,
                checked_at=health[key].checked_at if key in health else None,
                version=version,
                model=labels.get(version.candidate, version.candidate) if version else "",
                rule=rule_of_thumb(found).about,
                primary=primary_of(found),
                since=row.since if row else None,
                by=row.by if row else None,
                scopes=_scopes(champions, key),
                missing=missing,
                live=asked(key, row.model_version, row.since) if row else None,
                drift=checks.get(key),
                next_at=triggers.next_look(mine),
                waits_for=tuple(one.words for one in mine if one.next_at is None),
                jobs=tuple(job for job in running if _is_of(job, key)),
                challengers=tuple(waiting.get(key, ())),
                experiment=tried.get(key),
                alerts=tuple(standing.get(key, ())),
            )
        )
    return Overview(rows=tuple(rows))


def _version(desk: Desk, key: str, row: Champion | None) -> tuple[ModelVersion | None, str | None]:
    if row is None or row.model_version is None:
        return None, None
    try:
        return desk.models.head(key, row.model_version), None
    except DataError:
        return None, f"Version {row.model_version} should decide and is not in the model store."


def _light(
    now: datetime,
    health: ModelHealth | None,
    alerts: Sequence[Alert],
    off: str | None,
    broken: str | None,
) -> tuple[Light, str]:
    """The worst that is known, and why."""
    if off is not None:
        return "off", f"Switched off: the rule of thumb is shown. {off}".strip()
    if broken is not None:
        return "bad", broken
    urgencies: tuple[Light, ...] = ("bad", "watch")
    for urgency in urgencies:
        titles = [alert.title for alert in alerts if alert.urgency == urgency]
        if titles:
            more = f" And {len(titles) - 1} more." if len(titles) > 1 else ""
            return urgency, f"{titles[0].rstrip('.')}.{more}"
    if health is None:
        return "unknown", "Not looked at yet; the hourly check does."
    if now - health.checked_at > LATE:
        return "watch", "The hourly check has not looked at it for more than three hours."
    return health.state, health.sentence  # type: ignore[return-value]


def _scopes(champions: Mapping[str, Champion], key: str) -> int:
    return sum(
        name.startswith(f"{key}/") and row.model_version is not None
        for name, row in champions.items()
    )


def _is_of(job: JobView, key: str) -> bool:
    told = job.parameters.get("capability")
    return told == key or (told is None and job.kind in ("first_models", "retrain"))
