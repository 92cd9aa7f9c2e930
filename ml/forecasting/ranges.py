"""Ranges of 50, 80 and 95 % from past errors, apart for each level and group of weeks ahead.

Products: errors in units of each product's own wobble, pooled with products that sell about as
much; their quantiles, so that ranges are lopsided where sales are. Categories and shop: few
series, so multiples of the spread of log(actual / forecast) around the part of the recent error
that stays, a series' own leaning on that of all. Recent weeks count most. The multiples are
learned from categories and shop together, each spread from other origins than the errors that
are held against it. A range never lies below zero and holds its forecast, and its spread never
shrinks further ahead.

Sales are whole units, so the quantiles of a slow mover do not exist to the hundredth: where two
weeks in three are without a sale, "0 to 0" holds more than 50 % and nothing narrower can be
said. A number of units therefore stands for the stretch of the line around it, from half a unit
below to half a unit above (0 for 0 to ½), and is thought to lie anywhere on it: the jittering of
Denuit and Lambert (2005), which makes quantiles of counts continuous (Machado and Santos Silva,
2005) and the probability integral transform of a count uniform (Czado, Gneiting and Held, 2009).
Bounds are quantiles on that line; rounded to whole units they are those of the count. An outcome
is held by the share of its stretch that lies within the bounds (`held`): nearly always 1 or 0 for
what sells by the dozen, in part for a slow mover on the edge of its range. In this sense, and in
no other, a range of 80 % can hold 80 % of the sales of a slow mover. In whole units with both
bounds counted as inside (`touched`) ranges of slow movers hold more than they promise, because
the next narrower one would hold less.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit  # scipy.stats takes a second to import

from ml.forecasting.types import (
    BOUND_QUANTILES,
    BOUNDS,
    COVERAGES,
    HORIZON_BUCKETS,
    Floats,
    Ints,
    bucket_of,
)

MANY = 300
"""Past errors that a pool needs for quantiles of its own."""

FEW = 40
"""Past errors of sums under which their own quantiles are not trusted."""

CLASSES = 16
"""Groups of products by how much they sell."""

PRIOR_WEIGHT = 12.0
"""Past errors of all categories that weigh as much as one category's own."""

HALF_LIFE = 6.0
"""Weeks after which an error of a sum says half as much about the next: whole categories miss
by the season, and a calm summer tells little about Christmas. Chosen, like `ERROR_STAYS`, on
other seeds of the demo shop and on earlier weeks of the wholesaler than are reported."""

ERROR_STAYS = 0.5
"""Share of the recent errors of sums that is expected to be there again."""

WIDEST = 2.0
"""Largest spread of log(actual / forecast) that is believed."""

FIRST_GUESS = 0.5
"""Spread of log(actual / forecast) where nothing has been measured."""

