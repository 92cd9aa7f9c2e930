"""From staged rows to the sorted, content-named parts of a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa

from data_access.snapshots import duck, tables
from data_access.snapshots.manifest import Part
from data_access.snapshots.store import SnapshotStore

NEW = "new"  # schema of the views over the parts of the snapshot in the making
RAW = "raw"  # over what was staged
OLD = "old"  # over the snapshot before
WHOLE_ROWS = "whole"  # raw rows with what other tables tell about them

NO_DATE = "none"  # period of rows whose main instant is unknown
WHOLE = "all"  # period of a table that is one part

_STATUS_RANK = {"placed": 0, "declined": 1, "shipped": 2, "delivered": 3, "cancelled": 4}
"""Of two statuses at one instant, the one that comes later in an order's life is the last."""


@dataclass(slots=True, kw_only=True)
class Workbench:
    """The engine, the folder and the parts of one refresh."""

    cursor: duckdb.DuckDBPyConnection
    store: SnapshotStore
    folder: Path
    parts: dict[str, list[Part]] = field(default_factory=dict)  # of the new snapshot, by table
    by_month: set[str] = field(default_factory=set)  # tables large enough to be cut by month
    _written: int = 0

    def file(self, name: str) -> Path:
        self._written += 1
        return self.folder / f"{self._written:05d}-{name}.parquet"

    def rows(self, statement: Any, schema: str | None = NEW) -> list[tuple[Any, ...]]:
        sql, parameters = duck.render(statement, schema)
        return self.cursor.execute(sql, parameters).fetchall()

    def scalar(self, statement: Any, schema: str | None = NEW) -> Any:
        found = self.rows(statement, schema)
        return found[0][0] if found else None

    def view(self, schema: str, table: sa.Table, paths: Iterable[Path]) -> None:
        duck.make_view(self.cursor, schema, table, paths)

    def hold(self, schema: str, table: sa.Table, statement: Any, within: str | None) -> None:
        """Write a select to a file in the folder and see it as ``schema.table``."""
        path = self.file(table.name)
        duck.copy_to(self.cursor, statement, within, path)
        self.view(schema, table, [path])

    def publish_part(
        self, table: sa.Table, period: str, statement: Any, within: str | None
    ) -> None:
        """Write one part, sorted, in place of the period's old one."""
        path = self.file(f"{table.name}-{period}")
        ordered = statement.order_by(*(sa.text(f'"{c}"') for c in tables.sort_columns(table)))
        rows = duck.copy_to(self.cursor, ordered, within, path)
        kept = [p for p in self.parts.get(table.name, []) if p.period != period]
        if rows:
            size = path.stat().st_size
            adopted = self.store.adopt(table.name, period, path)
            kept.append(Part(path=adopted, period=period, rows=rows, bytes=size))
        self.parts[table.name] = sorted(kept, key=lambda p: p.period)

    def show(self, table: sa.Table) -> None:
        """See the table's parts as they are now as ``new.table``."""
        paths = [self.store.parts / p.path for p in self.parts.get(table.name, [])]
        self.view(NEW, table, paths)


def period_bounds(period: str) -> tuple[date, date]:
    """First day of the month and of the next one."""
    year, month = int(period[:4]), int(period[5:7])
    return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)


def in_period(column: sa.ColumnElement[Any], period: str) -> sa.ColumnElement[bool]:
    """Condition that a date column lies in the period."""
    if period == NO_DATE:
        return column.is_(None)
    first, after = period_bounds(period)
    return sa.and_(column >= first, column < after)


