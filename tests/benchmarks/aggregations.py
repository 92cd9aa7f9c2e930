"""The pages' own aggregations: our queries on a snapshot beside SQL on the shop's SQLite file.

Both answer over the whole history in one run. SQLite gets the plainest SQL of its kind over the
canonical tables, and UTC days, which spare it the shop's zone; sums over all days must agree.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy import func

from data_access.queries.sales import category_weeks, sales_by_day, top_products
from data_access.queries.selection import SalesSelection
from data_access.shop import tables as shop
from data_access.snapshots.analytics import Analytics
from data_access.snapshots.tables import NO_SALE
from tests.benchmarks.large_shop import large_shop
from tests.benchmarks.report import Report

FASTER = 20.0
"""How many times faster than SQLite an answer must be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    name: str
    ours: sa.Select[Any]
    plain: sa.Select[Any]


def run(report: Report) -> None:
    large = large_shop(report)
    manifest = large.snapshot()
    analytics = Analytics(large.store, memory_mb=2048, threads=2)
    whole = SalesSelection(level="shop", first_day=manifest.first_day, last_day=manifest.as_of_day)
    engine = large.engine()
    for question in questions(whole):
        there, sqlite_s = _timed(lambda q=question: pd.read_sql(q.plain, engine), 1)
        here, ours_s = _timed(lambda q=question: analytics.frame(manifest.number, q.ours), 5)
        same = abs(_revenue(there) - _revenue(here)) < 0.01
        report.add(f"{question.name}, SQLite", measured=sqlite_s, unit="s")
        report.add(f"{question.name}, ours", measured=ours_s, unit="s")
        report.add(
            f"{question.name}, times faster",
            measured=sqlite_s / ours_s,
            asked=f"≥ {FASTER:.0f}",
            unit="×",
            passed=same and sqlite_s / ours_s >= FASTER,
        )
    analytics.close()
    engine.dispose()


def questions(whole: SalesSelection) -> tuple[Question, ...]:
    """Revenue by day, by category and week, and the products that sold most."""
    orders, items, products = shop.orders, shop.order_items, shop.products
    changes = shop.order_status_changes
    revenue = (func.sum(items.c.units * items.c.unit_price) / 10_000.0).label("revenue")
    units = func.sum(items.c.units).label("units")
    day = func.date(orders.c.placed_at)
    monday = func.date(orders.c.placed_at, "weekday 0", "-6 days")
    refused = sa.select(changes.c.order_id).where(changes.c.status.in_(NO_SALE))
    sold = items.join(orders, orders.c.order_id == items.c.order_id)
    counts = orders.c.order_id.not_in(refused)
    named = sold.join(products, products.c.product_id == items.c.product_id)
    return (
        Question(
            name="revenue by day",
            ours=sales_by_day(whole),
            plain=sa.select(day.label("day"), units, revenue)
            .select_from(sold)
            .where(counts)
            .group_by("day"),
        ),
        Question(
            name="revenue by category and week",
            ours=category_weeks(whole),
            plain=sa.select(monday.label("week"), products.c.category_id, units, revenue)
            .select_from(named)
            .where(counts)
            .group_by("week", products.c.category_id),
        ),
        Question(
            name="top products",
            ours=top_products(whole, limit=50),
            plain=sa.select(items.c.product_id, products.c.name, units, revenue)
            .select_from(named)
            .where(counts)
            .group_by(items.c.product_id)
            .order_by(revenue.desc(), items.c.product_id)
            .limit(50),
        ),
    )


def _timed(ask: Callable[[], pd.DataFrame], times: int) -> tuple[pd.DataFrame, float]:
    """The answer, and the median of the seconds it took; the first of several only warms."""
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        answer = ask()
        seconds.append(time.perf_counter() - started)
    measured = sorted(seconds[1:] or seconds)
    return answer, measured[len(measured) // 2]


def _revenue(frame: pd.DataFrame) -> float:
    return float(frame["revenue"].sum())
