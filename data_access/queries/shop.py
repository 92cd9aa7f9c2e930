"""The shop as a whole: its key figures a day, its extent."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func

from data_access.queries.selection import currency
from data_access.snapshots import tables

_MONEY = frozenset(
    {"revenue", "cost", "revenue_with_cost", "discounts", "shipping", "refund_amount"}
)


def key_figures(first_day: date, last_day: date) -> sa.Select[Any]:
    """One row per local day that the snapshot covers, without gaps.

    local_day date · revenue, cost, revenue_with_cost, discounts, shipping, refund_amount float
    (currency) · orders, units, customers, new_customers, declined, cancelled, refund_count,
    chargebacks, reviews, stars, tickets int · visits, conversions int (null: none recorded)
    `cost` is that of the units whose cost is known, `revenue_with_cost` their revenue: the
    margin is 1 − cost / revenue_with_cost. Source: key_figures.
    """
    table = tables.key_figures
    columns = [currency(c).label(c.name) if c.name in _MONEY else c for c in table.columns]
    return (
        sa.select(*columns)
        .where(table.c.local_day.between(first_day, last_day))
        .order_by(table.c.local_day)
    )


def shop_facts() -> sa.Select[Any]:
    """One row about the whole snapshot.

    first_day, last_day date (of the calendar) · last_order_day date · orders, declined,
    cancelled, units int · revenue float (currency) · products, categories, customers int ·
    days_with_visits int
    Source: key_figures, products, categories, customers.
    """
    table = tables.key_figures

    def rows(of: sa.Table) -> Any:
        return sa.select(func.count()).select_from(of).scalar_subquery()

    def total(name: str) -> Any:
        return sa.cast(func.sum(table.c[name]), sa.BigInteger())

    return sa.select(
        func.min(table.c.local_day).label("first_day"),
        func.max(table.c.local_day).label("last_day"),
        func.max(sa.case((table.c.orders > 0, table.c.local_day))).label("last_order_day"),
        total("orders").label("orders"),
        total("declined").label("declined"),
        total("cancelled").label("cancelled"),
        total("units").label("units"),
        currency(func.sum(table.c.revenue)).label("revenue"),
        rows(tables.products).label("products"),
        rows(tables.categories).label("categories"),
        rows(tables.customers).label("customers"),
        func.count(table.c.visits).label("days_with_visits"),
    )
