"""The learned answer of sales to price and promotion, looked up by product."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml.contract import Frames
from ml.forecasting.types import Floats, Names

DISCOUNTS = (0.1, 0.2, 0.3, 0.5)
"""Discounts at which the effect of a promotion is stored; between them logs are interpolated."""

RANGE = 1.2816
"""Standard deviations on either side that hold 80 %."""

DEEPEST = 0.9
"""Discount beyond which nothing is told."""


def percent(discount: float) -> int:
    """The number in a column's name: 0.1 → 10."""
    return round(discount * 100)


PROMOTION = tuple(f"promo_{percent(d)}" for d in DISCOUNTS)
PROMOTION_SPREAD = tuple(f"promo_sd_{percent(d)}" for d in DISCOUNTS)


def interpolated(values: Floats, discount: Floats) -> Floats:
    """Logs at `DISCOUNTS` [m, 4], read at discounts [m, d]; deeper than the last goes on alike."""
    knots = np.array([0.0, *DISCOUNTS])
    table = np.column_stack([np.zeros(len(values)), values])
    discount = np.minimum(np.asarray(discount, float), DEEPEST)
    at = np.clip(np.searchsorted(knots, discount, side="right") - 1, 0, len(knots) - 2)
    low, high = np.take_along_axis(table, at, 1), np.take_along_axis(table, at + 1, 1)
    share = (discount - knots[at]) / (knots[at + 1] - knots[at])
    return np.asarray(low + share * (high - low))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The table of `response.learn`; a product that is not in it answers like its category."""

    table: pd.DataFrame  # index product_id
    by_category: pd.DataFrame  # medians, index category_id

    @classmethod
    def of(cls, frames: Frames) -> Answers | None:
        """None where the frames hold no response."""
        given = frames.get("response")
        if given is None or given.empty:
            return None
        values = given[["elasticity", *PROMOTION]]
        return cls(
            table=values.set_axis(pd.Index(given["product_id"].astype(object))),
            by_category=values.groupby(given["category_id"].astype(str)).median(),
        )

    def elasticity(self, products: Names, categories: Names) -> Floats:
        """[m] per product, given with its category."""
        return self._of(products, categories)[:, 0]

    def promotion(self, products: Names, categories: Names, discount: Floats) -> Floats:
        """[m, d] log of the factor on units at each discount, the lower price included.

        Where no promotion was ever seen, the lower price alone is reckoned with.
        """
        found = self._of(products, categories)
        price = found[:, :1] * np.log1p(-np.minimum(discount, DEEPEST))
        seen = np.asarray(np.isfinite(found[:, 1:]).all(1))
        return np.where(seen[:, None], interpolated(found[:, 1:], discount), price)

    def _of(self, products: Names, categories: Names) -> Floats:
        rows = self.table.index.get_indexer(pd.Index(products))
        values = self.table.to_numpy(float)[rows]
        missing = rows < 0
        if missing.any():
            at = self.by_category.index.get_indexer(pd.Index(categories[missing].astype(str)))
            kind = self.by_category.to_numpy(float)[at]
            values[missing] = np.where((at < 0)[:, None], self.table.median().to_numpy(), kind)
        return values
