"""Further columns by day: uploaded, switched on and off, deleted; each undone in one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from app.access.roles import Identity, Permission, require
from app.services.forecasting.done import Done
from app.services.forecasting.external_reading import (
    MOST_COLUMNS,
    ExternalError,
    ReadColumn,
    ReadFile,
    read,
)
from data_access.state import external_columns as kept
from data_access.state.engine import DecisionSession, utc_now
from data_access.state.forecast_tables import ExternalColumn

if TYPE_CHECKING:
    from app.context import Desk

__all__ = ["MOST_COLUMNS", "ExternalError", "ReadColumn", "ReadFile", "read"]

USED_BY = "Linear regression and LightGBM"
"""Candidates that can learn from further columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnView:
    """A column as the list shows it."""

    column_id: int
    version: int
    name: str
    file_name: str
    first_day: date
    last_day: date
    days: int
    by: str
    at: datetime  # naive UTC
    active: bool


def list_all(desk: Desk, by: Identity) -> tuple[ColumnView, ...]:
    """Every column that was uploaded, by name; everybody may see them."""
    require(by, Permission.read_pages)
    with desk.state.read() as session:
        rows = kept.list_columns(session)
    names = list(ColumnView.__dataclass_fields__)
    return tuple(ColumnView(**{name: getattr(row, name) for name in names}) for row in rows)


def values(desk: Desk, by: Identity, column_id: int) -> dict[date, float]:
    """Values of a column by day."""
    require(by, Permission.read_pages)
    with desk.state.read() as session:
        return kept.column_values(session, column_id)


def template(today: date) -> bytes:
    """A CSV to fill in: four weeks of days, two columns named as examples."""
    days = [today - timedelta(days=14) + timedelta(days=i) for i in range(28)]
    lines = ["date,mean temperature,newsletter sent"]
    lines += [f"{day.isoformat()},," for day in days]
    return ("\n".join(lines) + "\n").encode()


def check_new(desk: Desk, found: ReadFile) -> None:
    """Refuse what is there already, and more than candidates use.

    Raises
    ------
    ExternalError : nothing was kept.
    """
    with desk.state.read() as session:
        known = kept.list_columns(session)
    names = {row.name.casefold(): row for row in known}
    for column in found.columns:
        if (row := names.get(column.name.casefold())) is not None:
            raise ExternalError(
                f"There is a column “{row.name}” already, uploaded by {row.by}.",
                remedy="Delete it first, or give the new one another name.",
            )
    on = sum(row.active for row in known)
    if on + len(found.columns) > MOST_COLUMNS:
        raise ExternalError(
            f"{on} columns are switched on already; with these {len(found.columns)} they would be "
            f"more than {MOST_COLUMNS}.",
            remedy="Switch off or delete those that do not help.",
        )


def add(desk: Desk, by: Identity, found: ReadFile) -> Done:
    """Keep every column of a file that was looked at; candidates learn from them next time.

    Raises
    ------
    AccessDenied, ExternalError : nothing was changed.
    """
    require(by, Permission.decide_commerce)
    check_new(desk, found)
    names = ", ".join(column.name for column in found.columns)
    with desk.state.decide(by.name, "column.added", f"column:{names}"[:200]) as session:
        rows = [
            kept.add_column(
                session,
                name=column.name,
                file_name=found.file_name,
                values=column.values,
                by=by.name,
                at=utc_now(),
            )
            for column in found.columns
        ]
        session.after = {row.name: _told(row) for row in rows}
    count = len(rows)
    return Done(
        text=f"{names} {'was' if count == 1 else 'were'} kept.",
        number=rows[0].column_id,
        version=rows[0].version,
        entry_id=session.entry_id,
        back=partial(remove_all, columns=tuple((row.column_id, row.version) for row in rows)),
    )


