"""Units by day, for many series at once: what the shares of weekdays are learned from."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func

from data_access.snapshots.tables import daily_sales


def category_days(first_day: date, last_day: date) -> sa.Select[Any]:
    """One row per category and local day on which something of it was sold.

    category_id str (null: products without category; none rolled up) · day date · units float.
    Source: daily_sales.
    """
    return (
        sa.select(
            daily_sales.c.category_id,
            daily_sales.c.local_day.label("day"),
            sa.cast(func.sum(daily_sales.c.units), sa.Double()).label("units"),
        )
        .where(daily_sales.c.local_day.between(first_day, last_day))
        .group_by(daily_sales.c.category_id, daily_sales.c.local_day)
    )


def sampled_days(first_day: date, last_day: date, one_in: int) -> sa.Select[Any]:
    """One row per product of a sample and local day on which it was sold.

    product_id str · category_id str (null: none) · day date · units float.
    one_in : every so many-th product, by a hash of its id: the same products each time.
    Source: daily_sales.
    """
    return sa.select(
        daily_sales.c.product_id,
        daily_sales.c.category_id,
        daily_sales.c.local_day.label("day"),
        sa.cast(daily_sales.c.units, sa.Double()).label("units"),
    ).where(
        daily_sales.c.local_day.between(first_day, last_day),
        func.hash(daily_sales.c.product_id) % one_in == 0,
    )
