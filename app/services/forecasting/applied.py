"""Overrides applied: what they change in one series, and in its ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import sqlalchemy as sa

from app.services.forecasting import overrides
from app.services.forecasting.views import ForecastQuestion
from data_access.queries.selection import descendants
from data_access.snapshots import tables
from data_access.state.tables import Publication
from ml.forecasting import BOUNDS
from ml.forecasting.types import Floats

if TYPE_CHECKING:
    from app.context import Desk


def changes(desk: Desk, found: Publication, question: ForecastQuestion) -> pd.DataFrame:
    """What overrides add to the series: product_id · week · change (units), by product and week."""
    rows = overrides.deltas(desk, found)
    rows = rows.assign(change=rows["after"] - rows["before"])[["product_id", "week", "change"]]
    if rows.empty or question.level == "shop":
        return rows
    if question.level == "product":
        return rows[rows["product_id"] == question.series_id]
    return rows[rows["product_id"].isin(members(desk, question))]


def members(desk: Desk, question: ForecastQuestion) -> set[str]:
    """Products of a category and of those below it."""
    assert question.series_id is not None
    below = descendants(question.series_id)
    products = tables.products
    found = desk.analytics.frame(
        question.snapshot,
        sa.select(products.c.product_id).where(
            products.c.category_id.in_(sa.select(below.c.category_id))
        ),
    )
    return set(found["product_id"])


def over(rows: pd.DataFrame, changed: pd.DataFrame) -> pd.DataFrame:
    """Rows of one series by week with the changes: `model` keeps what the model says.

    A range keeps its width relative to the number: a person who doubles a forecast does not know
    it better. Where the model says nothing, there is no range around the person's number.
    """
    by_week = changed.groupby("week")["change"].sum()
    model = rows["mean"].to_numpy(float)
    mean = np.maximum(model + by_week.reindex(rows["week"]).fillna(0.0).to_numpy(), 0.0)
    told = rows.assign(model=model, mean=mean)
    told[list(BOUNDS)] = scaled(rows[list(BOUNDS)].to_numpy(float), model, mean)
    return told


def scaled(bounds: Floats, before: Floats, after: Floats) -> Floats:
    """[m, 6] bounds around `before`, moved to lie around `after`."""
    same = np.abs(after - before) < 1e-9
    known = before > 1e-9
    factor = np.where(same, 1.0, after / np.where(known, before, 1.0))
    return np.where((known | same)[:, None], bounds * factor[:, None], after[:, None])
