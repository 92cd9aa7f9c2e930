"""Counts and sums of the shop and of a snapshot that must agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import func

from data_access.shop import tables as shop
from data_access.snapshots import build, duck, tables
from data_access.snapshots.build import Workbench
from data_access.snapshots.local_time import day_start
from data_access.snapshots.source import ShopReader


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthTotals:
    """Rows of a table in a month, and the sum of what it counts; equal in shop and snapshot."""

    rows: int
    amount: int


_AMOUNT: dict[str, tuple[str, ...]] = {
    "orders": ("shipping_fee", "discount_total"),
    "order_items": ("units", "unit_price"),
    "payments": ("amount",),
    "refunds": ("amount",),
}
"""Tables compared month by month, and the columns whose values are added up."""

COMPARED = tuple(_AMOUNT)


def shop_rows(reader: ShopReader, table: sa.Table) -> int:
    """Rows of a table in the shop."""
    statement = sa.select(_whole(func.count(), "rows")).select_from(table)
    return int(reader.rows(statement)[0]["rows"])


def shop_month(reader: ShopReader, name: str, period: str, zone: ZoneInfo) -> MonthTotals:
    """Totals of a local month in the shop; the month's borders are the shop's midnights."""
    table = shop.metadata.tables[name]
    dated = shop.orders if name == "order_items" else table
    instant = dated.c[tables.MAIN_INSTANT[dated.name]]
    first, after = build.period_bounds(period)
    statement = sa.select(_whole(func.count(), "rows"), _amount(table)).where(
        instant >= day_start(first, zone), instant < day_start(after, zone)
    )
    if name == "order_items":
        statement = statement.select_from(table.join(dated, dated.c.order_id == table.c.order_id))
    found = reader.rows(statement)[0]
    return MonthTotals(rows=int(found["rows"]), amount=int(found["amount"]))


def snapshot_month(bench: Workbench, name: str, period: str) -> MonthTotals:
    """The same totals in the snapshot in the making."""
    table = duck.in_schema(tables.snapshot_metadata.tables[name], build.NEW)
    statement = sa.select(_whole(func.count(), "rows"), _amount(table)).where(
        build.in_period(table.c.local_day, period)
    )
    rows, amount = bench.rows(statement, None)[0]
    return MonthTotals(rows=int(rows), amount=int(amount))


def _amount(table: sa.Table) -> sa.ColumnElement[Any]:
    if table.name == "order_items":
        value: Any = table.c.units * table.c.unit_price
    else:
        columns = [table.c[name] for name in _AMOUNT[table.name]]
        value = columns[0]
        for column in columns[1:]:
            value = value + column
    return _whole(func.coalesce(func.sum(value), 0), "amount")


def _whole(column: Any, name: str) -> sa.ColumnElement[Any]:
    return sa.cast(column, sa.BigInteger()).label(name)
