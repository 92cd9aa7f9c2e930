"""Checks of a whole snapshot before it is published, answered by the engine.

Hard: what would make numbers wrong. Soft: what staff should know when they read the numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func

from data_access.snapshots import duck, tables
from data_access.snapshots.build import NEW, RAW, Workbench
from data_access.snapshots.contracts import SAMPLE
from data_access.snapshots.derive import Span
from data_access.snapshots.manifest import Check

_ANONYMOUS_ORDERS = 0.3  # share of orders; beyond, customers' figures speak of a minority
_WITHOUT_CATEGORY = 0.02  # share of products; beyond, categories do not add up to the shop
_WITHOUT_COST = 0.05  # share of products; beyond, margins rest on a part of the goods
_ORPHANS = 0.001  # share of refunds, payments … of orders that are not there
_STALE = timedelta(days=2)  # without a new order, in a shop that is alive
_GAP_DAYS = 3  # days in a row without an order; holidays are shorter


def hard_checks(bench: Workbench, counts: dict[str, int], *, full: bool) -> Iterator[Check]:
    """Keys, belonging and counts.

    Parameters
    ----------
    counts : rows of each copied table in the shop, read in the same transaction.
    full : every row was read; else keys were unique before and only changed rows are looked at.
    """
    for table in tables.COPIED:
        yield _unique(bench, table, NEW if full else RAW)
    items, orders, products = tables.order_items, tables.orders, tables.products
    yield _none(
        bench,
        sa.select(items.c.order_id, items.c.line).where(items.c.local_day.is_(None)),
        name="order_items belong to orders",
        good="Every order line belongs to an order.",
        bad="order lines belong to no order",
        remedy="Add the missing orders to the shop, or remove these lines.",
    )
    yield _none(
        bench,
        sa.select(items.c.product_id)
        .distinct()
        .where(items.c.product_id.not_in(sa.select(products.c.product_id))),
        name="order_items name known products",
        good="Every order line names a known product.",
        bad="product codes of order lines are not among the products",
        remedy="Add these products to the shop's product table.",
    )
    yield _none(
        bench,
        sa.select(orders.c.order_id).where(orders.c.status.not_in(tables.ORDER_STATUSES)),
        name="orders.status is known",
        good="Every order has a known status.",
        bad="orders have an unknown status",
        remedy="Map the status of these orders to " + ", ".join(tables.ORDER_STATUSES) + ".",
    )
    for table in tables.COPIED:
        yield _same_count(bench, table, counts[table.name])


def soft_checks(bench: Workbench, span: Span, now: datetime) -> Iterator[Check]:
    """What staff should know: gaps, missing facts, age."""
    orders, products, items = tables.orders, tables.products, tables.order_items
    yield _share(
        bench,
        orders,
        orders.c.customer_id.is_(None),
        most=_ANONYMOUS_ORDERS,
        name="orders with a customer",
        what="orders have no customer",
        why="figures about customers speak of the rest only.",
    )
    yield _share(
        bench,
        products,
        products.c.category_id.is_(None),
        most=_WITHOUT_CATEGORY,
        name="products with a category",
        what="products have no category",
        why="categories do not add up to the shop.",
    )
    yield _share(
        bench,
        products,
        products.c.unit_cost.is_(None),
        most=_WITHOUT_COST,
        name="products with a cost",
        what="products have no cost",
        why="margins rest on the other products.",
    )
    yield _share(
        bench,
        orders,
        orders.c.order_id.not_in(sa.select(items.c.order_id)),
        most=_ORPHANS,
        name="orders with lines",
        what="orders have no line",
        why="they count as orders without revenue.",
    )
    yield _share(
        bench,
        orders,
        sa.and_(
            orders.c.customer_id.is_not(None),  # null is "not in" an empty table
            orders.c.customer_id.not_in(sa.select(tables.customers.c.customer_id)),
        ),
        most=_ORPHANS,
        name="orders of known customers",
        what="orders name a customer who is not in the customer table",
        why="nothing is known of these customers but their orders.",
    )
    for table in (tables.payments, tables.refunds, tables.chargebacks):
        yield _share(
            bench,
            table,
            table.c.order_id.not_in(sa.select(orders.c.order_id)),
            most=_ORPHANS,
            name=f"{table.name} of known orders",
            what=f"rows of {table.name} name an order that is not there",
            why="they are counted by day, but belong to no order.",
        )
    yield _gaps(bench, span)
    yield _age(bench, span, now)


def _unique(bench: Workbench, table: sa.Table, schema: str) -> Check:
    keys = [c.name for c in table.primary_key.columns]
    found = duck.in_schema(table, schema)
    columns = [found.c[k] for k in keys]
    repeated: list[tuple[Any, ...]] = []
    # Distinct hashes are fewer than rows wherever keys repeat, and far cheaper than the keys.
    rows, distinct = bench.rows(
        sa.select(func.count(), func.count(func.hash(*columns).distinct())).select_from(found),
        None,
    )[0]
    if rows != distinct:
        repeated = bench.rows(
            sa.select(*columns, func.count())
            .group_by(*columns)
            .having(func.count() > 1)
            .order_by(*columns),
            None,
        )
    return _check(
        name=f"{table.name} keys are unique",
        rows=len(repeated),
        sample=[row[:-1] for row in repeated],
        good=f"Every key of {table.name} ({', '.join(keys)}) is there once.",
        bad=f"keys of {table.name} ({', '.join(keys)}) are there more than once",
        remedy=f"Remove the double rows of {table.name} from the shop.",
    )


def _none(bench: Workbench, statement: sa.Select[Any], **words: str) -> Check:
    rows = bench.scalar(sa.select(func.count()).select_from(statement.subquery("bad")))
    sample = bench.rows(statement.limit(SAMPLE)) if rows else []
    return _check(rows=int(rows), sample=sample, **words)


def _check(
    *, name: str, rows: int, sample: list[tuple[Any, ...]], good: str, bad: str, remedy: str
) -> Check:
    named = tuple("/".join(map(str, row)) for row in sample[:SAMPLE])
    detail = (
        good
        if not rows
        else f"{rows:,} {bad}: {', '.join(named)}" + (" …." if rows > len(named) else ".")
    )
    return Check(
        name=name,
        severity="hard",
        passed=rows == 0,
        detail=detail,
        rows_found=rows,
        sample=named,
        remedy=remedy,
    )


def _same_count(bench: Workbench, table: sa.Table, in_shop: int) -> Check:
    here = sum(part.rows for part in bench.parts.get(table.name, []))
    same = here == in_shop
    return Check(
        name=f"{table.name} has the shop's number of rows",
        severity="hard",
        passed=same,
        detail=f"{table.name}: {in_shop:,} rows in the shop, {here:,} in the snapshot.",
        rows_found=abs(here - in_shop),
        remedy="" if same else "Refresh once more in full; if it stays, report it with this text.",
    )


def _share(
    bench: Workbench,
    table: sa.Table,
    bad: sa.ColumnElement[bool],
    *,
    most: float,
    name: str,
    what: str,
    why: str,
) -> Check:
    key = next(iter(table.primary_key.columns))
    found, rows = bench.rows(
        sa.select(func.count(sa.case((bad, 1))), func.count()).select_from(table)
    )[0]
    share = found / rows if rows else 0.0
    sample: list[tuple[Any, ...]] = []
    if found:
        sample = bench.rows(sa.select(key).where(bad).order_by(key).limit(SAMPLE))
    return Check(
        name=name,
        severity="soft",
        passed=share <= most,
        detail=f"{found:,} of {rows:,} {what} ({share:.1%})" + (f": {why}" if found else "."),
        rows_found=int(found),
        sample=tuple(str(row[0]) for row in sample),
        remedy="" if share <= most else "Complete them in the shop, or read the figures with that.",
    )


def _gaps(bench: Workbench, span: Span) -> Check:
    orders = tables.orders
    days = [
        row[0]
        for row in bench.rows(sa.select(orders.c.local_day).distinct().order_by(orders.c.local_day))
    ]
    gaps = [
        (before, after, (after - before).days - 1)
        for before, after in pairwise(days)
        if (after - before).days > _GAP_DAYS
    ]
    missing = sum(length for _, _, length in gaps)
    named = tuple(
        f"{before + timedelta(days=1)} to {after - timedelta(days=1)}"
        for before, after, _ in sorted(gaps, key=lambda g: -g[2])[:SAMPLE]
    )
    if gaps:
        detail = f"{missing:,} days in {len(gaps)} gaps have no order: {', '.join(named)}."
    else:
        detail = f"No gap of {_GAP_DAYS} days or more without an order since {span.first}."
    return Check(
        name="days with orders",
        severity="soft",
        passed=not gaps,
        detail=detail,
        rows_found=missing,
        sample=named,
        remedy="See whether the shop was closed then, or orders are missing." if gaps else "",
    )


def _age(bench: Workbench, span: Span, now: datetime) -> Check:
    last = bench.scalar(sa.select(func.max(tables.orders.c.placed_at)))
    age = now - last
    fresh = age <= _STALE
    if span.as_of < now:
        detail = f"The last order is of {last:%Y-%m-%d}: everything is shown as of that day."
    else:
        detail = f"The last order is of {last:%Y-%m-%d %H:%M} UTC."
    return Check(
        name="fresh orders",
        severity="soft",
        passed=fresh,
        detail=detail,
        remedy="" if fresh else "If the shop is still selling, see why its orders do not arrive.",
    )
