"""What sold, by day, week, category and product, from the derived tables of a snapshot.

In all of them: declined and cancelled orders left out, refunds not subtracted, coupons not
spread over lines. Money is a float of the shop currency.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import func

from data_access.queries.selection import SalesSelection, currency, of_series
from data_access.snapshots.tables import (
    categories,
    daily_sales,
    key_figures,
    products,
    weekly_sales,
)

OrderBy = Literal["revenue", "units", "orders"]
MOST_ROWS = 10_000
"""Rows that one page of an answer may have; more is a download, not a table."""


def units_in_category(selection: SalesSelection) -> sa.Select[Any]:
    """Units a local day of one product, and of all products directly in its category.

    local_day date · own int · whole int, days without any left out; empty where the product has
    no category. Source: daily_sales.
    """
    category = (
        sa.select(products.c.category_id)
        .where(products.c.product_id == selection.series_id)
        .scalar_subquery()
    )
    mine = daily_sales.c.product_id == selection.series_id
    return (
        sa.select(
            daily_sales.c.local_day,
            sa.cast(func.sum(sa.case((mine, daily_sales.c.units), else_=0)), sa.BigInteger()).label(
                "own"
            ),
            sa.cast(func.sum(daily_sales.c.units), sa.BigInteger()).label("whole"),
        )
        .where(
            daily_sales.c.category_id == category,
            daily_sales.c.local_day.between(selection.first_day, selection.last_day),
        )
        .group_by(daily_sales.c.local_day)
        .order_by(daily_sales.c.local_day)
    )


def sales_by_day(selection: SalesSelection) -> sa.Select[Any]:
    """One row per local day of the selection that the snapshot covers, also without sales.

    local_day date · units int · revenue float (currency) · orders int (null for a category:
    an order with two of its products would count twice)
    Source: daily_sales; key_figures for the shop.
    """
    days = key_figures.c.local_day.between(selection.first_day, selection.last_day)
    if selection.level == "shop":
        return (
            sa.select(
                key_figures.c.local_day,
                key_figures.c.units,
                currency(key_figures.c.revenue).label("revenue"),
                key_figures.c.orders,
            )
            .where(days)
            .order_by(key_figures.c.local_day)
        )
    sold = (
        sa.select(
            daily_sales.c.local_day,
            func.sum(daily_sales.c.units).label("units"),
            func.sum(daily_sales.c.revenue).label("revenue"),
            func.sum(daily_sales.c.orders).label("orders"),
        )
        .where(
            *of_series(daily_sales, selection),
            daily_sales.c.local_day.between(selection.first_day, selection.last_day),
        )
        .group_by(daily_sales.c.local_day)
        .subquery("sold")
    )
    return (
        sa.select(
            key_figures.c.local_day,
            _whole(sold.c.units).label("units"),
            currency(func.coalesce(sold.c.revenue, 0)).label("revenue"),
            _orders(selection, sold.c.orders),
        )
        .select_from(key_figures.outerjoin(sold, sold.c.local_day == key_figures.c.local_day))
        .where(days)
        .order_by(key_figures.c.local_day)
    )


def sales_by_week(selection: SalesSelection) -> sa.Select[Any]:
    """One row per week with a day in the selection that the snapshot covers, also without sales.

    local_week date (Monday) · units int · revenue float (currency) · orders int (null for a
    category) · days int (days of the week that the snapshot covers; below 7 it is incomplete)
    Whole weeks are counted, also at the selection's ends. Source: weekly_sales; key_figures
    for the shop.
    """
    spine = (
        sa.select(
            _monday(key_figures.c.local_day).label("local_week"),
            func.count().label("days"),
            func.sum(key_figures.c.units).label("units"),
            func.sum(key_figures.c.revenue).label("revenue"),
            func.sum(key_figures.c.orders).label("orders"),
        )
        .where(key_figures.c.local_day >= selection.first_week)
        .group_by("local_week")
        .subquery("spine")
    )
    weeks = spine.c.local_week.between(selection.first_week, selection.last_day)
    sold: sa.Subquery = spine
    source: Any = spine
    if selection.level != "shop":
        sold = (
            sa.select(
                weekly_sales.c.local_week,
                func.sum(weekly_sales.c.units).label("units"),
                func.sum(weekly_sales.c.revenue).label("revenue"),
                func.sum(weekly_sales.c.orders).label("orders"),
            )
            .where(
                *of_series(weekly_sales, selection),
                weekly_sales.c.local_week.between(selection.first_week, selection.last_day),
            )
            .group_by(weekly_sales.c.local_week)
            .subquery("sold")
        )
        source = spine.outerjoin(sold, sold.c.local_week == spine.c.local_week)
    return (
        sa.select(
            spine.c.local_week,
            _whole(sold.c.units).label("units"),
            currency(func.coalesce(sold.c.revenue, 0)).label("revenue"),
            _orders(selection, sold.c.orders),
            spine.c.days,
        )
        .select_from(source)
        .where(weeks)
        .order_by(spine.c.local_week)
    )


def category_weeks(selection: SalesSelection) -> sa.Select[Any]:
    """One row per category and week in which something of it was sold.

    local_week date (Monday) · category_id str (null: products without category) · category str
    · units int · revenue float (currency)
    Categories as products name them, none rolled up. Source: weekly_sales.
    """
    units = func.sum(weekly_sales.c.units)
    return (
        sa.select(
            weekly_sales.c.local_week,
            weekly_sales.c.category_id,
            func.any_value(categories.c.name).label("category"),
            _whole(units).label("units"),
            currency(func.sum(weekly_sales.c.revenue)).label("revenue"),
        )
        .outerjoin(categories, categories.c.category_id == weekly_sales.c.category_id)
        .where(
            *of_series(weekly_sales, selection),
            weekly_sales.c.local_week.between(selection.first_week, selection.last_day),
        )
        .group_by(weekly_sales.c.local_week, weekly_sales.c.category_id)
        .having(units > 0)
        .order_by(weekly_sales.c.local_week, weekly_sales.c.category_id)
    )


def top_products(
    selection: SalesSelection, *, limit: int = 50, offset: int = 0, order_by: OrderBy = "revenue"
) -> sa.Select[Any]:
    """Products of the selection that sold most, best first.

    product_id str · product str (name) · category str (null: none) · units int · revenue float
    (currency) · orders int · price float (mean paid per unit, currency) · found int (products
    in the whole answer, the same in each row)
    Ties are broken by product_id, so that pages do not overlap. Source: daily_sales.
    """
    sold = _sold_by_product(selection).subquery("sold")
    return (
        sa.select(
            sold.c.product_id,
            products.c.name.label("product"),
            categories.c.name.label("category"),
            _whole(sold.c.units).label("units"),
            currency(sold.c.revenue).label("revenue"),
            _whole(sold.c.orders).label("orders"),
            (currency(sold.c.revenue) / sold.c.units).label("price"),
            sold.c.found,
        )
        .select_from(_named(sold))
        .order_by(sold.c[order_by].desc(), sold.c.product_id)
        .limit(min(limit, MOST_ROWS))
        .offset(offset)
    )


def changed_products(
    selection: SalesSelection, *, limit: int = 20, offset: int = 0
) -> sa.Select[Any]:
    """Products whose revenue changed most against the span of equal length before.

    product_id str · product str · category str · units int · units_before int · revenue float ·
    revenue_before float · change float (revenue − revenue_before, currency; higher is more
    sold) · found int. Largest change of either sign first. Source: daily_sales.
    """
    span = selection.before()
    is_now = daily_sales.c.local_day >= selection.first_day
    change = func.sum(sa.case((is_now, daily_sales.c.revenue), else_=-daily_sales.c.revenue))
    sold = (
        sa.select(
            daily_sales.c.product_id,
            func.sum(sa.case((is_now, daily_sales.c.units), else_=0)).label("units"),
            func.sum(sa.case((is_now, 0), else_=daily_sales.c.units)).label("units_before"),
            func.sum(sa.case((is_now, daily_sales.c.revenue), else_=0)).label("revenue"),
            func.sum(sa.case((is_now, 0), else_=daily_sales.c.revenue)).label("revenue_before"),
            change.label("change"),
            func.count().over().label("found"),
        )
        .where(
            *of_series(daily_sales, selection),
            daily_sales.c.local_day.between(span.first_day, selection.last_day),
        )
        .group_by(daily_sales.c.product_id)
        .having(change != 0)
        .subquery("sold")
    )
    return (
        sa.select(
            sold.c.product_id,
            products.c.name.label("product"),
            categories.c.name.label("category"),
            _whole(sold.c.units).label("units"),
            _whole(sold.c.units_before).label("units_before"),
            currency(sold.c.revenue).label("revenue"),
            currency(sold.c.revenue_before).label("revenue_before"),
            currency(sold.c.change).label("change"),
            sold.c.found,
        )
        .select_from(_named(sold))
        .order_by(func.abs(sold.c.change).desc(), sold.c.product_id)
        .limit(min(limit, MOST_ROWS))
        .offset(offset)
    )


def training_panel(first_week: date, last_week: date) -> sa.Select[Any]:
    """What forecasts learn from: one row per product and week with something to say.

    product_id str · category_id str (null: none) · week date (Monday) · units int · revenue
    float (currency) · orders int · price float (mean paid per unit; null without sales) ·
    list_price float (at the week's end; null unknown) · promo_share float (0 to 1 of the
    week's days) · stockout_days int (0 to 7). A missing week is a week without sales,
    promotion and stock-out. Ordered by product and week. Source: weekly_sales.
    """
    return (
        _panel()
        .where(weekly_sales.c.local_week.between(first_week, last_week))
        .order_by(weekly_sales.c.product_id, weekly_sales.c.local_week)
    )


def daily_prices() -> sa.Select[Any]:
    """One row a product and local day with sales: product_id str · day date · units int · price
    float (mean paid per unit, currency). Source: daily_sales."""
    s = daily_sales
    return sa.select(
        s.c.product_id,
        s.c.local_day.label("day"),
        s.c.units,
        (currency(s.c.revenue) / s.c.units).label("price"),
    ).where(s.c.units > 0)


def product_weeks(selection: SalesSelection) -> sa.Select[Any]:
    """The rows of `training_panel` for the products of the selection."""
    return (
        _panel()
        .where(
            *of_series(weekly_sales, selection),
            weekly_sales.c.local_week.between(selection.first_week, selection.last_day),
        )
        .order_by(weekly_sales.c.product_id, weekly_sales.c.local_week)
    )


def _panel() -> sa.Select[Any]:
    return sa.select(
        weekly_sales.c.product_id,
        weekly_sales.c.category_id,
        weekly_sales.c.local_week.label("week"),
        weekly_sales.c.units,
        currency(weekly_sales.c.revenue).label("revenue"),
        weekly_sales.c.orders,
        currency(weekly_sales.c.price).label("price"),
        currency(weekly_sales.c.list_price).label("list_price"),
        weekly_sales.c.promo_share,
        weekly_sales.c.stockout_days,
    )


def _sold_by_product(selection: SalesSelection) -> sa.Select[Any]:
    return (
        sa.select(
            daily_sales.c.product_id,
            func.sum(daily_sales.c.units).label("units"),
            func.sum(daily_sales.c.revenue).label("revenue"),
            func.sum(daily_sales.c.orders).label("orders"),
            func.count().over().label("found"),
        )
        .where(
            *of_series(daily_sales, selection),
            daily_sales.c.local_day.between(selection.first_day, selection.last_day),
        )
        .group_by(daily_sales.c.product_id)
    )


def _named(sold: sa.Subquery) -> Any:
    return sold.outerjoin(products, products.c.product_id == sold.c.product_id).outerjoin(
        categories, categories.c.category_id == products.c.category_id
    )


def _orders(selection: SalesSelection, orders: Any) -> sa.ColumnElement[Any]:
    if selection.level == "category":
        return sa.cast(sa.null(), sa.BigInteger()).label("orders")
    return _whole(orders).label("orders")


def _whole(column: Any) -> sa.ColumnElement[Any]:
    return sa.cast(func.coalesce(column, 0), sa.BigInteger())


def _monday(day: Any) -> sa.ColumnElement[Any]:
    return sa.cast(func.date_trunc("week", day), sa.Date())
