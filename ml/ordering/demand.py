"""What the stored forecast says about demand, as matrices: one row a product.

Weeks have means; single weeks and the sums of 4, 13 and 26 weeks have ranges. Ranges of sums over
other spans lie between these: they grow about with the square root of time, so they are
interpolated over that root.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri  # scipy.stats takes a second to import

from ml.errors import WrongFrame
from ml.ordering.types import DAYS_A_WEEK, KNOTS, Floats, Ints, Names

BOUNDS: tuple[str, ...] = ("lo95", "lo80", "lo50", "hi50", "hi80", "hi95")
_UPPER = ndtri(np.array([0.5, 0.75, 0.90, 0.975]))
"""Normal scores of the mean (taken as the middle) and of the upper bounds."""
_LOWER = ndtri(np.array([0.5, 0.25, 0.10, 0.025]))
_ROOTS = np.sqrt(np.array([0, *KNOTS], dtype=float))
_STEPS = np.diff(_ROOTS)
_SCORE_80 = float(ndtri(0.9))


@dataclass(frozen=True, eq=False)
class Demand:
    """Forecast demand of `n` products over `w` weeks."""

    products: Names
    """[n] product ids."""
    first_week: date
    """Monday of the first week."""
    mean: Floats
    """[n, w] units a week, expected."""
    away: Floats
    """[n, knots, bounds] units by which each bound lies above the mean of the sum of the first
    `KNOTS` weeks; columns as in `BOUNDS`."""

    def __len__(self) -> int:
        return len(self.products)

    @cached_property
    def running(self) -> Floats:
        """[n, w + 1] units from the beginning of the first week to the end of each."""
        total = np.zeros((len(self), self.mean.shape[1] + 1), np.float32)
        np.cumsum(self.mean, axis=1, out=total[:, 1:])
        return total

    @cached_property
    def rate(self) -> Floats:
        """[n] units a week, mean of all weeks: what is taken for the time beyond them."""
        return np.asarray(self.mean.mean(1), np.float64)

    @cached_property
    def index(self) -> pd.Index[Any]:
        """The products, for finding their rows."""
        return pd.Index(self.products)

    def take(self, rows: Ints) -> Demand:
        return Demand(self.products[rows], self.first_week, self.mean[rows], self.away[rows])

    def until(self, days: Floats | float, rows: Ints | None = None) -> Floats:
        """[m] units from the first Monday to so many days later; spread evenly within a week.

        rows : of the products that are meant, one for each of `days`; None: all of them.
        """
        rows = self._every if rows is None else rows
        last = self.mean.shape[1]
        if np.ndim(days) == 0:
            weeks = float(days) / DAYS_A_WEEK
            whole = min(max(int(weeks), 0), last)
            rate = self.mean[rows, whole] if whole < last else self.rate[rows]
            return np.asarray(self.running[rows, whole] + max(weeks - whole, 0.0) * rate, float)
        within = np.asarray(days, np.float64) / DAYS_A_WEEK
        begun = np.minimum(within.astype(np.int32), last)
        flat = rows * (last + 1) + begun
        total = self.running.ravel().take(flat)
        return np.asarray(total + (within - begun) * self._rates.ravel().take(flat), np.float64)

    def beyond(self, days: Floats, quantile: float) -> Floats:
        """[n] units by which a quantile of the demand over `days` lies above its mean."""
        return self._at(self._of_quantile(quantile), days, self._every)

    def deviation(self, days: Floats, rows: Ints | None = None) -> Floats:
        """[m] standard deviation of the demand over `days`, units: from the 80 % range."""
        return self._at(self._spreads, days, self._every if rows is None else rows)

    @cached_property
    def _every(self) -> Ints:
        return np.arange(len(self))

    @cached_property
    def _rates(self) -> Floats:
        """[n, w + 1] units a week, in each week and beyond the last."""
        return np.concatenate([self.mean, self.rate[:, None].astype(np.float32)], axis=1)

    @cached_property
    def _spreads(self) -> Floats:
        low, high = self.away[:, :, BOUNDS.index("lo80")], self.away[:, :, BOUNDS.index("hi80")]
        return _from_zero((high - low) / (2 * _SCORE_80))

    def _of_quantile(self, quantile: float) -> Floats:
        """[n, knots]: between the bounds by normal scores, outside in the last two's direction."""
        score = float(ndtri(quantile))
        upper = score >= 0
        scores, names = (
            (_UPPER, ("hi50", "hi80", "hi95")) if upper else (_LOWER, ("lo50", "lo80", "lo95"))
        )
        place = int(np.clip(np.searchsorted(np.abs(scores), abs(score)) - 1, 0, 2))
        share = (score - scores[place]) / (scores[place + 1] - scores[place])
        after = self.away[:, :, BOUNDS.index(names[place])]
        if not place:
            return _from_zero(np.float32(share) * after)
        before = self.away[:, :, BOUNDS.index(names[place - 1])]
        return _from_zero(before + np.float32(share) * (after - before))

    def _at(self, values: Floats, days: Floats, rows: Ints) -> Floats:
        """values : [n, knots + 1], the first of them 0: no time, no error."""
        root = np.sqrt(np.asarray(days, np.float64) / DAYS_A_WEEK)
        place = np.zeros(root.shape, np.int64)
        for knot in _ROOTS[1:-1]:  # three comparisons: a third of the time of a search
            place += root >= knot
        share = (root - _ROOTS[place]) / _STEPS[place]
        flat = rows * (len(KNOTS) + 1) + place
        before = values.ravel().take(flat)
        return np.asarray(before + share * (values.ravel().take(flat + 1) - before), np.float64)


