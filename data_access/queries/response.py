"""What the answer of sales to prices is learned from: sales by day, list prices, missing stock."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from data_access.queries.selection import currency
from data_access.snapshots.tables import daily_sales, price_history, products, stock_outs


def numbered_products() -> sa.Select[Any]:
    """product_id str; the place of a row is the number that `orders_by_day` gives the product.

    Source: products.
    """
    return sa.select(products.c.product_id).order_by(products.c.product_id)


def orders_by_day(first_day: date, last_day: date) -> sa.Select[Any]:
    """Orders of each product by day, products by their number: ids would fill the memory.

    number int · day date · orders int (distinct orders with the product)
    Source: daily_sales.
    """
    number = (sa.func.row_number().over(order_by=products.c.product_id) - 1).label("number")
    numbered = sa.select(products.c.product_id, number).subquery("numbered")
    return (
        sa.select(numbered.c.number, daily_sales.c.local_day.label("day"), daily_sales.c.orders)
        .select_from(daily_sales.join(numbered, numbered.c.product_id == daily_sales.c.product_id))
        .where(daily_sales.c.local_day.between(first_day, last_day))
    )


def list_prices(last_day: date) -> sa.Select[Any]:
    """product_id str · day date (from when) · price float; oldest first.

    Source: price_history.
    """
    return (
        sa.select(
            price_history.c.product_id,
            price_history.c.local_day.label("day"),
            currency(price_history.c.price).label("price"),
        )
        .where(price_history.c.local_day <= last_day)
        .order_by(price_history.c.product_id, price_history.c.valid_from)
    )


def days_without_stock() -> sa.Select[Any]:
    """product_id str · first_day, last_day date (null: it lasts). Source: stock_outs."""
    return sa.select(stock_outs.c.product_id, stock_outs.c.first_day, stock_outs.c.last_day)
