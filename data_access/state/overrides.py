"""Overrides of forecasts: who said what about which weeks, and later what came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.errors import DataError
from data_access.state.engine import stale
from data_access.state.forecast_tables import ForecastOverride, OverrideWeek


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One week of a new override, in units of the whole series."""

    week: date  # Monday
    before: float  # the model's
    after: float  # the person's


def add_override(
    session: Session,
    *,
    level: str,
    series_id: str,
    kind: str,
    value: float,
    reason: str,
    note: str | None,
    publication: int,
    model_version: int | None,
    weeks: Sequence[Said],
    by: str,
    now: datetime,
) -> ForecastOverride:
    """Keep an override of consecutive weeks; the newest one of a series and week holds."""
    row = ForecastOverride(
        level=level,
        series_id=series_id,
        first_week=weeks[0].week,
        last_week=weeks[-1].week,
        kind=kind,
        value=value,
        reason=reason,
        note=note,
        publication=publication,
        model_version=model_version,
        by=by,
        at=now,
    )
    session.add(row)
    session.flush()
    session.add_all(
        OverrideWeek(override_id=row.override_id, week=one.week, before=one.before, after=one.after)
        for one in weeks
    )
    session.flush()
    return row


def get_override(session: Session, override_id: int) -> ForecastOverride:
    """The override.

    Raises
    ------
    DataError : there is none of this number.
    """
    row = session.get(ForecastOverride, override_id)
    if row is None:
        raise DataError(
            f"There is no override {override_id}.", remedy="Reload the page to see those that hold."
        )
    return row


def holding(session: Session, *, from_week: date | None = None) -> list[ForecastOverride]:
    """Overrides that nobody has taken back, oldest first; those that reach `from_week`."""
    query = (
        select(ForecastOverride)
        .where(ForecastOverride.ended_at.is_(None))
        .order_by(ForecastOverride.override_id)
    )
    if from_week is not None:
        query = query.where(ForecastOverride.last_week >= from_week)
    return list(session.scalars(query))


def list_overrides(session: Session, *, limit: int = 10_000) -> list[ForecastOverride]:
    """All that were ever made, newest first."""
    query = select(ForecastOverride).order_by(ForecastOverride.override_id.desc()).limit(limit)
    return list(session.scalars(query))


def override_weeks(session: Session, override_ids: Iterable[int]) -> list[OverrideWeek]:
    """Weeks of these overrides, by override and week."""
    query = (
        select(OverrideWeek)
        .where(OverrideWeek.override_id.in_(list(override_ids)))
        .order_by(OverrideWeek.override_id, OverrideWeek.week)
    )
    return list(session.scalars(query))


def end_override(
    session: Session, override_id: int, *, by: str, now: datetime, expected_version: int
) -> ForecastOverride:
    """Take an override back."""
    row = get_override(session, override_id)
    if row.version != expected_version or row.ended_at is not None:
        raise stale()
    row.ended_at, row.ended_by = now, by
    session.flush()
    return row


def reopen_override(
    session: Session, override_id: int, *, expected_version: int
) -> ForecastOverride:
    """Let an override that was taken back hold again."""
    row = get_override(session, override_id)
    if row.version != expected_version or row.ended_at is None:
        raise stale()
    row.ended_at, row.ended_by = None, None
    session.flush()
    return row


def ungraded_weeks(session: Session, before: date) -> list[tuple[ForecastOverride, OverrideWeek]]:
    """Weeks before a Monday of which nobody has looked up what came."""
    query = (
        select(ForecastOverride, OverrideWeek)
        .join(OverrideWeek, OverrideWeek.override_id == ForecastOverride.override_id)
        .where(OverrideWeek.week < before, OverrideWeek.outcome_at.is_(None))
        .order_by(OverrideWeek.override_id, OverrideWeek.week)
    )
    return [(override, week) for override, week in session.execute(query)]


def record_override_outcomes(
    session: Session, outcomes: Mapping[tuple[int, date], float | None], now: datetime
) -> None:
    """Write what came, by override and week; None: nobody can tell, since stock was out."""
    for (override_id, week), units in outcomes.items():
        row = session.get(OverrideWeek, (override_id, week))
        if row is not None and row.outcome_at is None:
            row.outcome, row.outcome_at = units, now
    session.flush()


def graded_weeks(session: Session) -> list[tuple[ForecastOverride, OverrideWeek]]:
    """Every week of which it is known what came, or that nobody can tell, oldest first."""
    query = (
        select(ForecastOverride, OverrideWeek)
        .join(OverrideWeek, OverrideWeek.override_id == ForecastOverride.override_id)
        .where(OverrideWeek.outcome_at.is_not(None))
        .order_by(OverrideWeek.week, OverrideWeek.override_id)
    )
    return [(override, week) for override, week in session.execute(query)]
