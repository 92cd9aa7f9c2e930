"""Ranges of 50, 80 and 95 % from past errors, apart for each level and group of weeks ahead.

Products: errors in units of each product's own wobble, pooled with products that sell about as
much; their quantiles, so that ranges are lopsided where sales are. Categories and shop: few
series, so multiples of the spread of log(actual / forecast), a series' own leaning on that of
all. A range never lies below zero, and further ahead it never
shrinks below what nearer weeks have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit  # scipy.stats takes a second to import

from ml.forecasting.types import (
    BOUND_QUANTILES,
    BOUNDS,
    HORIZON_BUCKETS,
    Floats,
    Ints,
    bucket_of,
)

MANY = 300
"""Past errors that a pool needs for quantiles of its own."""

FEW = 40
"""Past errors of sums under which their own quantiles are not trusted."""

CLASSES = 8
"""Groups of products by how much they sell."""

PRIOR_WEIGHT = 12.0
"""Past errors of all categories that weigh as much as one category's own."""

AT_ZERO = -1e6
"""Multiples of the spread so far below the forecast that the range begins at 0."""

WIDEST = 2.0
"""Largest spread of log(actual / forecast) that is believed."""

FIRST_GUESS = 0.5
"""Spread of log(actual / forecast) where nothing has been measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRanges:
    """Quantiles of (actual − forecast) / spread, by weeks ahead and by how much is sold."""

    centres: Floats  # [classes] log(forecast + 1)
    quantiles: Floats  # [buckets, classes, bounds]

    @classmethod
    def learn(
        cls, forecast: Floats, actual: Floats, wobble: Floats, horizon: Ints
    ) -> ProductRanges:
        """Arrays of [m] past cases."""
        size = np.log1p(forecast)
        if len(size) < MANY:
            normal = ndtri(BOUND_QUANTILES)
            shape = (len(HORIZON_BUCKETS), 1, len(BOUNDS))
            quantiles = np.broadcast_to(1.3 * normal, shape).copy()
            return cls(centres=np.zeros(1), quantiles=quantiles)
        classes = min(CLASSES, max(len(size) // MANY, 1))
        edges = np.quantile(size, np.linspace(0, 1, classes + 1)[1:-1])
        member = np.searchsorted(edges, size)
        used = np.unique(member)  # equal forecasts can leave a class empty
        centres = np.array([np.median(size[member == i]) for i in used])
        score = (actual - forecast) / spread(forecast, wobble)
        buckets = bucket_of(horizon)
        quantiles = np.empty((len(HORIZON_BUCKETS), len(used), len(BOUNDS)))
        for c, i in enumerate(used):
            inside = member == i
            for b in range(len(HORIZON_BUCKETS)):
                pool = inside & (buckets == b)
                reach = 1
                while pool.sum() < MANY and reach < len(HORIZON_BUCKETS):
                    pool = inside & (np.abs(buckets - b) <= reach)
                    reach += 1
                quantiles[b, c] = _quantiles(score[pool], float((actual[pool] <= 0).mean()))
        return cls(centres=centres, quantiles=_widening(quantiles))

    def bounds(self, forecast: Floats, wobble: Floats, horizon: Ints) -> Floats:
        """[m, bounds] units, columns as in `BOUNDS`."""
        size = np.log1p(forecast)
        bucket = bucket_of(horizon)
        result = np.empty((len(forecast), len(BOUNDS)), np.float32)
        width = spread(forecast, wobble)
        for b in np.unique(bucket):
            at = bucket == b
            for k in range(len(BOUNDS)):
                score = np.interp(size[at], self.centres, self.quantiles[b, :, k])
                result[at, k] = forecast[at] + width[at] * score
        return _ordered(result, forecast)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRanges:
    """Spread of log(actual / forecast) by series and weeks ahead, for categories or the shop."""

    spreads: Floats  # [series, buckets]
    stretch: Floats  # [bounds] multiples of the spread

    @classmethod
    def learn(
        cls, forecast: Floats, actual: Floats, series: Ints, horizon: Ints, origin: Ints, count: int
    ) -> GroupRanges:
        """Arrays of [m] past cases; `count` series."""
        buckets = bucket_of(horizon)
        error = np.clip(np.log1p(actual) - np.log1p(forecast), -3, 3)
        spreads = np.full((count, len(HORIZON_BUCKETS)), np.nan)
        for b in range(len(HORIZON_BUCKETS)):
            here = buckets == b
            if not here.any():
                continue
            pooled = float(np.mean(error[here] ** 2))
            for i in range(count):
                own = error[here & (series == i)]
                total = float(np.sum(own**2)) + PRIOR_WEIGHT * pooled
                spreads[i, b] = np.sqrt(total / (len(own) + PRIOR_WEIGHT))
        spreads = np.minimum(_filled(spreads), WIDEST)
        score = np.abs(error) / np.maximum(spreads[series, buckets], 1e-6)
        return cls(spreads=spreads, stretch=_stretch(score, len(np.unique(origin))))

    def bounds(self, forecast: Floats, series: Ints, horizon: Ints) -> Floats:
        """[m, bounds] units, columns as in `BOUNDS`."""
        new = self.spreads.mean(0, keepdims=True)  # a category that was not there before
        spreads = np.concatenate([self.spreads, new])
        width = spreads[np.minimum(series, len(self.spreads)), bucket_of(horizon)]
        log = np.log1p(forecast)[:, None] + width[:, None] * self.stretch[None, :]
        return _ordered(np.expm1(log).astype(np.float32), forecast)


def spread(forecast: Floats, wobble: Floats) -> Floats:
    """Units by which a week usually misses: chance of small numbers and the product's own."""
    return np.asarray(np.sqrt(np.maximum(forecast, 0.05) + np.square(wobble)))


