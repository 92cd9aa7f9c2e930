"""What is in stock, on order, and how suppliers deliver."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func

from data_access.queries.selection import currency
from data_access.snapshots.tables import (
    categories,
    daily_sales,
    price_history,
    products,
    purchase_orders,
    stock_changes,
    suppliers,
    weekly_sales,
)


def stock_levels() -> sa.Select[Any]:
    """The newest known stock of each product that has any record of stock.

    product_id str · on_hand int (units; a negative level is told as 0) · changed_on date (local day
    of that change). Source: stock_changes.
    """
    newest = func.arg_max(stock_changes.c.level_after, stock_changes.c.happened_at)
    return sa.select(
        stock_changes.c.product_id,
        func.greatest(newest, 0).label("on_hand"),
        func.max(stock_changes.c.local_day).label("changed_on"),
    ).group_by(stock_changes.c.product_id)


def catalogue() -> sa.Select[Any]:
    """What ordering asks of a product.

    product_id str · product str · category_id, category str · supplier_id, supplier str ·
    minimum_order float (currency; null: none) · pack float (units) · unit_cost float (currency) ·
    price float (newest list price, currency) · ended_on date. Ordered by product_id.
    Source: products, categories, suppliers, price_history.
    """
    newest = (
        sa.select(
            price_history.c.product_id,
            func.arg_max(price_history.c.price, price_history.c.valid_from).label("price"),
        )
        .group_by(price_history.c.product_id)
        .subquery("newest")
    )
    return (
        sa.select(
            products.c.product_id,
            products.c.name.label("product"),
            products.c.category_id,
            categories.c.name.label("category"),
            products.c.supplier_id,
            func.coalesce(suppliers.c.name, products.c.supplier_id).label("supplier"),
            currency(suppliers.c.minimum_order).label("minimum_order"),
            sa.cast(products.c.pack_size, sa.Double()).label("pack"),
            currency(products.c.unit_cost).label("unit_cost"),
            currency(newest.c.price).label("price"),
            products.c.ended_on,
        )
        .outerjoin(newest, newest.c.product_id == products.c.product_id)
        .outerjoin(categories, categories.c.category_id == products.c.category_id)
        .outerjoin(suppliers, suppliers.c.supplier_id == products.c.supplier_id)
        .order_by(products.c.product_id)
    )


def paid_prices(since: date) -> sa.Select[Any]:
    """Mean price paid from a week on, for products whose list price is not known.

    product_id str · paid float (currency a unit). Source: weekly_sales.
    """
    revenue, units = func.sum(weekly_sales.c.revenue), func.sum(weekly_sales.c.units)
    return (
        sa.select(
            weekly_sales.c.product_id,
            (currency(revenue) / func.nullif(sa.cast(units, sa.Double()), 0.0)).label("paid"),
        )
        .where(weekly_sales.c.local_week >= since)
        .group_by(weekly_sales.c.product_id)
    )


def sold_after(day: date) -> sa.Select[Any]:
    """Units sold after a day, of stock that was counted on its evening.

    product_id str · local_day date · units int. Source: daily_sales.
    """
    return sa.select(daily_sales.c.product_id, daily_sales.c.local_day, daily_sales.c.units).where(
        daily_sales.c.local_day > day
    )


def open_purchases(known_until: datetime) -> sa.Select[Any]:
    """The shop's own orders that have not come.

    product_id str · supplier_id str · units int · ordered_on date · promised_on date
    Source: purchase_orders; one whose receipt lies after `known_until` is still open.
    """
    return (
        sa.select(
            purchase_orders.c.product_id,
            purchase_orders.c.supplier_id,
            purchase_orders.c.units,
            purchase_orders.c.local_day.label("ordered_on"),
            purchase_orders.c.promised_on,
        )
        .where(
            purchase_orders.c.units > 0,
            purchase_orders.c.ordered_at <= known_until,
            sa.or_(
                purchase_orders.c.received_at.is_(None),
                purchase_orders.c.received_at > known_until,
            ),
        )
        .order_by(purchase_orders.c.purchase_order_id)
    )


def purchases_since(instant: datetime) -> sa.Select[Any]:
    """The shop's own orders after an instant (naive UTC), come or not.

    product_id str · units int · ordered_at instant. Source: purchase_orders.
    """
    return (
        sa.select(
            purchase_orders.c.product_id,
            purchase_orders.c.units,
            purchase_orders.c.ordered_at,
        )
        .where(purchase_orders.c.ordered_at > instant, purchase_orders.c.units > 0)
        .order_by(purchase_orders.c.ordered_at, purchase_orders.c.purchase_order_id)
    )


def promises() -> sa.Select[Any]:
    """supplier_id str · lead_time_days, lead_time_sd_days float, as promised; null: not stated."""
    return sa.select(
        suppliers.c.supplier_id, suppliers.c.lead_time_days, suppliers.c.lead_time_sd_days
    ).order_by(suppliers.c.supplier_id)


def deliveries(known_until: datetime, since: datetime) -> sa.Select[Any]:
    """How long suppliers took for orders from `since` on that have come.

    supplier_id str · deliveries int · mean_days, variance_days float. Source: purchase_orders.
    """
    took = (
        func.epoch(purchase_orders.c.received_at) - func.epoch(purchase_orders.c.ordered_at)
    ) / 86_400.0
    return (
        sa.select(
            purchase_orders.c.supplier_id,
            func.count().label("deliveries"),
            func.avg(took).label("mean_days"),
            func.var_pop(took).label("variance_days"),
        )
        .where(
            purchase_orders.c.received_at <= known_until,
            purchase_orders.c.ordered_at >= since,
        )
        .group_by(purchase_orders.c.supplier_id)
    )
