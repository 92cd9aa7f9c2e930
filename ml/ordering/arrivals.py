"""Deliveries on their way, as matrices: when each should come, and what is there until then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ml.ordering.types import Floats, Ints

MOST = 6
"""Deliveries of a product that are told apart; later ones are taken together with the last."""


@dataclass(frozen=True, eq=False)
class Arrivals:
    """Open deliveries of `n` products, soonest first."""

    units: Floats
    """[n, k] units; 0 where there is no further delivery."""
    days: Floats
    """[n, k] days from today; infinite where there is none."""

    @property
    def total(self) -> Floats:
        """[n] units on order."""
        return np.asarray(self.units.sum(1))

    def by(self, days: Floats, rows: Ints | None = None) -> Floats:
        """[m] units that come within so many days; `rows` as in `Demand.until`."""
        units, when = (
            (self.units, self.days) if rows is None else (self.units[rows], self.days[rows])
        )
        total = np.zeros(len(days))
        for turn in range(units.shape[1]):
            total += np.where(when[:, turn] <= days, units[:, turn], 0.0)
        return total


def of(products: pd.Index[Any], receipts: pd.DataFrame) -> Arrivals:
    """Arrange receipts (product_id · units · days) by product; others' receipts are left out."""
    place = products.get_indexer(pd.Index(receipts["product_id"]))
    known = receipts.assign(place=place)[place >= 0].sort_values(["place", "days"])
    rows = known["place"].to_numpy(np.int64)
    first = np.r_[True, rows[1:] != rows[:-1]] if len(rows) else np.zeros(0, bool)
    starts = np.flatnonzero(first)
    turn = np.arange(len(rows)) - np.repeat(starts, np.diff(np.r_[starts, len(rows)]))
    turn = np.minimum(turn, MOST - 1)
    width = int(turn.max()) + 1 if len(rows) else 0
    units = np.zeros((len(products), width))
    days = np.full((len(products), width), np.inf)
    np.add.at(units, (rows, turn), known["units"].to_numpy(np.float64))
    np.minimum.at(days, (rows, turn), np.maximum(known["days"].to_numpy(np.float64), 0.0))
    return Arrivals(units, days)