GOLDEN = 0.6180339887498949
"""Step of the evenly spread places within the stretch of a count."""


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
        classes = min(CLASSES, max(len(size) // (len(HORIZON_BUCKETS) * MANY), 1))
        edges = np.quantile(size, np.linspace(0, 1, classes + 1)[1:-1])
        member = np.searchsorted(edges, size)
        used = np.unique(member)  # equal forecasts can leave a class empty
        centres = np.array([np.median(size[member == i]) for i in used])
        score = (_somewhere(actual) - forecast) / spread(forecast, wobble)
        buckets = bucket_of(horizon)
        place = np.searchsorted(used, member)
        quantiles = np.empty((len(HORIZON_BUCKETS), len(used), len(BOUNDS)))
        weight = np.ones(quantiles.shape[:2])
        # Sorted once by class and group of weeks, every pool is a slice.
        cell = (place * len(HORIZON_BUCKETS) + buckets).astype(np.int16)
        score = score[np.argsort(cell, kind="stable")]
        ends = np.cumsum(np.bincount(cell, minlength=weight.size))
        starts = np.append(0, ends[:-1])
        for c in range(len(used)):
            first = c * len(HORIZON_BUCKETS)
            for b in range(len(HORIZON_BUCKETS)):
                low = high = b
                while True:
                    pool = score[starts[first + low] : ends[first + high]]
                    if len(pool) >= MANY or high - low == len(HORIZON_BUCKETS) - 1:
                        break
                    low, high = max(low - 1, 0), min(high + 1, len(HORIZON_BUCKETS) - 1)
                weight[b, c] = max(ends[first + b] - starts[first + b], 1)
                quantiles[b, c] = _quantiles(np.sort(pool))
        return cls(centres=centres, quantiles=_widening(quantiles, weight))

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
class GroupErrors:
    """Past errors of log(sums) of one level, and how much each of them still says."""

    error: Floats  # [m] log(actual + 1) − log(forecast + 1)
    series: Ints  # [m]
    bucket: Ints  # [m] group of weeks ahead
    origin: Ints  # [m]
    weight: Floats  # [m] 1 for the newest week, half as much `HALF_LIFE` weeks before
    count: int  # series

    @classmethod
    def of(
        cls, forecast: Floats, actual: Floats, series: Ints, horizon: Ints, origin: Ints, count: int
    ) -> GroupErrors:
        """Arrays of [m] past cases; `count` series."""
        week = origin + horizon
        newest = int(week.max()) if len(week) else 0
        return cls(
            error=np.clip(np.log1p(actual) - np.log1p(forecast), -3, 3),
            series=series,
            bucket=bucket_of(horizon),
            origin=origin,
            weight=0.5 ** ((newest - week) / HALF_LIFE),
            count=count,
        )

    def centres(self) -> Floats:
        """[buckets] the part of the recent error that is expected to be there again."""
        found = np.zeros(len(HORIZON_BUCKETS))
        for b in range(len(found)):
            at = self.bucket == b
            if at.any():
                found[b] = ERROR_STAYS * np.average(self.error[at], weights=self.weight[at])
            elif b:
                found[b] = found[b - 1]
        return found

    def spreads(self, centres: Floats, without: int | None = None) -> Floats:
        """[series, buckets] root mean squares around the centres, leaning on those of all.

        `without` leaves an origin out.
        """
        at = np.ones(len(self.error), bool) if without is None else self.origin != without
        shape = (self.count, len(HORIZON_BUCKETS))
        cell = self.series[at] * shape[1] + self.bucket[at]
        size, weight = shape[0] * shape[1], self.weight[at]
        away = (self.error[at] - centres[self.bucket[at]]) ** 2
        square = np.bincount(cell, weights=weight * away, minlength=size).reshape(shape)
        number = np.bincount(cell, weights=weight, minlength=size).reshape(shape)
        of_all = number.sum(0)
        pooled = np.full(shape[1], np.nan)
        np.divide(square.sum(0), of_all, out=pooled, where=of_all > 0)
        found = np.sqrt((square + PRIOR_WEIGHT * pooled) / (number + PRIOR_WEIGHT))
        return np.asarray(np.clip(_filled(found, np.maximum(number, 1e-6)), 1e-6, WIDEST))

    def scores(self, centres: Floats) -> tuple[Floats, Floats]:
        """Errors over spreads that their own origin is no part of, and their weights."""
        found = np.full(len(self.error), np.nan)
        for one in np.unique(self.origin):
            own = self.origin == one
            if own.all():
                break
            others = self.spreads(centres, without=int(one))
            at = self.series[own], self.bucket[own]
            found[own] = np.abs(self.error[own] - centres[self.bucket[own]]) / others[at]
        told = ~np.isnan(found)
        return found[told], self.weight[told]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRanges:
    """Spread of log(actual / forecast) by series and weeks ahead, for categories or the shop."""

    spreads: Floats  # [series, buckets]
    stretch: Floats  # [bounds] multiples of the spread
    centres: Floats  # [buckets] where the range has its middle, log(actual / forecast)

    @classmethod
    def learn(cls, errors: GroupErrors, beside: GroupErrors | None = None) -> GroupRanges:
        """`beside` are the errors of another level, which has the same tails."""
        centres = errors.centres()
        score, weight = errors.scores(centres)
        if beside is not None:
            more, of_more = beside.scores(beside.centres())
            score, weight = np.append(score, more), np.append(weight, of_more)
        return cls(
            spreads=errors.spreads(centres),
            stretch=_stretch(score, weight, len(np.unique(errors.origin))),
            centres=centres,
        )

    def bounds(self, forecast: Floats, series: Ints, horizon: Ints) -> Floats:
        """[m, bounds] units, columns as in `BOUNDS`."""
        new = self.spreads.mean(0, keepdims=True)  # a category that was not there before
        spreads = np.concatenate([self.spreads, new])
        bucket = bucket_of(horizon)
        width = spreads[np.minimum(series, len(self.spreads)), bucket]
        middle = np.log1p(forecast) + self.centres[bucket]
        log = middle[:, None] + width[:, None] * self.stretch[None, :]
        return _ordered(np.expm1(log).astype(np.float32), forecast)


def held(actual: Floats, bounds: Floats) -> Floats:
    """[m, coverages] share of each outcome's stretch of the line within its 50, 80, 95 % range.

    Parameters
    ----------
    actual : [m] units.
    bounds : [m, bounds] units, columns as in `BOUNDS`.
    """
    below, above = _stretch_of(np.asarray(actual, np.float64))
    shares = []
    for level in COVERAGES:
        low, high = (bounds[:, BOUNDS.index(f"{side}{level}")] for side in ("lo", "hi"))
        inside = np.minimum(above, high) - np.maximum(below, low)
        shares.append(np.clip(inside, 0, None) / (above - below))
    return np.column_stack(shares)


def touched(actual: Floats, bounds: Floats) -> Floats:
    """[m, coverages] whether an outcome lies within its range in whole units, bounds included."""
    whole = np.floor(np.asarray(bounds, np.float64) + 0.5)
    return np.column_stack(
        [
            (actual >= whole[:, BOUNDS.index(f"lo{level}")])
            & (actual <= whole[:, BOUNDS.index(f"hi{level}")])
            for level in COVERAGES
        ]
    )


def spread(forecast: Floats, wobble: Floats) -> Floats:
    """Units by which a week usually misses: chance of small numbers and the product's own."""
    return np.asarray(np.sqrt(np.maximum(forecast, 0.05) + np.square(wobble)))


def _stretch_of(actual: Floats) -> tuple[Floats, Floats]:
    """The stretch of the line that stands for so many units."""
    return np.maximum(actual - 0.5, 0), actual + 0.5


def _somewhere(actual: Floats) -> Floats:
    """A place within the stretch of each outcome, evenly spread over all of them."""
    below, above = _stretch_of(actual)
    share = (np.arange(len(actual)) + 0.5) * GOLDEN % 1.0
    return np.asarray(below + share * (above - below))


def _stretch(score: Floats, weight: Floats, origins: int) -> Floats:
    """[bounds] signed multiples of the spread that held the nominal share of past cases.

    Where there are few, Student's t with a degree of freedom less than there are origins.
    """
    outer = np.array([2 * abs(q - 0.5) for q in BOUND_QUANTILES])
    if len(score) >= FEW:
        order = np.argsort(score, kind="stable")
        reached = np.cumsum(weight[order]) - weight[order] / 2
        size = np.interp(outer, reached / weight.sum(), score[order])
    else:
        size = stdtrit(max(origins - 1, 2), 0.5 + outer / 2)
    return np.asarray(np.sign(np.array(BOUND_QUANTILES) - 0.5) * size, np.float64)


def _quantiles(score: Floats) -> Floats:
    """Of sorted scores. Conformal: of n + 1 errors, the next one counted as the most extreme.

    As many left out below as above, unless the forecast itself were left out: a mean that rare
    large orders make is more than nine weeks in ten sell. The range then ends at the forecast,
    and reaches so far to the other side that it holds what it promises.
    """
    n = len(score)
    under = float(np.searchsorted(score, 0, side="right")) / n
    levels = np.empty(len(BOUND_QUANTILES))
    for level in COVERAGES:
        share = level / 100
        high = max(min((1 - share) / 2, under) + share, under)
        low = high - share
        for side, at in (("lo", low), ("hi", high)):
            q = at * (n + 1) / n if at > 0.5 else 1 - (1 - at) * (n + 1) / n
            levels[BOUNDS.index(f"{side}{level}")] = np.clip(q, 0, 1)
    return np.interp(levels * (n - 1), np.arange(n), score)


def _widening(quantiles: Floats, weight: Floats) -> Floats:
    """Ranges of later weeks at least as wide as those of nearer ones, on either side."""
    half = len(BOUNDS) // 2
    result = quantiles.copy()
    for c in range(quantiles.shape[1]):
        for k in range(len(BOUNDS)):
            sign = -1 if k < half else 1
            result[:, c, k] = sign * _rising(sign * quantiles[:, c, k], weight[:, c])
    return result


def _rising(values: Floats, weight: Floats) -> Floats:
    """The nearest numbers that never fall (least squares, by pooling those that do)."""
    blocks: list[tuple[float, float, int]] = []
    for value, mass in zip(values, weight, strict=True):
        mean, total, count = float(value), float(mass), 1
        while blocks and blocks[-1][0] > mean:
            before, other, more = blocks.pop()
            mean = (before * other + mean * total) / (other + total)
            total, count = other + total, more + count
        blocks.append((mean, total, count))
    return np.concatenate([np.full(count, mean) for mean, _, count in blocks])


def _filled(spreads: Floats, weight: Floats) -> Floats:
    """Never narrower further ahead; weeks never measured: 20 % wider than the nearer group."""
    result = np.array(spreads)
    for i, row in enumerate(spreads):
        known = ~np.isnan(row)
        if not known.any():
            result[i] = FIRST_GUESS
            continue
        result[i, known] = _rising(row[known], weight[i, known])
        for b in range(len(row)):
            if not known[b]:
                result[i, b] = 1.2 * result[i, b - 1] if b else row[known][0]
    return result


def _ordered(bounds: Floats, forecast: Floats) -> Floats:
    """Bounds in order, around the forecast, and never negative."""
    half = bounds.shape[1] // 2
    low = np.minimum.accumulate(np.minimum(bounds[:, half - 1 :: -1], forecast[:, None]), axis=1)
    high = np.maximum.accumulate(np.maximum(bounds[:, half:], forecast[:, None]), axis=1)
    both = np.concatenate([low[:, ::-1], high], axis=1)
    return np.asarray(np.maximum(both, 0), np.float32)
