"""Selects that compute `customer_facts` and `key_figures` from the copied tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import func

from data_access.snapshots import duck
from data_access.snapshots.sales_tables import calendar, counted, sold, total
from data_access.snapshots.tables import (
    chargebacks,
    customer_facts,
    daily_sales,
    key_figures,
    order_items,
    orders,
    refunds,
    reviews,
    shopper_events,
    tickets,
)


def all_customer_facts(of: sa.Select[Any] | None = None) -> sa.Select[Any]:
    """Rows of `customer_facts`.

    Parameters
    ----------
    of : ids of the customers that are wanted; default: all.
    """
    customer = orders.c.customer_id
    wanted = customer.is_not(None) if of is None else customer.in_(of)
    bought = (
        sa.select(
            orders.c.customer_id,
            func.min(orders.c.local_day).label("first_order_day"),
            func.max(orders.c.local_day).label("last_order_day"),
            counted(orders.c.order_id).label("orders"),
        )
        .where(sold(), wanted)
        .group_by(orders.c.customer_id)
        .cte("bought")
    )
    lines = (
        sa.select(
            orders.c.customer_id,
            total(order_items.c.units).label("units"),
            total(order_items.c.units * order_items.c.unit_price).label("revenue"),
        )
        .join(order_items, order_items.c.order_id == orders.c.order_id)
        .where(sold(), wanted)
        .group_by(orders.c.customer_id)
        .cte("lines")
    )
    back = (
        sa.select(orders.c.customer_id, total(refunds.c.amount).label("refunds"))
        .join(refunds, refunds.c.order_id == orders.c.order_id)
        .where(sold(), wanted)
        .group_by(orders.c.customer_id)
        .cte("back")
    )
    return sa.select(
        *duck.cast_to(
            customer_facts,
            {
                **{c.name: c for c in bought.columns},
                "units": func.coalesce(lines.c.units, 0),
                "revenue": func.coalesce(lines.c.revenue, 0),
                "refunds": func.coalesce(back.c.refunds, 0),
            },
        )
    ).select_from(
        bought.outerjoin(lines, lines.c.customer_id == bought.c.customer_id).outerjoin(
            back, back.c.customer_id == bought.c.customer_id
        )
    )


def all_key_figures() -> sa.Select[Any]:
    """Rows of `key_figures`, one for each day of the calendar."""
    has_cost = daily_sales.c.cost.is_not(None)
    sales = _by_day(
        "day_sales",
        daily_sales.c.local_day,
        revenue=total(daily_sales.c.revenue),
        units=total(daily_sales.c.units),
        cost=total(daily_sales.c.cost),
        revenue_with_cost=total(sa.case((has_cost, daily_sales.c.revenue))),
    )
    placed = _by_day(
        "day_orders",
        orders.c.local_day,
        orders=counted(sa.case((sold(), 1))),
        discounts=total(sa.case((sold(), orders.c.discount_total))),
        shipping=total(sa.case((sold(), orders.c.shipping_fee))),
        customers=counted(sa.case((sold(), orders.c.customer_id)).distinct()),
        declined=counted(sa.case((orders.c.status == "declined", 1))),
        cancelled=counted(sa.case((orders.c.status == "cancelled", 1))),
    )
    arrived = _by_day("day_new", customer_facts.c.first_order_day, new_customers=counted())
    returned = _by_day(
        "day_refunds",
        refunds.c.local_day,
        refund_amount=total(refunds.c.amount),
        refund_count=counted(),
    )
    disputed = _by_day("day_chargebacks", chargebacks.c.local_day, chargebacks=counted())
    rated = _by_day(
        "day_reviews", reviews.c.local_day, reviews=counted(), stars=total(reviews.c.stars)
    )
    asked = _by_day("day_tickets", tickets.c.local_day, tickets=counted())
    bought = sa.case((shopper_events.c.kind == "purchase", shopper_events.c.session_id))
    visited = _by_day(
        "day_visits",
        shopper_events.c.local_day,
        visits=counted(shopper_events.c.session_id.distinct()),
        conversions=counted(bought.distinct()),
    )
    days = (sales, placed, arrived, returned, disputed, rated, asked, visited)
    values: dict[str, Any] = {"local_day": calendar.c.local_day}
    source: Any = calendar
    for day in days:
        source = source.outerjoin(day, day.c.local_day == calendar.c.local_day)
        known: dict[str, Any] = {c.name: c for c in day.columns if c.name != "local_day"}
        if day is not visited:
            known = {name: func.coalesce(column, 0) for name, column in known.items()}
        values |= known
    return sa.select(*duck.cast_to(key_figures, values)).select_from(source)


def _by_day(name: str, day: sa.ColumnElement[Any], **figures: Any) -> sa.CTE:
    columns = [figure.label(key) for key, figure in figures.items()]
    return sa.select(day.label("local_day"), *columns).group_by(day).cte(name)