def _from_zero(values: Floats) -> Floats:
    return np.concatenate([np.zeros((len(values), 1), values.dtype), values], axis=1)


def from_forecast(forecast: pd.DataFrame, totals: pd.DataFrame | None = None) -> Demand:
    """Demand from the rows of a stored forecast; levels other than "product" are left out.

    Parameters
    ----------
    forecast : level · series_id · week · ahead · mean · the bounds; every product has the same
        weeks.
    totals : level · series_id · weeks · mean · the bounds, of the sums of next weeks. Without
        them, weeks are taken as if they missed independently, which is too narrow for sums.
    """
    rows = forecast[forecast["level"] == "product"].sort_values(["series_id", "ahead"])
    ids = rows["series_id"].to_numpy(object)
    products = ids[np.r_[True, ids[1:] != ids[:-1]]] if len(ids) else ids
    weeks = len(rows) // max(len(products), 1)
    if weeks * len(products) != len(rows):
        raise WrongFrame(
            "The forecast has products with different numbers of weeks.",
            remedy="Compute the forecast anew.",
        )
    shape = (len(products), weeks)
    mean = rows["mean"].to_numpy(np.float32).reshape(shape)
    single = np.stack(
        [rows[name].to_numpy(np.float32).reshape(shape) - mean for name in BOUNDS], axis=2
    )
    away = np.empty((len(products), len(KNOTS), len(BOUNDS)), np.float32)
    for place, knot in enumerate(KNOTS):
        near = single[:, : min(knot, weeks)]
        away[:, place] = np.sign(near.sum(1)) * np.sqrt(np.square(near).sum(1))
    if totals is not None:
        _sums(away, products, totals)
    first = rows["week"].iloc[0].date() if len(rows) else date.min
    return Demand(products, first, mean, away)


def _sums(away: Floats, products: Names, totals: pd.DataFrame) -> None:
    for place, knot in enumerate(KNOTS[1:], start=1):
        of_products = (totals["level"] == "product") & (totals["weeks"] == knot)
        known = totals[of_products].set_index("series_id")
        if known.empty:
            continue
        if not known.index.equals(pd.Index(products)):
            known = known.reindex(products)
        mean = known["mean"].to_numpy(np.float32)
        for column, name in enumerate(BOUNDS):
            found = known[name].to_numpy(np.float32) - mean
            away[:, place, column] = np.where(np.isnan(found), away[:, place, column], found)


def to_frame(demand: Demand) -> pd.DataFrame:
    """One row a product, as it is stored: product_id · first_week · week_1 … · hi80_4 …"""
    columns: dict[str, object] = {
        "product_id": demand.products,
        "first_week": pd.Timestamp(demand.first_week),
    }
    columns |= {f"week_{i + 1}": demand.mean[:, i] for i in range(demand.mean.shape[1])}
    columns |= {
        f"{name}_{knot}": demand.away[:, place, column]
        for place, knot in enumerate(KNOTS)
        for column, name in enumerate(BOUNDS)
    }
    return pd.DataFrame(columns)


def from_frame(frame: pd.DataFrame) -> Demand:
    """What `to_frame` gave."""
    weeks = sum(1 for name in frame.columns if name.startswith("week_"))
    mean = np.column_stack(
        [frame[f"week_{i + 1}"].to_numpy(np.float32) for i in range(weeks)]
        or [np.zeros((len(frame), 0), np.float32)]
    )
    away = np.stack(
        [
            np.column_stack([frame[f"{name}_{knot}"].to_numpy(np.float32) for name in BOUNDS])
            for knot in KNOTS
        ],
        axis=1,
    )
    first = pd.Timestamp(frame["first_week"].iloc[0]).date() if len(frame) else date.min
    return Demand(frame["product_id"].to_numpy(object), first, mean, away)
