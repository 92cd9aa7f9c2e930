"""Promotions and prices that staff plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from data_access.errors import DataError
from data_access.state.engine import stale
from data_access.state.forecast_tables import PlannedEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanValues:
    """What a plan says."""

    kind: str  # promotion | price
    level: str  # product | category | shop
    series_id: str | None  # None for the shop
    name: str
    change: float  # share of the list price; −0.2 is 20 % off
    starts_on: date
    ends_on: date | None  # inclusive; None: a price that stays
    note: str | None


def values_of(row: PlannedEvent) -> PlanValues:
    return PlanValues(**{name: getattr(row, name) for name in PlanValues.__dataclass_fields__})


def get_plan(session: Session, plan_id: int) -> PlannedEvent:
    """The plan.

    Raises
    ------
    DataError : there is none of this number.
    """
    row = session.get(PlannedEvent, plan_id)
    if row is None:
        raise DataError(f"There is no plan {plan_id}.", remedy="Reload the page to see the plans.")
    return row


def list_plans(
    session: Session, *, first: date | None = None, last: date | None = None
) -> list[PlannedEvent]:
    """Plans that nobody has taken back and that touch the days from `first` to `last`."""
    query = (
        select(PlannedEvent)
        .where(PlannedEvent.ended_at.is_(None))
        .order_by(PlannedEvent.starts_on, PlannedEvent.plan_id)
    )
    if first is not None:
        query = query.where(or_(PlannedEvent.ends_on.is_(None), PlannedEvent.ends_on >= first))
    if last is not None:
        query = query.where(PlannedEvent.starts_on <= last)
    return list(session.scalars(query))


def changed_plans(session: Session, since: datetime) -> list[PlannedEvent]:
    """Plans that were entered or changed after an instant, or taken back after it."""
    query = select(PlannedEvent).where(
        or_(
            PlannedEvent.ended_at.is_(None) & (PlannedEvent.announced_at > since),
            (PlannedEvent.ended_at > since) & (PlannedEvent.announced_at <= since),
        )
    )
    return list(session.scalars(query.order_by(PlannedEvent.plan_id)))


def add_plan(session: Session, values: PlanValues, *, by: str, now: datetime) -> PlannedEvent:
    """Enter a plan; forecasts may know it from now on."""
    row = PlannedEvent(
        **{name: getattr(values, name) for name in PlanValues.__dataclass_fields__},
        by=by,
        announced_at=now,
    )
    session.add(row)
    session.flush()
    return row


def change_plan(
    session: Session,
    plan_id: int,
    values: PlanValues,
    *,
    announced_at: datetime | None,
    expected_version: int,
) -> PlannedEvent:
    """Say something else.

    announced_at : when the new values became known; None where what forecasts read is the same.
    """
    row = get_plan(session, plan_id)
    if row.version != expected_version or row.ended_at is not None:
        raise stale()
    for name in PlanValues.__dataclass_fields__:
        setattr(row, name, getattr(values, name))
    if announced_at is not None:
        row.announced_at = announced_at
    session.flush()
    return row


def end_plan(
    session: Session, plan_id: int, *, by: str, now: datetime, expected_version: int
) -> PlannedEvent:
    """Take a plan back."""
    row = get_plan(session, plan_id)
    if row.version != expected_version or row.ended_at is not None:
        raise stale()
    row.ended_at, row.ended_by = now, by
    session.flush()
    return row


def reopen_plan(
    session: Session, plan_id: int, *, now: datetime, expected_version: int
) -> PlannedEvent:
    """Let a plan that was taken back stand again; forecasts know it anew from now on."""
    row = get_plan(session, plan_id)
    if row.version != expected_version or row.ended_at is None:
        raise stale()
    row.ended_at, row.ended_by, row.announced_at = None, None, now
    session.flush()
    return row
