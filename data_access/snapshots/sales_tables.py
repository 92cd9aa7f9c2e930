"""Selects that compute `daily_sales`, `stock_outs` and `weekly_sales` from the copied tables."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func

from data_access.snapshots import duck
from data_access.snapshots.tables import (
    NO_SALE,
    categories,
    daily_sales,
    order_items,
    orders,
    price_history,
    products,
    promotions,
    stock_changes,
    stock_outs,
    weekly_sales,
)

calendar = sa.Table(
    "calendar",
    sa.MetaData(),
    sa.Column("local_day", sa.Date(), primary_key=True),  # first to last day of the snapshot
    sa.Column("local_week", sa.Date(), nullable=False),
)

price_spells = sa.Table(
    "price_spells",
    sa.MetaData(),
    sa.Column("product_id", sa.String(), primary_key=True),
    sa.Column("price", sa.BigInteger(), nullable=False),
    sa.Column("from_day", sa.Date(), primary_key=True),  # local day from which the price held
    sa.Column("to_day", sa.Date(), nullable=False),  # and before which; far off: it still does
)

_BIG = sa.BigInteger()
_FAR_OFF = date(9999, 12, 31)


def total(column: Any) -> sa.ColumnElement[Any]:
    return sa.cast(func.coalesce(func.sum(column), 0), _BIG)


def counted(column: Any = None) -> sa.ColumnElement[Any]:
    return sa.cast(func.count() if column is None else func.count(column), _BIG)


def sold() -> sa.ColumnElement[bool]:
    """Condition that an order counts as a sale."""
    return orders.c.status.not_in(NO_SALE)


def daily_sales_in(first: date, after: date) -> sa.Select[Any]:
    """Rows of `daily_sales` for local days from `first` until before `after`."""
    units = total(order_items.c.units)
    return (
        sa.select(
            order_items.c.product_id,
            func.any_value(products.c.category_id).label("category_id"),
            orders.c.local_day,
            func.any_value(orders.c.local_week).label("local_week"),
            units.label("units"),
            total(order_items.c.units * order_items.c.unit_price).label("revenue"),
            counted(order_items.c.order_id.distinct()).label("orders"),
            sa.cast(units * func.any_value(products.c.unit_cost), _BIG).label("cost"),
        )
        .select_from(
            order_items.join(orders, orders.c.order_id == order_items.c.order_id).outerjoin(
                products, products.c.product_id == order_items.c.product_id
            )
        )
        .where(
            sold(),
            orders.c.local_day >= first,
            orders.c.local_day < after,
            order_items.c.local_day >= first,
            order_items.c.local_day < after,
        )
        .group_by(order_items.c.product_id, orders.c.local_day)
    )


def all_stock_outs() -> sa.Select[Any]:
    """Rows of `stock_outs`: spells of days that ended without stock.

    The day on which stock ran out counts, the day on which it was filled up does not.
    """
    ever_out = (
        sa.select(stock_changes.c.product_id)
        .where(stock_changes.c.level_after <= 0)
        .distinct()
        .subquery("ever_out")
    )
    order = (stock_changes.c.happened_at, stock_changes.c.change_id)
    out = stock_changes.c.level_after <= 0
    states = (
        sa.select(
            stock_changes.c.product_id,
            stock_changes.c.local_day,
            stock_changes.c.happened_at,
            stock_changes.c.change_id,
            out.label("is_out"),
            func.lag(out)
            .over(partition_by=stock_changes.c.product_id, order_by=order)
            .label("was"),
        )
        .select_from(
            stock_changes.join(ever_out, ever_out.c.product_id == stock_changes.c.product_id)
        )
        .subquery("states")
    )
    turns = (
        sa.select(
            states.c.product_id,
            states.c.local_day.label("first_day"),
            states.c.is_out,
            func.lead(states.c.local_day)
            .over(
                partition_by=states.c.product_id,
                order_by=(states.c.happened_at, states.c.change_id),
            )
            .label("back_day"),
        )
        .where(states.c.is_out.is_distinct_from(states.c.was))
        .subquery("turns")
    )
    return (
        sa.select(
            turns.c.product_id,
            products.c.category_id,
            turns.c.first_day,
            sa.cast(turns.c.back_day - 1, sa.Date()).label("last_day"),
        )
        .select_from(turns.outerjoin(products, products.c.product_id == turns.c.product_id))
        .where(
            turns.c.is_out,
            sa.or_(turns.c.back_day.is_(None), turns.c.back_day > turns.c.first_day),
        )
    )


def branches() -> sa.CTE:
    """Every category with itself and each of its ancestors: category_id, ancestor_id."""
    own = sa.select(categories.c.category_id, categories.c.category_id.label("ancestor_id")).cte(
        "branches", recursive=True
    )
    parent = categories.alias("parent")
    return own.union(
        sa.select(own.c.category_id, parent.c.parent_id)
        .select_from(own.join(parent, parent.c.category_id == own.c.ancestor_id))
        .where(parent.c.parent_id.is_not(None))
    )


def _promoted(first: date, after: date) -> sa.Subquery:
    """Weeks with promotions: product_id or category_id or neither, local_week, days as bits."""
    bit = sa.cast(1, sa.Integer()).op("<<")(
        sa.cast(calendar.c.local_day - calendar.c.local_week, sa.Integer())
    )
    tree = branches()
    return (
        sa.select(
            promotions.c.product_id,
            sa.case((promotions.c.product_id.is_(None), tree.c.category_id)).label("category_id"),
            calendar.c.local_week,
            func.bit_or(bit).label("days"),
        )
        .select_from(
            promotions.join(
                calendar,
                calendar.c.local_day.between(promotions.c.starts_on, promotions.c.ends_on),
            ).outerjoin(tree, tree.c.ancestor_id == promotions.c.category_id)
        )
        .where(calendar.c.local_week >= first, calendar.c.local_week < after)
        .group_by(promotions.c.product_id, sa.text("2"), calendar.c.local_week)
        .subquery("promoted")
    )


def weekly_sales_in(first: date, after: date, last_day: date) -> sa.Select[Any]:
    """Rows of `weekly_sales` for weeks that begin from `first` until before `after`.

    Parameters
    ----------
    last_day : last local day of the snapshot; a spell without stock that lasts is counted to it.
    """
    week = calendar.c.local_week
    in_weeks = sa.and_(week >= first, week < after)
    sales = (
        sa.select(
            daily_sales.c.product_id,
            daily_sales.c.local_week,
            total(daily_sales.c.units).label("units"),
            total(daily_sales.c.revenue).label("revenue"),
            total(daily_sales.c.orders).label("orders"),
        )
        .where(daily_sales.c.local_week >= first, daily_sales.c.local_week < after)
        .group_by(daily_sales.c.product_id, daily_sales.c.local_week)
        .cte("sales")
    )
    out = (
        sa.select(stock_outs.c.product_id, week, counted().label("days"))
        .select_from(
            stock_outs.join(products, products.c.product_id == stock_outs.c.product_id).join(
                calendar,
                calendar.c.local_day.between(
                    stock_outs.c.first_day,
                    func.least(
                        func.coalesce(stock_outs.c.last_day, last_day),
                        func.coalesce(products.c.ended_on, last_day),
                    ),
                ),
            )
        )
        .where(in_weeks)
        .group_by(stock_outs.c.product_id, week)
        .cte("out_of_stock")
    )
    promoted = _promoted(first, after)
    by_product = (
        sa.select(promoted.c.product_id, promoted.c.local_week, promoted.c.days)
        .where(promoted.c.product_id.is_not(None))
        .cte("product_promotions")
    )
    by_category = (
        sa.select(promoted.c.category_id, promoted.c.local_week, promoted.c.days)
        .where(promoted.c.category_id.is_not(None))
        .cte("category_promotions")
    )
    by_shop = (
        sa.select(promoted.c.local_week, promoted.c.days)
        .where(promoted.c.product_id.is_(None), promoted.c.category_id.is_(None))
        .cte("shop_promotions")
    )
    known = sa.union(
        sa.select(sales.c.product_id, sales.c.local_week),
        sa.select(out.c.product_id, out.c.local_week),
        sa.select(by_product.c.product_id, by_product.c.local_week),
        _on_sale_in_promoted_categories(by_category),
    ).cte("known")
    prices = price_spells
    days = (
        func.coalesce(by_product.c.days, 0)
        .op("|")(func.coalesce(by_category.c.days, 0))
        .op("|")(func.coalesce(by_shop.c.days, 0))
    )
    week_end = sa.cast(known.c.local_week + 6, sa.Date())
    return sa.select(
        *duck.cast_to(
            weekly_sales,
            {
                "product_id": known.c.product_id,
                "category_id": products.c.category_id,
                "local_week": known.c.local_week,
                "units": func.coalesce(sales.c.units, 0),
                "revenue": func.coalesce(sales.c.revenue, 0),
                "orders": func.coalesce(sales.c.orders, 0),
                "price": func.round(
                    sa.cast(sales.c.revenue, sa.Double()) / func.nullif(sales.c.units, 0)
                ),
                "list_price": prices.c.price,
                "promo_share": func.bit_count(days) / 7.0,
                "stockout_days": func.coalesce(out.c.days, 0),
            },
        )
    ).select_from(
        known.join(products, products.c.product_id == known.c.product_id)
        .outerjoin(sales, _same_product_week(sales, known))
        .outerjoin(out, _same_product_week(out, known))
        .outerjoin(by_product, _same_product_week(by_product, known))
        .outerjoin(
            by_category,
            sa.and_(
                by_category.c.category_id == products.c.category_id,
                by_category.c.local_week == known.c.local_week,
            ),
        )
        .outerjoin(by_shop, by_shop.c.local_week == known.c.local_week)
        .outerjoin(
            prices,
            sa.and_(
                prices.c.product_id == known.c.product_id,
                prices.c.from_day <= week_end,
                prices.c.to_day > week_end,
            ),
        )
    )


def _same_product_week(left: sa.CTE, right: sa.CTE) -> sa.ColumnElement[bool]:
    return sa.and_(left.c.product_id == right.c.product_id, left.c.local_week == right.c.local_week)


def _on_sale_in_promoted_categories(by_category: sa.CTE) -> sa.Select[Any]:
    """Products of a promoted category, for weeks between their launch and their end."""
    week = by_category.c.local_week
    return (
        sa.select(products.c.product_id, week)
        .join(by_category, by_category.c.category_id == products.c.category_id)
        .where(
            products.c.launched_on <= week + 6,
            sa.or_(products.c.ended_on.is_(None), products.c.ended_on >= week),
        )
    )


def all_price_spells() -> sa.Select[Any]:
    """Rows of `price_spells`."""
    following = func.lead(price_history.c.local_day).over(
        partition_by=price_history.c.product_id, order_by=price_history.c.valid_from
    )
    return sa.select(
        price_history.c.product_id,
        price_history.c.price,
        price_history.c.local_day.label("from_day"),
        # No null: an OR in the join of two large tables would cost the engine its hash join.
        func.coalesce(following, _FAR_OFF).label("to_day"),
    )
