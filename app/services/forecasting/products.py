"""Many products at once: how their next weeks differ from their last ones."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import sqlalchemy as sa

from app.services.forecasting import overrides, reading, stored
from data_access.queries.selection import contains, currency
from data_access.snapshots import tables
from data_access.snapshots.analytics import PUBLISHED
from data_access.snapshots.duck import in_schema
from data_access.state.tables import Publication
from ml.forecasting import last_complete_week

if TYPE_CHECKING:
    from app.context import Desk

NEXT_WEEKS = 4
"""Weeks that are compared: about what one order covers."""

LAST_WEEKS = 20
"""Weeks of the small line in each row."""

SMALL = 5.0
"""Units below which a change in per cent is not sorted by: one sale more is not news."""

OrderBy = Literal["units", "share", "revenue", "next"]


def changing_products(
    desk: Desk,
    publication_id: int,
    snapshot: int,
    *,
    limit: int = 50,
    offset: int = 0,
    search: str = "",
    order_by: OrderBy = "units",
) -> pd.DataFrame:
    """Products by how much their next weeks differ from their last ones.

    product_id str · product str · category str · before float (units of the last 4 complete
    weeks) · after float (forecast of the next 4, with overrides) · low, high float (its 80 % range)
    · change float (after − before, units) · share float (change / before; NaN where nothing sold) ·
    revenue float (change × price paid lately, currency; NaN where nothing sold) · found int (in the
    whole answer)

    order_by : largest change of either sign in units, in per cent (of products that sell or will
        sell a few units) or in revenue, or the most units next.
    """
    found = reading.publication(desk, publication_id)
    made = stored.register(desk, found, stored.totals_table(found.publication_id), stored.TOTALS)
    ahead = in_schema(made, PUBLISHED)
    panel, products, categories = tables.weekly_sales, tables.products, tables.categories
    last = last_complete_week(found.as_of)
    sold = (
        sa.select(
            panel.c.product_id,
            sa.func.sum(panel.c.units).label("units"),
            sa.func.sum(panel.c.revenue).label("revenue"),
        )
        .where(
            panel.c.local_week <= last,
            panel.c.local_week > last - timedelta(weeks=NEXT_WEEKS),
        )
        .group_by(panel.c.product_id)
        .subquery("sold")
    )
    changed = _overridden(desk, found)
    added: sa.ColumnElement[float] = sa.literal(0.0)
    source: Any = ahead.outerjoin(sold, sold.c.product_id == ahead.c.series_id)
    if changed is not None:
        added = sa.func.coalesce(changed.c.units, 0.0)
        source = source.outerjoin(changed, changed.c.product_id == ahead.c.series_id)
    before: sa.ColumnElement[float] = sa.cast(sa.func.coalesce(sold.c.units, 0), sa.Double())
    after = sa.func.greatest(ahead.c.mean + added, 0.0)
    scale = sa.case((added == 0, 1.0), (ahead.c.mean > 0, after / ahead.c.mean), else_=1.0)
    change = after - before
    share = change / sa.func.nullif(before, 0)
    revenue = change * currency(sold.c.revenue) / sa.func.nullif(before, 0)
    worth = sa.case((sa.func.greatest(before, after) >= SMALL, sa.func.abs(share)), else_=0)
    orders: dict[OrderBy, sa.ColumnElement[Any]] = {
        "units": sa.func.abs(change),
        "share": sa.func.coalesce(worth, 0),
        "revenue": sa.func.coalesce(sa.func.abs(revenue), 0),
        "next": after,
    }
    statement = (
        sa.select(
            ahead.c.series_id.label("product_id"),
            products.c.name.label("product"),
            categories.c.name.label("category"),
            before.label("before"),
            after.label("after"),
            (ahead.c.lo80 * scale).label("low"),
            (ahead.c.hi80 * scale).label("high"),
            change.label("change"),
            share.label("share"),
            revenue.label("revenue"),
            sa.func.count().over().label("found"),
        )
        .select_from(
            source.outerjoin(products, products.c.product_id == ahead.c.series_id).outerjoin(
                categories, categories.c.category_id == products.c.category_id
            )
        )
        .where(ahead.c.level == "product", ahead.c.weeks == NEXT_WEEKS)
        .order_by(orders[order_by].desc(), ahead.c.series_id)
        .limit(limit)
        .offset(offset)
    )
    for word in search.split():
        statement = statement.where(
            sa.or_(contains(products.c.name, word), contains(ahead.c.series_id, word))
        )
    return desk.analytics.frame(snapshot, statement)


def _overridden(desk: Desk, found: Publication) -> sa.Subquery | None:
    """What overrides add to the next weeks, by product; None where nothing is overridden."""
    rows = overrides.deltas(desk, found)
    if rows.empty:
        return None
    end = pd.Timestamp(last_complete_week(found.as_of)) + pd.Timedelta(weeks=NEXT_WEEKS)
    near = rows[rows["week"] <= end]
    sums = (near["after"] - near["before"]).groupby(near["product_id"]).sum()
    if sums.empty:
        return None
    # As two lists: a row a product in the text of the question would be slow from thousands on.
    return sa.select(
        _unnested("overridden", list(map(str, sums.index)), sa.String()).label("product_id"),
        _unnested("added", [float(one) for one in sums], sa.Double()).label("units"),
    ).subquery("overridden")


def _unnested(name: str, values: list[Any], kind: Any) -> sa.ColumnElement[Any]:
    bound = sa.bindparam(name, values, type_=sa.ARRAY(kind), unique=True)
    return sa.func.unnest(bound, type_=kind)


def last_weeks(
    desk: Desk, publication_id: int, snapshot: int, product_ids: tuple[str, ...]
) -> dict[str, tuple[float, ...]]:
    """Units of each of the last 20 complete weeks, by product; the oldest first."""
    found = reading.publication(desk, publication_id)
    last = last_complete_week(found.as_of)
    weeks = [last - timedelta(weeks=LAST_WEEKS - 1 - i) for i in range(LAST_WEEKS)]
    panel = tables.weekly_sales
    rows = desk.analytics.frame(
        snapshot,
        sa.select(panel.c.product_id, panel.c.local_week, panel.c.units).where(
            panel.c.product_id.in_(product_ids), panel.c.local_week.between(weeks[0], weeks[-1])
        ),
    )
    at = ((rows["local_week"] - pd.Timestamp(weeks[0])).dt.days // 7).to_numpy()
    found_rows = {product: np.zeros(LAST_WEEKS) for product in product_ids}
    for product, place, units in zip(rows["product_id"], at, rows["units"], strict=True):
        found_rows[str(product)][place] += float(units)
    return {product: tuple(values.tolist()) for product, values in found_rows.items()}