def switch(desk: Desk, by: Identity, *, column_id: int, version: int, active: bool) -> Done:
    """Let candidates learn from a column, or no longer.

    Raises
    ------
    AccessDenied, ExternalError, StaleWriteError : nothing was changed.
    """
    require(by, Permission.decide_commerce)
    with desk.state.decide(by.name, "column.switched", f"column:{column_id}") as session:
        row = kept.get_column(session, column_id)
        on = len(kept.list_columns(session, active=True))
        if active and not row.active and on >= MOST_COLUMNS:
            raise ExternalError(
                f"{on} columns are switched on already.", remedy="Switch another one off first."
            )
        session.object = f"column:{row.name}"
        session.before, session.after = {"active": row.active}, {"active": active}
        row = kept.set_active(session, column_id, active, expected_version=version)
    state = "is used from the next training on" if active else "is no longer learned from"
    return Done(
        text=f"{row.name} {state}.",
        number=column_id,
        version=row.version,
        entry_id=session.entry_id,
        back=partial(switch, column_id=column_id, version=row.version, active=not active),
    )


def remove(desk: Desk, by: Identity, *, column_id: int, version: int) -> Done:
    """Delete a column; see `remove_all`."""
    return remove_all(desk, by, columns=((column_id, version),))


def remove_all(desk: Desk, by: Identity, *, columns: Sequence[tuple[int, int]]) -> Done:
    """Delete columns with their values; what was deleted can be brought back at once.

    Raises
    ------
    AccessDenied, DataError, StaleWriteError : nothing was changed.
    """
    require(by, Permission.decide_commerce)
    with desk.state.decide(by.name, "column.deleted", "column") as session:
        found = [_Kept.of(session, number) for number, _ in columns]
        names = ", ".join(one.name for one in found)
        session.object = f"column:{names}"[:200]
        session.before = {one.name: one.told for one in found}
        for number, version in columns:
            kept.remove_column(session, number, expected_version=version)
    return Done(
        text=f"{names} {'was' if len(found) == 1 else 'were'} deleted.",
        number=columns[0][0],
        version=0,
        entry_id=session.entry_id,
        back=partial(_bring_back, columns=tuple(found)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A deleted column, whole."""

    name: str
    file_name: str
    by: str
    at: datetime
    active: bool
    values: dict[date, float]
    told: dict[str, object]

    @classmethod
    def of(cls, session: DecisionSession, column_id: int) -> _Kept:
        row = kept.get_column(session, column_id)
        return cls(
            name=row.name,
            file_name=row.file_name,
            by=row.by,
            at=row.at,
            active=row.active,
            values=kept.column_values(session, column_id),
            told=_told(row),
        )


def _bring_back(desk: Desk, by: Identity, *, columns: Sequence[_Kept]) -> Done:
    require(by, Permission.decide_commerce)
    names = ", ".join(one.name for one in columns)
    with desk.state.decide(by.name, "column.brought_back", f"column:{names}"[:200]) as session:
        for one in columns:
            if kept.column_named(session, one.name) is not None:
                raise ExternalError(
                    f"There is a new column “{one.name}” now.",
                    remedy="Delete the new one first, if the old one is to come back.",
                )
        rows = [
            kept.add_column(
                session,
                name=one.name,
                file_name=one.file_name,
                values=one.values,
                by=one.by,
                at=one.at,
                active=one.active,
            )
            for one in columns
        ]
        session.after = {row.name: _told(row) for row in rows}
    return Done(
        text=f"{names} {'is' if len(rows) == 1 else 'are'} there again.",
        number=rows[0].column_id,
        version=rows[0].version,
        entry_id=session.entry_id,
        back=partial(remove_all, columns=tuple((row.column_id, row.version) for row in rows)),
    )


def _told(row: ExternalColumn) -> dict[str, object]:
    """As the audit keeps it."""
    return {
        "file": row.file_name,
        "first_day": row.first_day.isoformat(),
        "last_day": row.last_day.isoformat(),
        "days": row.days,
        "active": row.active,
    }
