"""Overrides of a forecast: a person's word against the model's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import sqlalchemy as sa

from app.services.forecasting import stored
from app.services.forecasting.spreading import Spoken, chains_of, nothing, spread
from data_access.snapshots import tables
from data_access.snapshots.analytics import PUBLISHED
from data_access.snapshots.duck import in_schema
from data_access.state.overrides import holding
from data_access.state.tables import Publication
from ml.forecasting import monday

if TYPE_CHECKING:
    from app.context import Desk


def deltas(desk: Desk, publication: Publication) -> pd.DataFrame:
    """What the overrides that hold change in a stored forecast, by product and week.

    product_id str · week datetime64[ns] (Monday) · factor float (after / before; 1 where before is
    0, so take `after`) · before float · after float (units) · override_id int; no row where
    nothing is overridden. Categories and the shop change by the sum of (after − before) of their
    products.
    """
    with desk.state.read() as session:
        overrides = holding(session, from_week=monday(publication.as_of))
    return spread_over(desk, publication, overrides)


def spread_over(desk: Desk, publication: Publication, overrides: Sequence[Spoken]) -> pd.DataFrame:
    """These overrides spread over a stored forecast, as `deltas` tells it."""
    if not overrides:
        return nothing()
    rows = forecast_rows(desk, publication, overrides)
    return spread(rows, overrides, chains(desk, publication))


def snapshot_of(desk: Desk, publication: Publication) -> int:
    """The snapshot that a forecast was made of, or the newest where that is no longer kept."""
    kept = {manifest.number for manifest in desk.store.list()}
    if publication.snapshot in kept:
        return publication.snapshot
    return desk.store.newest_number() or publication.snapshot


def chains(desk: Desk, publication: Publication) -> dict[str, tuple[str, ...]]:
    """Category → itself and every category above it, the nearest first."""
    names = tables.categories
    return chains_of(
        desk.analytics.frame(
            snapshot_of(desk, publication), sa.select(names.c.category_id, names.c.parent_id)
        )
    )


def categories_of(desk: Desk, snapshot: int, product_ids: Iterable[str]) -> dict[str, str]:
    """Product → its category, of these products."""
    wanted = sorted(product_ids)
    if not wanted:
        return {}
    products = tables.products
    frame = desk.analytics.frame(
        snapshot,
        sa.select(products.c.product_id, products.c.category_id).where(
            products.c.product_id.in_(wanted), products.c.category_id.is_not(None)
        ),
    )
    return dict(zip(frame["product_id"], frame["category_id"], strict=True))


def forecast_rows(
    desk: Desk, publication: Publication, overrides: Sequence[Spoken]
) -> pd.DataFrame:
    """product_id · category_id · week · before: every product that an override may reach."""
    above = chains(desk, publication)
    own = series_of(overrides, "product")
    categories = series_of(overrides, "category")
    below = sorted(name for name, chain in above.items() if not categories.isdisjoint(chain))
    source = stored.register(
        desk, publication, stored.table(publication.publication_id), stored.FILE
    )
    made = in_schema(source, PUBLISHED)
    products = tables.products
    first, last = _span(overrides)
    statement = (
        sa.select(
            made.c.series_id.label("product_id"),
            products.c.category_id,
            made.c.week,
            made.c.mean.label("before"),
        )
        .select_from(made.outerjoin(products, products.c.product_id == made.c.series_id))
        .where(
            made.c.level == "product",
            made.c.week.between(pd.Timestamp(first), pd.Timestamp(last)),
            sa.or_(made.c.series_id.in_(sorted(own)), products.c.category_id.in_(below)),
        )
    )
    return desk.analytics.frame(snapshot_of(desk, publication), statement)


def series_of(overrides: Iterable[Spoken], level: str) -> set[str]:
    """Ids of the products, or of the categories, that are overridden."""
    return {one.series_id for one in overrides if one.level == level}


def _span(overrides: Sequence[Spoken]) -> tuple[date, date]:
    return min(one.first_week for one in overrides), max(one.last_week for one in overrides)
