"""A manager's targets: one number a key figure and month."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.state.engine import stale
from data_access.state.tables import Target


def read_targets(
    session: Session, *, first_month: date | None = None, last_month: date | None = None
) -> list[Target]:
    query = select(Target).order_by(Target.month, Target.metric)
    if first_month is not None:
        query = query.where(Target.month >= first_month)
    if last_month is not None:
        query = query.where(Target.month <= last_month)
    return list(session.scalars(query))


def write_target(
    session: Session,
    *,
    metric: str,
    month: date,
    value: float | None,
    by: str,
    now: datetime,
    expected_version: int | None = None,
) -> float | None:
    """Set the target of a month (first day), or take it away with None; returns the one before."""
    month = month.replace(day=1)
    row = session.get(Target, (metric, month))
    if expected_version is not None and expected_version != (row.version if row else 0):
        raise stale()
    before = row.value if row else None
    if row is None and value is not None:
        session.add(Target(metric=metric, month=month, value=value, changed_by=by, changed_at=now))
    elif row is not None and value is None:
        session.delete(row)
    elif row is not None and value is not None:
        row.value, row.changed_by, row.changed_at = value, by, now
    session.flush()
    return before
