"""Columns by day that staff uploaded: weather, events, a marketing plan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from data_access.errors import DataError
from data_access.state.engine import stale
from data_access.state.forecast_tables import ExternalColumn, ExternalValue


def list_columns(session: Session, *, active: bool | None = None) -> list[ExternalColumn]:
    """By name."""
    query = select(ExternalColumn).order_by(ExternalColumn.name)
    if active is not None:
        query = query.where(ExternalColumn.active.is_(active))
    return list(session.scalars(query))


def get_column(session: Session, column_id: int) -> ExternalColumn:
    """The column.

    Raises
    ------
    DataError : there is none of this number.
    """
    row = session.get(ExternalColumn, column_id)
    if row is None:
        raise DataError(
            "This column is no longer there.", remedy="Reload the page to see those that are."
        )
    return row


def column_named(session: Session, name: str) -> ExternalColumn | None:
    return session.scalar(select(ExternalColumn).where(ExternalColumn.name == name))


def add_column(
    session: Session,
    *,
    name: str,
    file_name: str,
    values: Mapping[date, float],
    by: str,
    at: datetime,
    active: bool = True,
) -> ExternalColumn:
    """Keep a column with its values; `values` is not empty."""
    row = ExternalColumn(
        name=name,
        file_name=file_name,
        first_day=min(values),
        last_day=max(values),
        days=len(values),
        by=by,
        at=at,
        active=active,
    )
    session.add(row)
    session.flush()
    rows: list[dict[str, Any]] = [
        {"column_id": row.column_id, "day": day, "value": value} for day, value in values.items()
    ]
    session.execute(insert(ExternalValue), rows)
    return row


def set_active(
    session: Session, column_id: int, active: bool, *, expected_version: int
) -> ExternalColumn:
    """Let candidates learn from a column, or no longer."""
    row = get_column(session, column_id)
    if row.version != expected_version:
        raise stale()
    row.active = active
    session.flush()
    return row


def remove_column(session: Session, column_id: int, *, expected_version: int) -> None:
    """Delete a column with its values."""
    row = get_column(session, column_id)
    if row.version != expected_version:
        raise stale()
    session.execute(delete(ExternalValue).where(ExternalValue.column_id == column_id))
    session.delete(row)
    session.flush()


def column_values(session: Session, column_id: int) -> dict[date, float]:
    """Values by day."""
    query = (
        select(ExternalValue.day, ExternalValue.value)
        .where(ExternalValue.column_id == column_id)
        .order_by(ExternalValue.day)
    )
    return {row.day: row.value for row in session.execute(query)}


def active_values(session: Session) -> list[tuple[date, str, float, datetime]]:
    """day, name, value, when it was uploaded, of all columns that are switched on."""
    query = (
        select(ExternalValue.day, ExternalColumn.name, ExternalValue.value, ExternalColumn.at)
        .join(ExternalColumn, ExternalColumn.column_id == ExternalValue.column_id)
        .where(ExternalColumn.active.is_(True))
        .order_by(ExternalColumn.name, ExternalValue.day)
    )
    return [(day, name, value, at) for day, name, value, at in session.execute(query)]