def _stretch(score: Floats, origins: int) -> Floats:
    """[bounds] signed multiples of the spread that held the nominal share of past cases.

    Where there are few, Student's t with a degree of freedom less than there are origins.
    """
    outer = [2 * abs(q - 0.5) for q in BOUND_QUANTILES]
    n = len(score)
    if n >= FEW:
        size = np.quantile(score, [min(share * (n + 1) / n, 1.0) for share in outer])
    else:
        size = stdtrit(max(origins - 1, 2), [0.5 + share / 2 for share in outer])
    return np.asarray(np.sign(np.array(BOUND_QUANTILES) - 0.5) * size, np.float64)


def _quantiles(score: Floats, idle: float) -> Floats:
    """Conformal: the quantile of n + 1 errors, the next one counted as the most extreme.

    `idle` is the share of weeks without a sale. Where these alone fill the lower tail, the range
    begins at 0 and leaves out nothing below, so all that it leaves out lies above: a range from
    the tenth to the ninetieth hundredth would hold more than 80 %.
    """
    n = len(score)
    found = np.empty(len(BOUND_QUANTILES))
    for k, q in enumerate(BOUND_QUANTILES):
        tail = min(q, 1 - q)
        if idle < tail:
            level = q * (n + 1) / n if q > 0.5 else 1 - (1 - q) * (n + 1) / n
        elif q < 0.5:
            found[k] = AT_ZERO
            continue
        else:
            level = (1 - 2 * tail) * (n + 1) / n
        found[k] = np.quantile(score, np.clip(level, 0, 1))
    return found


def _widening(quantiles: Floats) -> Floats:
    """Ranges of later weeks at least as wide as those of nearer ones, on either side."""
    half = len(BOUNDS) // 2
    result = quantiles.copy()
    result[:, :, :half] = np.minimum.accumulate(quantiles[:, :, :half], axis=0)
    result[:, :, half:] = np.maximum.accumulate(quantiles[:, :, half:], axis=0)
    return result


def _filled(spreads: Floats) -> Floats:
    """Groups of weeks ahead that were never measured: 20 % wider than the nearer group."""
    result = spreads.copy()
    for b in range(result.shape[1]):
        before = result[:, b - 1] if b else np.full(len(result), np.nan)
        missing = np.isnan(result[:, b])
        result[missing, b] = 1.2 * before[missing]
        result[:, b] = np.fmax(result[:, b], before)
    return np.where(np.isnan(result), FIRST_GUESS, result)


def _ordered(bounds: Floats, forecast: Floats) -> Floats:
    """Bounds in order, around the forecast, and never negative."""
    half = bounds.shape[1] // 2
    low = np.minimum.accumulate(np.minimum(bounds[:, half - 1 :: -1], forecast[:, None]), axis=1)
    high = np.maximum.accumulate(np.maximum(bounds[:, half:], forecast[:, None]), axis=1)
    both = np.concatenate([low[:, ::-1], high], axis=1)
    return np.asarray(np.maximum(both, 0), np.float32)
