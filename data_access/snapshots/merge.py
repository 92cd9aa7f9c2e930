"""Merge changed rows into the parts of the snapshot before; only touched months are rewritten.

A row counts as changed if its key is new or any of its values differs (by the engine's 64-bit
hash of the row): the overlap of an incremental refresh reads many rows that did not change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func

from data_access.snapshots import build, duck, tables
from data_access.snapshots.build import NEW, OLD, RAW, Workbench
from data_access.snapshots.derive import Touched

SHAPED = "shaped"  # raw rows as a snapshot keeps them: with status, dated by their order
DELTA = "delta"  # those of them that differ from the snapshot before
MONTH = "month"  # one part of the snapshot before

_DEPENDS = {"orders": "order_status_changes", "order_items": "orders"}
"""Tables whose rows may change because of another table's."""

_FACTS_OF_PRODUCTS = ("category_id", "unit_cost", "launched_on", "ended_on")
"""Columns of a product that the derived tables depend on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What an incremental refresh changed."""

    rows: int
    periods: dict[str, set[str]]  # months with changed rows, by table; no month: undated
    touched: Touched


def merge(bench: Workbench, read: Mapping[str, int], *, last_day_before: date) -> Merged:
    """Rewrite the touched parts of every copied table.

    Parameters
    ----------
    bench : holds the parts of the snapshot before, the views ``raw`` of changed rows and
        ``old`` of that snapshot.
    read : rows that were read, by table.
    last_day_before : last local day of the snapshot before; weeks since then are new.
    """
    order = [tables.order_status_changes, tables.orders, tables.order_items]
    order += [t for t in tables.COPIED if t not in order]
    rows = 0
    periods: dict[str, set[str]] = {}
    for table in order:
        depends = _DEPENDS.get(table.name)
        if not read[table.name] and depends not in periods:
            bench.view(DELTA, table, [])
            bench.show(table)
            continue
        _shape(bench, table)
        changed, touched_periods = _merge_table(bench, table)
        rows += changed
        if changed:
            periods[table.name] = touched_periods
    return Merged(rows=rows, periods=periods, touched=_touched(bench, periods, last_day_before))


def _shape(bench: Workbench, table: sa.Table) -> None:
    if table is tables.orders:
        _shape_orders(bench)
    elif table is tables.order_items:
        _shape_items(bench)
    else:
        raw = duck.in_schema(table, RAW)
        bench.hold(SHAPED, table, sa.select(raw), None)


def _shape_orders(bench: Workbench) -> None:
    """Changed orders, and orders whose status changed though their own row did not."""
    columns = [c.name for c in tables.orders.columns if c.name != "status"]
    raw = duck.in_schema(build.without(tables.orders, "status"), RAW)
    old = duck.in_schema(tables.orders, OLD)
    moved = duck.in_schema(tables.order_status_changes, DELTA)
    changes = duck.in_schema(tables.order_status_changes, NEW)
    only_moved = sa.select(*(old.c[name] for name in columns)).where(
        old.c.order_id.in_(sa.select(moved.c.order_id)),
        old.c.order_id.not_in(sa.select(raw.c.order_id)),
    )
    base = sa.union_all(sa.select(*(raw.c[name] for name in columns)), only_moved).cte("base")
    latest = (
        build.latest_status(changes)
        .where(changes.c.order_id.in_(sa.select(base.c.order_id)))
        .subquery("latest")
    )
    bench.hold(SHAPED, tables.orders, build.with_status(base, latest), None)


def _shape_items(bench: Workbench) -> None:
    """Changed order lines, and lines of orders that moved to another day."""
    columns = [c.name for c in tables.order_items.columns if c.name != "local_day"]
    raw = duck.in_schema(build.without(tables.order_items, "local_day"), RAW)
    old = duck.in_schema(tables.order_items, OLD)
    orders, before = duck.in_schema(tables.orders, NEW), duck.in_schema(tables.orders, OLD)
    changed = duck.in_schema(tables.orders, DELTA)
    moved = (
        sa.select(changed.c.order_id)
        .join(before, before.c.order_id == changed.c.order_id)
        .where(before.c.local_day != changed.c.local_day)
    )
    key = sa.and_(raw.c.order_id == old.c.order_id, raw.c.line == old.c.line)
    of_moved = sa.select(*(old.c[name] for name in columns)).where(
        old.c.order_id.in_(moved), ~sa.exists().where(key)
    )
    base = sa.union_all(sa.select(*(raw.c[name] for name in columns)), of_moved).cte("base")
    bench.hold(SHAPED, tables.order_items, build.whole_items(base, orders), None)


def _merge_table(bench: Workbench, table: sa.Table) -> tuple[int, set[str]]:
    shaped, old = duck.in_schema(table, SHAPED), duck.in_schema(table, OLD)
    delta = duck.in_schema(table, DELTA)
    same_key = _same_key(table, shaped, old)
    first_key = next(iter(table.primary_key.columns)).name
    differs = sa.or_(
        old.c[first_key].is_(None), func.hash(*shaped.columns) != func.hash(*old.columns)
    )
    bench.hold(DELTA, table, sa.select(shaped).outerjoin(old, same_key).where(differs), None)
    changed = bench.scalar(sa.select(func.count()).select_from(delta), None)
    if not changed:
        bench.show(table)
        return 0, set()
    column = tables.month_column(table)
    replaced = sa.exists().where(_same_key(table, delta, old))
    touched: set[str] = set()
    if column is not None:
        gained = sa.select(build.period_of(delta.c[column]).label("period"))
        lost = sa.select(build.period_of(old.c[column]).label("period")).where(replaced)
        touched = {row[0] for row in bench.rows(sa.union(gained, lost), None)}
    for period in sorted(touched) if build.cut_by(bench, table) else [build.WHOLE]:
        _rewrite(bench, table, period)
    bench.show(table)
    return int(changed), touched


