"""What happened to a series that explains its sales: promotions, prices, missing stock."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import func

from data_access.queries.selection import (
    SalesSelection,
    ancestors,
    currency,
    descendants,
    of_series,
)
from data_access.snapshots.tables import (
    price_history,
    products,
    promotions,
    stock_outs,
    weekly_sales,
)


def promotions_in(selection: SalesSelection) -> sa.Select[Any]:
    """Promotions that touch the series in the selection, also planned ones.

    promotion_id str · name str · level str (shop, category, product) · series_id str (null:
    shop) · discount float (share of the list price) · starts_on, ends_on date (inclusive) ·
    announced_at instant
    A product's are its own, those of its category and of any category above, and the shop's;
    a category's are its own, those above and below, and the shop's; the shop's are those of
    the shop and of categories. Ordered by start. Source: promotions.
    """
    level = sa.case(
        (promotions.c.product_id.is_not(None), "product"),
        (promotions.c.category_id.is_not(None), "category"),
        else_="shop",
    )
    return (
        sa.select(
            promotions.c.promotion_id,
            promotions.c.name,
            level.label("level"),
            func.coalesce(promotions.c.product_id, promotions.c.category_id).label("series_id"),
            promotions.c.discount,
            promotions.c.starts_on,
            promotions.c.ends_on,
            promotions.c.announced_at,
        )
        .where(
            promotions.c.starts_on <= selection.last_day,
            promotions.c.ends_on >= selection.first_day,
            _concerns(selection),
        )
        .order_by(promotions.c.starts_on, promotions.c.promotion_id)
    )


def price_changes_in(selection: SalesSelection) -> sa.Select[Any]:
    """Changes of the list price of a product; for a category or the shop there is no row.

    product_id str · local_day date (from when) · price float · price_before float (null: the
    first price) · change float (share, 0.1 is ten per cent dearer; null with the first) ·
    reason str. Source: price_history.
    """
    before = func.lag(price_history.c.price).over(
        partition_by=price_history.c.product_id, order_by=price_history.c.valid_from
    )
    wanted = selection.series_id if selection.level == "product" else None
    prices = (
        sa.select(price_history, before.label("before"))
        .where(price_history.c.product_id == wanted if wanted is not None else sa.false())
        .subquery("prices")
    )
    change = currency(prices.c.price) / func.nullif(currency(prices.c.before), 0) - 1
    return (
        sa.select(
            prices.c.product_id,
            prices.c.local_day,
            currency(prices.c.price).label("price"),
            currency(prices.c.before).label("price_before"),
            change.label("change"),
            prices.c.reason,
        )
        .where(
            prices.c.local_day.between(selection.first_day, selection.last_day),
            prices.c.price.is_distinct_from(prices.c.before),
        )
        .order_by(prices.c.local_day, prices.c.valid_from)
    )


def stockouts_in(selection: SalesSelection) -> sa.Select[Any]:
    """Spells in which a product of the series had no stock at the end of the day.

    product_id str · product str · first_day date · last_day date (null: it lasts)
    Spells that touch the selection, ordered by start. Source: stock_outs.
    """
    return (
        sa.select(
            stock_outs.c.product_id,
            products.c.name.label("product"),
            stock_outs.c.first_day,
            stock_outs.c.last_day,
        )
        .outerjoin(products, products.c.product_id == stock_outs.c.product_id)
        .where(
            *of_series(stock_outs, selection),
            stock_outs.c.first_day <= selection.last_day,
            sa.or_(stock_outs.c.last_day.is_(None), stock_outs.c.last_day >= selection.first_day),
        )
        .order_by(stock_outs.c.first_day, stock_outs.c.product_id)
    )


def stockouts_by_week(selection: SalesSelection) -> sa.Select[Any]:
    """Per week with any: how many products of the series lacked stock, and for how many days.

    local_week date (Monday) · products int · days int (product days). Source: weekly_sales.
    """
    return (
        sa.select(
            weekly_sales.c.local_week,
            func.count().label("products"),
            sa.cast(func.sum(weekly_sales.c.stockout_days), sa.BigInteger()).label("days"),
        )
        .where(
            *of_series(weekly_sales, selection),
            weekly_sales.c.stockout_days > 0,
            weekly_sales.c.local_week.between(selection.first_week, selection.last_day),
        )
        .group_by(weekly_sales.c.local_week)
        .order_by(weekly_sales.c.local_week)
    )


def _concerns(selection: SalesSelection) -> sa.ColumnElement[bool]:
    whole_shop = sa.and_(promotions.c.product_id.is_(None), promotions.c.category_id.is_(None))
    if selection.level == "shop":
        return promotions.c.product_id.is_(None)
    if selection.level == "category":
        assert selection.series_id is not None
        above = ancestors(sa.literal(selection.series_id))
        below = descendants(selection.series_id)
        related = sa.union(sa.select(above.c.category_id), sa.select(below.c.category_id))
        return sa.or_(whole_shop, promotions.c.category_id.in_(related))
    own = (
        sa.select(products.c.category_id)
        .where(products.c.product_id == selection.series_id)
        .scalar_subquery()
    )
    above = ancestors(own)
    return sa.or_(
        whole_shop,
        promotions.c.product_id == selection.series_id,
        promotions.c.category_id.in_(sa.select(above.c.category_id)),
    )
