"""Trend, season and rest of one series by STL (Cleveland et al. 1990), which sum to it.

Written here, since the library that has it takes seconds to import where a page waits for it; a
test holds it to the numbers of that library.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.errors import NotEnoughData
from ml.forecasting.types import Floats

SEASON_SPAN = 7
"""Cycles over which the season may change: the least that Cleveland et al. advise. Where fewer are
known it is taken as the same in all, or each year would be its own season."""

INNER, OUTER = 2, 5
"""Rounds of smoothing, and rounds that give outliers less weight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decomposition:
    """Parts of a series in its own unit; trend + season + rest is the series."""

    trend: Floats  # [n]
    season: Floats  # [n]
    rest: Floats  # [n]
    weights: Floats  # [n] 1 for a usual point, 0 for one that was taken for an outlier


def stl(
    series: Floats, period: int, *, span: int = SEASON_SPAN, robust: bool = True
) -> Decomposition:
    """Decompose [n] equally spaced values.

    Parameters
    ----------
    period : points of one cycle (7 for days of a week, 52 for weeks of a year).
    span : odd number of cycles over which the season is smoothed.
    robust : give outliers (a giant order) less weight.

    Raises
    ------
    NotEnoughData : fewer than two whole cycles.
    """
    series = np.asarray(series, float)
    if len(series) < 2 * period:
        raise NotEnoughData(
            f"{len(series)} points are fewer than two cycles of {period}.",
            found=len(series),
            needed=2 * period,
            remedy="Wait until the second cycle is over, or look at a finer grain.",
        )
    same = len(series) < span * period
    wide = _odd(1.5 * period / (1 if same else 1 - 1.5 / span))
    low = _odd(period + 1)
    trend, season = np.zeros_like(series), np.zeros_like(series)
    weights = np.ones_like(series)
    for _ in range(OUTER + 1 if robust else 1):
        for _ in range(INNER):
            cycle = _by_cycle(series - trend, period, None if same else span, weights)
            passed = loess(
                _moving(_moving(_moving(cycle, period), period), 3), low, np.ones(len(series))
            )
            season = cycle[period:-period] - passed
            trend = loess(series - season, wide, weights)
        weights = _bisquare(series - trend - season) if robust else weights
    return Decomposition(trend=trend, season=season, rest=series - trend - season, weights=weights)


def smooth(series: Floats, window: int) -> Floats:
    """A trend alone, by loess over `window` points: for histories of less than two cycles."""
    values = np.asarray(series, float)
    return loess(values, min(window, max(len(values) - 1, 1)), np.ones(len(values)))


def loess(values: Floats, window: int, weights: Floats) -> Floats:
    """Locally linear, tricube-weighted fit at each of [n] equally spaced points."""
    return _fit(np.arange(1.0, len(values) + 1), values, weights, window)


def _fit(at: Floats, values: Floats, weights: Floats, window: int) -> Floats:
    """Loess at any places; the values stand at 1, 2, 3 …"""
    count = len(values)
    places = np.arange(1.0, count + 1)
    width = min(window, count)
    left = np.clip(np.rint(at).astype(int) - 1 - width // 2, 0, count - width)
    reach = np.maximum(np.abs(at - places[left]), np.abs(places[left + width - 1] - at))
    reach = (reach + max(window - count, 0) // 2)[:, None]
    index = np.arange(count)
    inside = (index >= left[:, None]) & (index < (left + width)[:, None])
    distance = np.abs(places - at[:, None])
    kernel = np.where(
        distance > 0.001 * reach,
        (1 - np.minimum(distance / np.maximum(reach, 1e-12), 1.0) ** 3) ** 3,
        1.0,
    )
    kernel = np.where(inside & (distance <= 0.999 * reach), kernel, 0.0) * weights
    total = kernel.sum(1, keepdims=True)
    kernel = kernel / np.where(total > 0, total, 1.0)
    centre = (kernel * places).sum(1, keepdims=True)
    spread = (kernel * (places - centre) ** 2).sum(1, keepdims=True)
    sloped = np.sqrt(spread) > 0.001 * (count - 1)
    slope = np.where(sloped, (at[:, None] - centre) / np.where(sloped, spread, 1.0), 0.0)
    fitted = (kernel * (1 + slope * (places - centre)) * values).sum(1)
    own = values[np.clip(np.rint(at).astype(int) - 1, 0, count - 1)]
    return np.asarray(np.where(total[:, 0] > 0, fitted, own))


def _by_cycle(values: Floats, period: int, span: int | None, weights: Floats) -> Floats:
    """[n + 2·period] each place in the cycle smoothed by itself, one cycle on either side.

    span : cycles to smooth over; None takes the middle one of all.
    """
    result = np.empty(len(values) + 2 * period)
    for phase in range(period):
        own, trust = values[phase::period], weights[phase::period]
        result[phase::period] = (
            np.median(own)  # of two or three years: a mean would follow one giant order
            if span is None
            else _fit(np.arange(0.0, len(own) + 2), own, trust, span)
        )
    return result


def _moving(values: Floats, window: int) -> Floats:
    return np.asarray(np.convolve(values, np.full(window, 1 / window), mode="valid"))


def _bisquare(rest: Floats) -> Floats:
    reach = 6 * float(np.median(np.abs(rest)))
    if reach <= 0:
        return np.ones_like(rest)
    share = np.abs(rest) / reach
    return np.where(share <= 0.001, 1.0, np.where(share <= 0.999, (1 - share**2) ** 2, 0.0))


def _odd(value: float) -> int:
    """The next odd whole number that is not below the value."""
    whole = int(np.ceil(value))
    return whole if whole % 2 else whole + 1
