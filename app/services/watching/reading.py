"""What the view Watch shows: a few rows, whatever lies behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.services import alerts
from app.services.alerts import AlertView
from app.services.watching.health import PARTS
from app.services.watching.use import Use, use
from data_access.state import alerts as alert_store
from data_access.state import drift as drift_store
from data_access.state import model_health

if TYPE_CHECKING:
    from app.context import Desk

MONTH = timedelta(days=30)
SHOWN_DAYS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """One thing that the hourly look looked at."""

    key: str
    label: str
    state: str  # good | watch | bad
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftView:
    """The newest check of a capability."""

    version: int  # 0: the rule of thumb
    day: date
    checked_at: datetime
    score: float
    alarm: bool
    sentence: str
    inputs: tuple[dict[str, Any], ...]  # largest effect first; see `ml.drift.Row`
    course: tuple[tuple[date, float, bool], ...]  # day, score, whether it was learned from
    ordinary_days: int  # that the bounds were learned from
    years: int
    unit: str  # of effects
    why_not: str
    data: dict[str, Any] | None  # completeness


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """All that is known of whether a capability can be trusted."""

    capability: str
    state: str | None  # None: nobody has looked yet
    sentence: str
    checked_at: datetime | None
    parts: tuple[PartView, ...]
    drift: DriftView | None
    use: Use
    alerts: tuple[AlertView, ...]  # that stand
    raised: int  # within a month


def watched(desk: Desk, capability: str, *, now: datetime) -> Watched:
    """One capability, from five short reads."""
    with desk.state.read() as session:
        health = model_health.get_health(session, capability)
        check = drift_store.newest_check(session, capability)
        course = (
            drift_store.course(session, capability, check.model_version, days=SHOWN_DAYS)
            if check
            else ()
        )
        raised = sum(alert_store.count_raised(session, capability, since=now - MONTH).values())
    parts = dict(health.parts) if health else {}
    return Watched(
        capability=capability,
        state=health.state if health else None,
        sentence=health.sentence if health else "",
        checked_at=health.checked_at if health else None,
        parts=tuple(
            PartView(
                key=key,
                label=label,
                state=str(parts[key]["state"]),
                sentence=str(parts[key]["sentence"]),
            )
            for key, label in PARTS.items()
            if key in parts
        ),
        drift=_drift(check, list(course)) if check else None,
        use=use(desk, capability, now=now),
        alerts=tuple(alerts.open_alerts(desk, capability)),
        raised=raised,
    )


def _drift(check: Any, course: list[tuple[date, float, bool]]) -> DriftView:
    kept = check.rows
    checked = {day for day, _, _ in course}
    first = min(checked)
    past = [
        (date.fromisoformat(day), float(score), True)
        for day, score in kept.get("past", ())
        if date.fromisoformat(day) < first
    ]
    return DriftView(
        version=check.model_version,
        day=check.day,
        checked_at=check.checked_at,
        score=check.score,
        alarm=check.alarm,
        sentence=check.sentence,
        inputs=tuple(kept.get("inputs", ())),
        course=tuple(past[-SHOWN_DAYS:] + [(day, score, False) for day, score, _ in course]),
        ordinary_days=int(kept.get("days", 0)),
        years=int(kept.get("years", 0)),
        unit=str(kept.get("unit", "")),
        why_not=str(kept.get("why_not", "")),
        data=kept.get("data"),
    )
