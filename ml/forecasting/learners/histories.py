"""What a candidate may read of each product: its weeks up to the origin, without the gaps.

Weeks without stock are unseen, not zero: they are filled by the line between their seen
neighbours. A single giant order counts for five times the second largest week.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.forecasting.panel import Panel
from ml.forecasting.types import Bools, Floats, Ints

ENOUGH = 13
"""Seen weeks under which a model of a product's own weeks follows chance."""

USUAL = 26
"""Weeks whose mean is a product's usual level."""

LARGEST_TIMES = 5.0
SMALL = 10.0  # units that are never thought of as giant


@dataclass(frozen=True, slots=True, kw_only=True)
class Histories:
    values: Floats  # [n, origin + 1] units, gaps filled; 0 before the first week
    first: Ints  # [n] index of the first week on offer within the history
    seen: Bools  # [n, origin + 1]

    @property
    def weeks(self) -> Ints:
        """[n] seen weeks."""
        return np.asarray(self.seen.sum(1))

    @property
    def usable(self) -> Bools:
        """[n] enough seen weeks, and not all the same (a constant needs no model)."""
        differs = np.ptp(np.where(self.seen, self.values, np.nan_to_num(self.mean)[:, None]), 1) > 0
        return np.asarray((self.weeks >= ENOUGH) & differs)

    @property
    def mean(self) -> Floats:
        """[n] mean of the seen weeks; NaN without one."""
        total = np.where(self.seen, self.values, 0).sum(1)
        result = np.full(len(total), np.nan)
        np.divide(total, self.weeks, out=result, where=self.weeks > 0)
        return result

    def of(self, row: int) -> Floats:
        """The weeks of one product since it is on offer."""
        return np.asarray(self.values[row, int(self.first[row]) :], np.float64)


def until(panel: Panel, origin: int) -> Histories:
    """Every product's weeks 0 to `origin`."""
    seen = panel.seen[:, : origin + 1]
    calm = without_giants(np.where(seen, panel.units[:, : origin + 1], 0))
    first = np.clip(panel.launch, 0, origin)
    filled = calm.astype(np.float64)
    index = np.arange(origin + 1)
    for row in np.flatnonzero(~(seen | (index < first[:, None])).all(1) & seen.any(1)):
        known = seen[row]
        filled[row] = np.interp(index, index[known], calm[row, known])
        filled[row, : first[row]] = 0
    return Histories(values=filled, first=first, seen=seen)


def without_giants(units: Floats) -> Floats:
    """[n, t] units, each week at most five times the product's second largest."""
    if units.shape[1] < 2:
        return units
    second = np.partition(units, -2, axis=1)[:, -2]
    return np.asarray(np.minimum(units, np.maximum(LARGEST_TIMES * second, SMALL)[:, None]))


def usual_level(values: Floats, first: Ints) -> Floats:
    """[n] mean of the last `USUAL` weeks on offer."""
    at = np.arange(values.shape[1])
    inside = (at >= first[:, None]) & (at >= values.shape[1] - USUAL)
    return np.asarray(np.where(inside, values, 0).sum(1) / np.maximum(inside.sum(1), 1))