def _rewrite(bench: Workbench, table: sa.Table, period: str) -> None:
    """One part: its old rows but for the changed ones, and the changed ones of its month."""
    month, delta = duck.in_schema(table, MONTH), duck.in_schema(table, DELTA)
    paths = [bench.store.parts / p.path for p in bench.parts[table.name] if p.period == period]
    bench.view(MONTH, table, paths)
    stay = sa.select(*build.exact(table, month)).where(
        ~sa.exists().where(_same_key(table, delta, month))
    )
    come = sa.select(*build.exact(table, delta))
    column = build.cut_by(bench, table)
    if column is not None:
        come = come.where(build.in_period(delta.c[column], period))
    merged = sa.union_all(stay, come).subquery("merged")
    bench.publish_part(table, period, sa.select(merged), None)


def _same_key(table: sa.Table, left: sa.Table, right: sa.Table) -> sa.ColumnElement[bool]:
    return sa.and_(*(left.c[k.name] == right.c[k.name] for k in table.primary_key.columns))


def _touched(bench: Workbench, periods: dict[str, set[str]], last_day_before: date) -> Touched:
    touched = Touched()
    touched.sales = periods.get("orders", set()) | periods.get("order_items", set())
    touched.stock = "stock_changes" in periods or "products" in periods
    if touched.sales or "refunds" in periods:
        touched.customers = _touched_customers()
    touched.weeks_since(last_day_before)
    if "products" in periods:
        _touched_by_products(bench, touched)
    if "categories" in periods:  # promotions of a category reach what lies below it
        touched.weeks_since(date.min)
    for name in ("orders", "order_items", "stock_changes", "price_history"):
        for period in periods.get(name, ()):
            if period != build.NO_DATE:
                touched.weeks_since(build.period_bounds(period)[0])
    if "promotions" in periods:
        delta = duck.in_schema(tables.promotions, DELTA)
        old = duck.in_schema(tables.promotions, OLD)
        replaced = old.c.promotion_id.in_(sa.select(delta.c.promotion_id))
        touched.weeks_since(bench.scalar(sa.select(func.min(delta.c.starts_on)), None))
        before = sa.select(func.min(old.c.starts_on)).where(replaced)
        touched.weeks_since(bench.scalar(before, None))
    return touched


def _touched_customers() -> sa.Select[Any]:
    """Ids of customers one of whose orders, lines or refunds is another than before."""
    changed = duck.in_schema(tables.orders, DELTA)
    items, refunds = (duck.in_schema(t, DELTA) for t in (tables.order_items, tables.refunds))
    refunds_before = duck.in_schema(tables.refunds, OLD)
    before, now = duck.in_schema(tables.orders, OLD), duck.in_schema(tables.orders, NEW)
    order_ids = sa.union(
        sa.select(changed.c.order_id),
        sa.select(items.c.order_id),
        sa.select(refunds.c.order_id),
        sa.select(refunds_before.c.order_id).where(
            refunds_before.c.refund_id.in_(sa.select(refunds.c.refund_id))
        ),
    ).cte("touched_orders")
    wanted = sa.select(order_ids.c.order_id)
    either = sa.union(
        sa.select(before.c.customer_id).where(before.c.order_id.in_(wanted)),
        sa.select(now.c.customer_id).where(now.c.order_id.in_(wanted)),
    ).subquery("touched_customers")
    return sa.select(either.c.customer_id).where(either.c.customer_id.is_not(None))


def _touched_by_products(bench: Workbench, touched: Touched) -> None:
    """Months in which products sold whose category, cost, launch or end is another now."""
    delta, old = duck.in_schema(tables.products, DELTA), duck.in_schema(tables.products, OLD)
    sales = duck.in_schema(tables.daily_sales, OLD)
    weeks = duck.in_schema(tables.weekly_sales, OLD)
    differs = sa.or_(*(delta.c[c].is_distinct_from(old.c[c]) for c in _FACTS_OF_PRODUCTS))
    changed = (
        sa.select(delta.c.product_id)
        .outerjoin(old, old.c.product_id == delta.c.product_id)
        .where(differs)
    )
    period = build.period_of(sales.c.local_day).label("period")
    sold = sa.select(period).where(sales.c.product_id.in_(changed)).distinct()
    touched.sales |= {row[0] for row in bench.rows(sold, None)}
    first: Any = sa.select(func.min(weeks.c.local_week)).where(weeks.c.product_id.in_(changed))
    touched.weeks_since(bench.scalar(first, None))
    launched: Any = sa.select(func.min(delta.c.launched_on)).where(delta.c.product_id.in_(changed))
    touched.weeks_since(bench.scalar(launched, None))
