"""What can be selected: products by search and page, categories as a tree."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import func

from data_access.queries.sales import MOST_ROWS
from data_access.queries.selection import Level, contains, currency
from data_access.snapshots.sales_tables import branches
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
        shop: Any = sa.select(
            sa.cast(sa.null(), sa.String()).label("series_id"),
            sa.literal("Shop").label("label"),
            sa.cast(sa.null(), sa.String()).label("category"),
            sa.literal(0.0).label("recent_revenue"),
            sa.literal(1).label("found"),
        )
        return cast("sa.Select[Any]", shop)
    table, key = (products, "product_id") if level == "product" else (categories, "category_id")
    parent = categories.alias("parent")
    link = products.c.category_id if level == "product" else categories.c.parent_id
    recent = (_of_products() if level == "product" else _of_categories()).subquery("recent")
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


def series_labels(level: Level, series_ids: Collection[str]) -> sa.Select[Any]:
    """The names of some products or categories: series_id str · label str."""
    table, key = (products, "product_id") if level == "product" else (categories, "category_id")
    return sa.select(table.c[key].label("series_id"), table.c.name.label("label")).where(
        table.c[key].in_(list(series_ids))
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


def _recent() -> sa.ColumnElement[bool]:
    last = sa.select(func.max(key_figures.c.local_day)).scalar_subquery()
    return weekly_sales.c.local_week > last - 7 * RECENT_WEEKS


def _of_products() -> sa.Select[Any]:
    return (
        sa.select(
            weekly_sales.c.product_id.label("series_id"),
            func.sum(weekly_sales.c.revenue).label("revenue"),
        )
        .where(_recent())
        .group_by(weekly_sales.c.product_id)
    )


def _of_categories() -> sa.Select[Any]:
    """Revenue of each category and all below it."""
    own = (
        sa.select(weekly_sales.c.category_id, func.sum(weekly_sales.c.revenue).label("revenue"))
        .where(_recent())
        .group_by(weekly_sales.c.category_id)
        .subquery("own")
    )
    tree = branches()
    return (
        sa.select(tree.c.ancestor_id.label("series_id"), func.sum(own.c.revenue).label("revenue"))
        .join(own, own.c.category_id == tree.c.category_id)
        .group_by(tree.c.ancestor_id)
    )
