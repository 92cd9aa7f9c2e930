"""Compute the derived tables of the snapshot in the making, only where something was touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from data_access.snapshots import build, day_tables, duck, sales_tables, tables
from data_access.snapshots.build import NEW, Workbench

Progress = Callable[[str, float], None]

_CHANGED = sa.Table("changed_customers", sa.MetaData(), sa.Column("customer_id", sa.String()))

_CALENDAR = pa.schema([("local_day", pa.date32()), ("local_week", pa.date32())])


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What a snapshot is about, in time."""

    first: date  # local day of the first order
    last: date  # local day of as_of
    as_of: datetime  # naive UTC

    def days(self) -> list[dict[str, date]]:
        """Every local day with the Monday of its week."""
        count = (self.last - self.first).days + 1
        days = (self.first + timedelta(days=n) for n in range(count))
        return [{"local_day": day, "local_week": monday(day)} for day in days]


@dataclass(slots=True, kw_only=True)
class Touched:
    """What the derived tables must be computed for again; a full refresh touches everything."""

    everything: bool = False
    sales: set[str] = field(default_factory=set)  # months of daily_sales
    stock: bool = False  # changes of stock, or of the products they belong to
    weeks_from: date | None = None  # weekly_sales from the month of this Monday on
    customers: sa.Select[Any] | None = None  # ids of those whose facts may be others now

    def weeks_since(self, day: date | None) -> None:
        """Weekly sales must be computed again from the week of this day on."""
        if day is not None:
            week = monday(day)
            self.weeks_from = week if self.weeks_from is None else min(week, self.weeks_from)


def derive(bench: Workbench, span: Span, touched: Touched, tell: Progress) -> None:
    """Write the parts of all derived tables and make them readable as ``new.table``."""
    days = span.days()
    path = bench.file("calendar")
    pq.write_table(pa.Table.from_pylist(days, schema=_CALENDAR), path)
    bench.view(NEW, sales_tables.calendar, [path])

    months = sorted({f"{d['local_day']:%Y-%m}" for d in days})
    wanted = [m for m in months if touched.everything or m in touched.sales]
    spans = _spans(bench, tables.daily_sales, months, wanted)
    for n, (period, first, after) in enumerate(spans):
        tell("Deriving daily sales", 0.80 + 0.06 * n / len(spans))
        _write(bench, tables.daily_sales, period, sales_tables.daily_sales_in(first, after))
    bench.show(tables.daily_sales)

    tell("Deriving stock-outs", 0.86)
    if touched.everything or touched.stock:
        _write(bench, tables.stock_outs, build.WHOLE, sales_tables.all_stock_outs())
    bench.show(tables.stock_outs)

    months = sorted({f"{d['local_week']:%Y-%m}" for d in days})
    since = None if touched.everything else touched.weeks_from
    wanted = [m for m in months if since is None or m >= since.isoformat()[:7]]
    if since is None and not touched.everything:
        wanted = []
    bench.hold(NEW, sales_tables.price_spells, sales_tables.all_price_spells(), NEW)
    spans = _spans(bench, tables.weekly_sales, months, wanted)
    for n, (period, first, after) in enumerate(spans):
        tell("Deriving weekly sales", 0.88 + 0.07 * n / len(spans))
        weekly = sales_tables.weekly_sales_in(first, after, span.last)
        _write(bench, tables.weekly_sales, period, weekly)
    bench.show(tables.weekly_sales)

    tell("Deriving customers", 0.95)
    if touched.everything:
        _write(bench, tables.customer_facts, build.WHOLE, day_tables.all_customer_facts())
    elif touched.customers is not None:
        _renew_customers(bench, touched.customers)
    bench.show(tables.customer_facts)

    tell("Deriving key figures", 0.97)
    _write(bench, tables.key_figures, build.WHOLE, day_tables.all_key_figures())
    bench.show(tables.key_figures)


def _renew_customers(bench: Workbench, ids: sa.Select[Any]) -> None:
    """Facts of the touched customers computed anew, those of all others taken over."""
    changed = duck.in_schema(_CHANGED, build.OLD)
    bench.hold(build.OLD, _CHANGED, ids, None)
    of = sa.select(changed.c.customer_id)
    before = duck.in_schema(tables.customer_facts, build.OLD)
    stay = sa.select(before).where(before.c.customer_id.not_in(of))
    _write(
        bench,
        tables.customer_facts,
        build.WHOLE,
        sa.union_all(stay, day_tables.all_customer_facts(of)),
    )


def monday(day: date) -> date:
    """The first day of the week of a day."""
    return day - timedelta(days=day.weekday())


def _write(bench: Workbench, table: sa.Table, period: str, statement: Any) -> None:
    found = statement.subquery("found")
    columns = duck.cast_to(table, {c.name: found.c[c.name] for c in table.columns})
    bench.publish_part(table, period, sa.select(*columns), NEW)


def _spans(
    bench: Workbench, table: sa.Table, months: list[str], wanted: list[str]
) -> list[tuple[str, date, date]]:
    """Periods to write with their first day and the day after; drops parts no longer covered."""
    if build.cut_by(bench, table) is None:
        if not wanted:
            return []
        first, after = build.period_bounds(months[0])[0], build.period_bounds(months[-1])[1]
        return [(build.WHOLE, first, after)]
    kept = [p for p in bench.parts.get(table.name, []) if p.period in months]
    bench.parts[table.name] = kept
    return [(period, *build.period_bounds(period)) for period in wanted]
