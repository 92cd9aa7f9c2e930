"""How much versions were asked, by the hour: sums to which every process adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from data_access.state.model_tables import ModelUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """One version within one hour, or since ever."""

    capability: str
    model_version: int  # 0: the rule of thumb
    hour: datetime  # its beginning, naive UTC
    calls: int
    predictions: int
    errors: int
    seconds: float  # of all calls
    slowest: float  # seconds of one call
    peak_mb: float | None  # of the process that answered


def add_uses(session: Session, rows: Sequence[Used]) -> None:
    """Add to what is there; two processes that add at once lose nothing."""
    if not rows:
        return
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    greatest = func.greatest if dialect == "postgresql" else func.max
    table = cast(Table, ModelUse.__table__)
    statement: Any = insert(table).values([_values(row) for row in rows])
    new, old = statement.excluded, table.c
    sums = {name: old[name] + new[name] for name in ("calls", "predictions", "errors", "seconds")}
    peak = func.coalesce(old.peak_mb, 0.0), func.coalesce(new.peak_mb, 0.0)
    session.connection().execute(
        statement.on_conflict_do_update(
            index_elements=["capability", "model_version", "hour"],
            set_={
                **sums,
                "slowest": greatest(old.slowest, new.slowest),
                "peak_mb": func.nullif(greatest(*peak), 0.0),
            },
        )
    )


def uses_since(session: Session, since: datetime, capability: str | None = None) -> list[Used]:
    """By hour, oldest first."""
    query = select(ModelUse).where(ModelUse.hour >= since)
    if capability is not None:
        query = query.where(ModelUse.capability == capability)
    rows = session.scalars(query.order_by(ModelUse.hour, ModelUse.capability))
    return [_used(row) for row in rows]


def uses_in_all(session: Session) -> list[Used]:
    """Since ever, one row a version; `hour` is the newest in which it was asked."""
    table = ModelUse
    query = (
        select(
            table.capability,
            table.model_version,
            func.max(table.hour),
            func.sum(table.calls),
            func.sum(table.predictions),
            func.sum(table.errors),
            func.sum(table.seconds),
            func.max(table.slowest),
            func.max(table.peak_mb),
        )
        .group_by(table.capability, table.model_version)
        .order_by(table.capability, table.model_version)
    )
    names = Used.__slots__
    found: list[dict[str, Any]] = [
        dict(zip(names, row, strict=True)) for row in session.execute(query)
    ]
    return [Used(**row) for row in found]


def _values(row: Used) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Used.__slots__}


def _used(row: ModelUse) -> Used:
    kept: dict[str, Any] = {name: getattr(row, name) for name in Used.__slots__}
    return Used(**kept)
