"""What a sales question is about: the shop, a category with all below it, or a product."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from data_access.errors import DataError
from data_access.shop.tables import MONEY_SCALE
from data_access.snapshots.tables import categories

Level = Literal["shop", "category", "product"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesSelection:
    """One series of sales over a span of local days, both ends included."""

    level: Level
    series_id: str | None = None  # category or product; None for the shop
    first_day: date
    last_day: date

    def __post_init__(self) -> None:
        if self.level not in ("shop", "category", "product"):
            raise DataError(
                f"There is no level {self.level!r}.", remedy="Choose shop, category or product."
            )
        if (self.level == "shop") != (self.series_id is None):
            raise DataError(
                "A category or product must be named, and only those.",
                remedy="Choose a category or a product, or look at the whole shop.",
            )
        if self.last_day < self.first_day:
            raise DataError(
                f"The period ends on {self.last_day} before it begins on {self.first_day}.",
                remedy="Choose a last day that is not before the first.",
            )

    @property
    def days(self) -> int:
        """Days in the span."""
        return (self.last_day - self.first_day).days + 1

    @property
    def first_week(self) -> date:
        """Monday of the first day's week."""
        return self.first_day - timedelta(days=self.first_day.weekday())

    def before(self) -> SalesSelection:
        """The same series over the span of equal length that ends the day before."""
        length = timedelta(days=self.days)
        return SalesSelection(
            level=self.level,
            series_id=self.series_id,
            first_day=self.first_day - length,
            last_day=self.last_day - length,
        )


def descendants(category_id: str) -> sa.CTE:
    """The category and every category below it: category_id."""
    # A union, not a union all: a shop's tree with a cycle in it must not run for ever.
    below = (
        sa.select(categories.c.category_id)
        .where(categories.c.category_id == category_id)
        .cte("below", recursive=True)
    )
    return below.union(
        sa.select(categories.c.category_id).join(
            below, categories.c.parent_id == below.c.category_id
        )
    )


def ancestors(category_id: sa.ColumnElement[Any]) -> sa.CTE:
    """The category that is given and every category above it: category_id, parent_id."""
    above = (
        sa.select(categories.c.category_id, categories.c.parent_id)
        .where(categories.c.category_id == category_id)
        .cte("above", recursive=True)
    )
    return above.union(
        sa.select(categories.c.category_id, categories.c.parent_id).join(
            above, categories.c.category_id == above.c.parent_id
        )
    )


def of_series(table: sa.Table, selection: SalesSelection) -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions that rows with product_id and category_id belong to the selected series."""
    if selection.level == "product":
        return (table.c.product_id == selection.series_id,)
    if selection.level == "category":
        assert selection.series_id is not None
        below = descendants(selection.series_id)
        return (table.c.category_id.in_(sa.select(below.c.category_id)),)
    return ()


def currency(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Ten-thousandths as a float of the shop currency."""
    return sa.cast(column, sa.Double()) / float(MONEY_SCALE)


def contains(column: sa.ColumnElement[Any], words: str) -> sa.ColumnElement[bool]:
    """The column holds the words, in any case; % and _ are letters like others."""
    return column.icontains(words, autoescape=True)
