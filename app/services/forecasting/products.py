"""Many products at once: those whose next weeks differ most from their last ones."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd
import sqlalchemy as sa

from app.services.forecasting import reading, stored
from data_access.queries.selection import contains
from data_access.snapshots import tables
from data_access.snapshots.analytics import PUBLISHED
from data_access.snapshots.duck import in_schema
from ml.forecasting import last_complete_week

if TYPE_CHECKING:
    from app.context import Desk

NEXT_WEEKS = 4
"""Weeks that are compared: about what one order covers."""


def changing_products(
    desk: Desk,
    publication_id: int,
    snapshot: int,
    *,
    limit: int = 50,
    offset: int = 0,
    search: str = "",
) -> pd.DataFrame:
    """Products whose next weeks differ most from their last ones, in units.

    product_id str · product str · category str · before float (units of the last 4 complete
    weeks) · after float (forecast of the next 4) · low, high float (its 80 % range) · change
    float (after − before) · found int (in the whole answer)
    """
    found = reading.publication(desk, publication_id)
    made = stored.register(desk, found, stored.totals_table(found.publication_id), stored.TOTALS)
    ahead = in_schema(made, PUBLISHED)
    panel, products, categories = tables.weekly_sales, tables.products, tables.categories
    last = last_complete_week(found.as_of)
    sold = (
        sa.select(panel.c.product_id, sa.func.sum(panel.c.units).label("units"))
        .where(
            panel.c.local_week <= last,
            panel.c.local_week > last - timedelta(weeks=NEXT_WEEKS),
        )
        .group_by(panel.c.product_id)
        .subquery("sold")
    )
    before: sa.ColumnElement[float] = sa.cast(sa.func.coalesce(sold.c.units, 0), sa.Double())
    change = ahead.c.mean - before
    statement = (
        sa.select(
            ahead.c.series_id.label("product_id"),
            products.c.name.label("product"),
            categories.c.name.label("category"),
            before.label("before"),
            ahead.c.mean.label("after"),
            ahead.c.lo80.label("low"),
            ahead.c.hi80.label("high"),
            change.label("change"),
            sa.func.count().over().label("found"),
        )
        .select_from(
            ahead.outerjoin(sold, sold.c.product_id == ahead.c.series_id)
            .outerjoin(products, products.c.product_id == ahead.c.series_id)
            .outerjoin(categories, categories.c.category_id == products.c.category_id)
        )
        .where(ahead.c.level == "product", ahead.c.weeks == NEXT_WEEKS)
        .order_by(sa.func.abs(change).desc(), ahead.c.series_id)
        .limit(limit)
        .offset(offset)
    )
    for word in search.split():
        statement = statement.where(
            sa.or_(contains(products.c.name, word), contains(ahead.c.series_id, word))
        )
    return desk.analytics.frame(snapshot, statement)
