"""What can be selected: products by search and page, categories as a tree."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import func

from data_access.queries.sales import MOST_ROWS
from data_access.queries.selection import Level, contains, currency
from data_access.snapshots.tables import categories, key_figures, products, weekly_sales

RECENT_WEEKS = 13
"""Weeks, a quarter, whose sales decide what is offered first."""


def series_options(
    level: Level, *, search: str = "", limit: int = 50, offset: int = 0
) -> sa.Select[Any]:
    """Products or categories whose name or id holds the searched words, those that sell first.

    series_id str · label str (name) · category str (of a product its category, of a category
    its parent; null: none) · recent_revenue float (last 13 weeks, currency) · found int (in
    the whole answer). An exact id comes first. For the shop one row without an id.
    Source: products, categories, weekly_sales.
    """
    if level == "shop":
        return sa.select(
            sa.cast(sa.null(), sa.String()).label("series_id"),
            sa.literal("Shop").label("label"),
            sa.cast(sa.null(), sa.String()).label("category"),
            sa.literal(0.0).label("recent_revenue"),
            sa.literal(1).label("found"),
        )
    table, key = (products, "product_id") if level == "product" else (categories, "category_id")
    parent = categories.alias("parent")
    link = products.c.category_id if level == "product" else categories.c.parent_id
    recent = _recent_revenue(weekly_sales.c[key]).subquery("recent")
    statement = (
        sa.select(
            table.c[key].label("series_id"),
            table.c.name.label("label"),
            parent.c.name.label("category"),
            currency(func.coalesce(recent.c.revenue, 0)).label("recent_revenue"),
            func.count().over().label("found"),
        )
        .select_from(
            table.outerjoin(parent, parent.c.category_id == link).outerjoin(
                recent, recent.c.series_id == table.c[key]
            )
        )
        .order_by(
            sa.case((table.c[key] == search, 0), else_=1),
            func.coalesce(recent.c.revenue, 0).desc(),
            table.c[key],
        )
        .limit(min(limit, MOST_ROWS))
        .offset(offset)
    )
    for word in search.split():
        statement = statement.where(
            sa.or_(contains(table.c.name, word), contains(table.c[key], word))
        )
    return statement


def series_label(level: Level, series_id: str) -> sa.Select[Any]:
    """The name of one product or category: series_id str · label str; no row if there is none."""
    table, key = (products, "product_id") if level == "product" else (categories, "category_id")
    return sa.select(table.c[key].label("series_id"), table.c.name.label("label")).where(
        table.c[key] == series_id
    )


def category_tree() -> sa.Select[Any]:
    """Every category with its place: category_id str · name str · parent_id str (null: top) ·
    depth int (0: top) · path str (names from the top, " / " between) · products int (its own).

    Ordered by path. Source: categories, products.
    """
    tree = (
        sa.select(
            categories.c.category_id,
            categories.c.name,
            categories.c.parent_id,
            sa.literal(0).label("depth"),
            categories.c.name.label("path"),
        )
        .where(categories.c.parent_id.is_(None))
        .cte("tree", recursive=True)
    )
    tree = tree.union_all(
        sa.select(
            categories.c.category_id,
            categories.c.name,
            categories.c.parent_id,
            tree.c.depth + 1,
            tree.c.path + " / " + categories.c.name,
        ).join(tree, tree.c.category_id == categories.c.parent_id)
    )
    own = (
        sa.select(products.c.category_id, func.count().label("products"))
        .group_by(products.c.category_id)
        .subquery("own")
    )
    return (
        sa.select(tree, func.coalesce(own.c.products, 0).label("products"))
        .outerjoin(own, own.c.category_id == tree.c.category_id)
        .order_by(tree.c.path, tree.c.category_id)
    )


def _recent_revenue(key: sa.ColumnElement[Any]) -> sa.Select[Any]:
    last = sa.select(func.max(key_figures.c.local_day)).scalar_subquery()
    return (
        sa.select(key.label("series_id"), func.sum(weekly_sales.c.revenue).label("revenue"))
        .where(weekly_sales.c.local_week > last - 7 * RECENT_WEEKS)
        .group_by(key)
    )
