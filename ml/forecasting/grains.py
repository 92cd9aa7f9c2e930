"""Days and months of a weekly forecast: a week is split by day shares, a month sums its days.

Weeks are the truth. The days of a week always sum to it and a month is the sum of its days, so the
grains cannot contradict each other, whatever the shares are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
from scipy.special import gammaincinv, ndtri  # scipy.stats takes a second to import

from ml.forecasting.types import BOUND_QUANTILES, BOUNDS, Floats

Grain = Literal["day", "week", "month"]
GRAINS: tuple[Grain, ...] = ("day", "week", "month")

WEEK = 7
EVEN = np.full(WEEK, 1 / WEEK)
"""Shares of a shop whose days have told nothing yet."""

COUNTED = 60.0
"""Units a day up to which ranges are those of counts: 0, 1, 2 …; above, whole units are fine."""

MOST_SPREAD = 1e6
"""Variance up to which counts are summed one by one: above, that takes longer than it is worth."""

EIGHTY = 2 * float(ndtri(0.9))
"""Width of an 80 % range of a bell curve, in standard deviations."""


def shares(weights: Floats, factors: Floats | float = 1.0) -> Floats:
    """Shares of the days of weeks, Monday first, which sum to 1 along the last axis.

    Parameters
    ----------
    weights : [..., 7] usual shares.
    factors : [..., 7] how many times the usual a day sells (1 on a usual day).
    """
    raw = np.maximum(np.asarray(weights, float) * factors, 0.0)
    total = raw.sum(-1, keepdims=True)
    return np.where(total > 0, raw / np.where(total > 0, total, 1.0), EVEN)


def split(weeks: Floats, by: Floats) -> Floats:
    """[..., W] units of weeks → [..., W, 7] units of their days."""
    return np.asarray(weeks)[..., None] * by


def days_of(weeks: Sequence[date]) -> list[date]:
    """Every day of the weeks that begin on these Mondays."""
    return [monday + timedelta(days=i) for monday in weeks for i in range(WEEK)]


def month_of(day: date) -> date:
    """First day of its month."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    """First day of the month after."""
    return (month + timedelta(days=31)).replace(day=1)


def whole_months(first: date, last: date) -> list[date]:
    """First days of the months that lie wholly between two days, both included."""
    month = first if first.day == 1 else next_month(month_of(first))
    found = []
    while next_month(month) - timedelta(days=1) <= last:
        found.append(month)
        month = next_month(month)
    return found


def month_weights(month: date, weeks: Sequence[date], by: Floats) -> Floats:
    """[W] which share of each week lies in the month.

    by : [W, 7] shares of the days of these weeks.
    """
    inside = np.array(
        [[month_of(monday + timedelta(days=i)) == month for i in range(WEEK)] for monday in weeks],
        float,
    )
    return np.asarray((inside * by).sum(1))


# ── ranges of days ──


def day_variance(mean: Floats, variance: Floats, share: Floats, clumping: Floats) -> Floats:
    """Variance of one day of a week whose units are known to `mean` and `variance`.

    Units fall onto the days of a week in clumps: of W units of a week, a day with share s gets s·W
    with a variance of s(1−s)·W·(1 + (W−1)·clumping): 0 is one unit an order, 1 all on one day.
    """
    squared = variance + mean**2
    clumped = mean * (1 - clumping) + clumping * squared
    return np.asarray(share**2 * variance + share * (1 - share) * clumped)


def week_variance(bounds: Floats) -> Floats:
    """[...] variance that the 80 % range of a week stands for; bounds [..., 6] as `BOUNDS`."""
    low, high = bounds[..., BOUNDS.index("lo80")], bounds[..., BOUNDS.index("hi80")]
    return np.asarray(((high - low) / EIGHTY) ** 2)


def quantiles(mean: Floats, variance: Floats) -> Floats:
    """[m, 6] bounds of counts with that mean and variance: lopsided, never below zero.

    Few units follow a negative binomial distribution (whole numbers), many a gamma distribution.
    """
    mean, variance = np.asarray(mean, float), np.maximum(np.asarray(variance, float), 1e-9)
    result = np.zeros((len(mean), len(BOUND_QUANTILES)))
    many = (mean > COUNTED) | (variance > MOST_SPREAD)
    few = (mean > 0) & ~many
    if many.any():
        scale = variance[many] / mean[many]
        shape = mean[many] / scale
        for i, level in enumerate(BOUND_QUANTILES):
            result[many, i] = gammaincinv(shape, level) * scale
    if few.any():
        result[few] = _counted(mean[few], np.maximum(variance[few], mean[few] * 1.000001))
    return result


def _counted(mean: Floats, variance: Floats) -> Floats:
    """Quantiles of negative binomial counts, by summing their probabilities from 0 upwards."""
    size = mean**2 / (variance - mean)
    chance = size / (size + mean)
    most = int(np.ceil(np.max(mean + 9 * np.sqrt(variance)))) + 2
    levels = np.asarray(BOUND_QUANTILES)
    found = np.full((len(mean), len(levels)), float(most))
    # As logarithms: the probability of 0 of a large, steady series is too small for a float.
    log_p = size * np.log(chance)
    reached = np.zeros(len(mean))
    for count in range(most):
        reached += np.exp(log_p)
        hit = (reached[:, None] >= levels) & (found == most)
        found[hit] = count
        if (reached >= levels[-1]).all():
            break
        log_p = log_p + np.log((size + count) / (count + 1)) + np.log1p(-chance)
    return found


# ── ranges of sums ──


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """How far the weeks of one series err together, read from the ranges of its sums.

    0: misses of single weeks cancel out as chance has them; 1: all weeks miss alike. `low` and
    `high` hold it for sums over `weeks` weeks, below and above the forecast.
    """

    weeks: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def over(self, weeks: float) -> tuple[float, float]:
        """(low, high) for a sum over so many weeks, between the ones that are known."""
        if not self.weeks:
            return 0.5, 0.5
        return (
            float(np.interp(weeks, self.weeks, self.low)),
            float(np.interp(weeks, self.weeks, self.high)),
        )


def together(mean: Floats, bounds: Floats, sums: dict[int, tuple[float, Floats]]) -> Together:
    """What the 80 % ranges of the sums say about those of the weeks.

    mean, bounds : [W] and [W, 6] of the weeks ahead, the nearest first.
    sums : weeks → mean and [6] bounds of their sum.
    """
    low, high = BOUNDS.index("lo80"), BOUNDS.index("hi80")
    known, lows, highs = [], [], []
    for weeks, (total, around) in sorted(sums.items()):
        if weeks > len(mean) or weeks < 2:
            continue
        below, above = mean[:weeks] - bounds[:weeks, low], bounds[:weeks, high] - mean[:weeks]
        known.append(weeks)
        lows.append(_alike(below, total - float(around[low])))
        highs.append(_alike(above, float(around[high]) - total))
    return Together(weeks=tuple(known), low=tuple(lows), high=tuple(highs))


def _alike(single: Floats, whole: float) -> float:
    """c in whole² = (1 − c)·Σ single² + c·(Σ single)², between 0 and 1."""
    apart, alike = float((single**2).sum()), float(single.sum()) ** 2
    if alike - apart <= 1e-9:
        return 0.5
    return float(np.clip((whole**2 - apart) / (alike - apart), 0.0, 1.0))


def sum_bounds(
    mean: Floats,
    bounds: Floats,
    weights: Floats,
    alike: Together,
    noise: float = 0.0,
) -> Floats:
    """[6] bounds of a weighted sum of weeks; they lie within one another and never below zero.

    weights : [W] share of each week that is in the sum.
    noise : variance that splitting weeks into days adds, units².
    """
    total = float((mean * weights).sum())
    c_low, c_high = alike.over(max(float(weights.sum()), 1.0))
    result = np.empty(len(BOUNDS))
    for i, level in enumerate(BOUND_QUANTILES):
        side = c_low if level < 0.5 else c_high
        reach = np.abs(bounds[:, i] - mean) * weights
        squared = (1 - side) * float((reach**2).sum()) + side * float(reach.sum()) ** 2
        away = np.sqrt(squared + noise * float(ndtri(level)) ** 2)
        result[i] = total + (away if level > 0.5 else -away)
    return np.maximum(result, 0.0)