def period_of(column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """The period of a date column's value."""
    return sa.func.coalesce(sa.func.strftime(column, sa.literal_column("'%Y-%m'")), NO_DATE)


def cut_by(bench: Workbench, table: sa.Table) -> str | None:
    """The column by whose month the table is cut in this snapshot; None: it is one part."""
    return tables.month_column(table) if table.name in bench.by_month else None


def choose_cuts(bench: Workbench, rows: Mapping[str, int], above: int) -> None:
    """Cut tables of more than `above` rows by month; a small table costs less as one part."""
    large = {name for name, count in rows.items() if count > above}
    bench.by_month = large & tables.BY_MONTH
    if "order_items" in large:  # what is derived from it is nearly as long
        bench.by_month |= {"daily_sales", "weekly_sales"}


def periods_in(bench: Workbench, table: sa.Table, schema: str) -> list[str]:
    """The periods in which the table has rows."""
    column = cut_by(bench, table)
    if column is None:
        return [WHOLE]
    period = period_of(table.c[column]).label("period")
    return [
        row[0]
        for row in bench.rows(sa.select(period).group_by("period").order_by("period"), schema)
    ]


def latest_status(changes: sa.Table) -> sa.Select[Any]:
    """One row an order that left the state "placed": order_id, status."""
    rank = sa.case(_STATUS_RANK, value=changes.c.status, else_=0)
    when = sa.func.row(changes.c.happened_at, rank)
    return sa.select(
        changes.c.order_id, sa.func.arg_max(changes.c.status, when).label("status")
    ).group_by(changes.c.order_id)


def with_status(base: sa.FromClause, latest: sa.FromClause) -> sa.Select[Any]:
    """Orders as a snapshot keeps them: with their last known status."""
    columns: Mapping[str, Any] = {
        **{c.name: c for c in base.columns},
        "status": sa.func.coalesce(latest.c.status, "placed"),
    }
    return sa.select(*duck.cast_to(tables.orders, columns)).select_from(
        base.outerjoin(latest, latest.c.order_id == base.c.order_id)
    )


def whole_items(base: sa.FromClause, orders: sa.Table) -> sa.Select[Any]:
    """Order lines as a snapshot keeps them: dated by their order."""
    columns = {**{c.name: c for c in base.columns}, "local_day": orders.c.local_day}
    return sa.select(*duck.cast_to(tables.order_items, columns)).select_from(
        base.outerjoin(orders, orders.c.order_id == base.c.order_id)
    )


def exact(table: sa.Table, source: sa.FromClause) -> list[sa.ColumnElement[Any]]:
    """The table's columns from a source that has them, with the table's types."""
    return duck.cast_to(table, {c.name: source.c[c.name] for c in table.columns})


def without(table: sa.Table, *names: str) -> sa.Table:
    """The table as it is before some of its columns are known."""
    columns = [sa.Column(c.name, c.type) for c in table.columns if c.name not in names]
    return sa.Table(table.name, sa.MetaData(), *columns)


def assemble(bench: Workbench, tell: Callable[[str, float], None]) -> None:
    """Write every part of every copied table from the staged rows of a full reading."""
    raw_orders = without(tables.orders, "status")
    latest = latest_status(tables.order_status_changes).subquery("latest")
    tell("Adding each order's last status", 0.6)
    bench.hold(WHOLE_ROWS, tables.orders, with_status(raw_orders, latest), RAW)
    tell("Dating order lines", 0.62)
    raw_items = duck.in_schema(without(tables.order_items, "local_day"), RAW)
    orders = duck.in_schema(tables.orders, WHOLE_ROWS)
    bench.hold(WHOLE_ROWS, tables.order_items, whole_items(raw_items, orders), None)
    for n, table in enumerate(tables.COPIED):
        tell(f"Sorting {table.name}", 0.64 + 0.16 * n / len(tables.COPIED))
        held = table in (tables.orders, tables.order_items)
        publish_all(bench, table, WHOLE_ROWS if held else RAW)


def publish_all(bench: Workbench, table: sa.Table, schema: str) -> None:
    """Write every part of a table from a staged view."""
    column = cut_by(bench, table)
    bench.parts[table.name] = []
    for period in periods_in(bench, table, schema):
        statement = sa.select(*exact(table, table))
        if column is not None:
            statement = statement.where(in_period(table.c[column], period))
        bench.publish_part(table, period, statement, schema)
    bench.show(table)
