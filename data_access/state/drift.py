"""Drift checks: what one day looked like beside the data that a version learned from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from data_access.state.model_tables import DriftCheck
from data_access.state.tables import Json


def keep_check(
    session: Session,
    *,
    capability: str,
    model_version: int,
    snapshot: int,
    day: date,
    checked_at: datetime,
    score: float,
    alarm: bool,
    sentence: str,
    rows: Json,
) -> DriftCheck:
    """Write the check of a day; a later look at the same day replaces it."""
    found = session.scalar(
        select(DriftCheck).where(
            DriftCheck.capability == capability,
            DriftCheck.model_version == model_version,
            DriftCheck.day == day,
        )
    )
    row = found or DriftCheck(capability=capability, model_version=model_version, day=day)
    row.snapshot, row.checked_at, row.score, row.alarm = snapshot, checked_at, score, alarm
    row.sentence, row.rows = sentence, rows
    session.add(row)
    session.flush()
    return row


def newest_check(
    session: Session, capability: str, model_version: int | None = None
) -> DriftCheck | None:
    """The newest check of a capability, or of one of its versions (0: the rule of thumb)."""
    query = select(DriftCheck).where(DriftCheck.capability == capability)
    if model_version is not None:
        query = query.where(DriftCheck.model_version == model_version)
    return session.scalar(query.order_by(DriftCheck.check_id.desc()).limit(1))


def newest_checks(session: Session) -> dict[str, DriftCheck]:
    """The newest check of each capability."""
    last = select(func.max(DriftCheck.check_id)).group_by(DriftCheck.capability)
    rows = session.scalars(select(DriftCheck).where(DriftCheck.check_id.in_(last)))
    return {row.capability: row for row in rows}


def course(
    session: Session, capability: str, model_version: int, *, days: int = 60
) -> Sequence[tuple[date, float, bool]]:
    """Day, score and whether it was an alarm, the oldest first; without the rows behind them."""
    query = (
        select(DriftCheck.day, DriftCheck.score, DriftCheck.alarm)
        .where(and_(DriftCheck.capability == capability, DriftCheck.model_version == model_version))
        .order_by(DriftCheck.day.desc())
        .limit(days)
    )
    return [(day, score, alarm) for day, score, alarm in session.execute(query)][::-1]
