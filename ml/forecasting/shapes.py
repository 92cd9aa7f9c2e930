"""How the units of a week fall onto its days: learned from daily history, stored as JSON.

Usual shares by category; holidays and promotions change them only where that was measured better on
weeks that were left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ml.forecasting import grains
from ml.forecasting.types import BOUNDS, COVERAGES, Bools, Floats

STEADY_UNITS = 200.0
"""Units of a category that weigh as much as the whole shop's shares: two or three a weekday."""

SIZES: tuple[float, ...] = (3, 10, 30, 100, 300, 1_000, 10_000)
"""Units a week between which clumping is measured apart: small series come in whole orders."""

FEWEST_DAYS = 6
"""Days of a kind (holidays, promoted) under which nothing is learned about it."""

FOLDS = 5
"""Groups of weeks that are left out in turn, to measure whether a factor is worth having."""

FACTOR_BOUNDS = (0.02, 10.0)
STRETCHES = (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0, 2.5)
"""Multiples of the spread that are tried for each level."""

RULE_WEEKS = 8
"""Weeks whose mean stands for the week's forecast where ranges of days are measured."""


MONTH_WEEKS = 5
MONTH_WEIGHTS = np.array([4 / 7, 1, 1, 1, 5 / 7])
"""Shares of five weeks in 30 days that begin on a Thursday."""

MOST_MEASURED = 100
"""Series of a level whose months are measured at each start: enough to tell 80 % from 75 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayShapes:
    """Everything that turns weeks into days; see the module."""

    shop: tuple[float, ...]  # [7] usual shares, Monday first
    categories: dict[str, tuple[float, ...]]  # leaf category → [7]
    holiday: float = 1.0  # times its usual share that a public holiday sells; 1: not measured
    promotion: float = 1.0  # times its usual share that a promoted day of a week sells
    clumping: dict[str, tuple[float, ...]] = field(default_factory=dict)  # level → by `SIZES`
    stretch: dict[str, float] = field(default_factory=dict)  # level → times the spread
    held: dict[str, dict[str, float]] = field(default_factory=dict)  # level → "80" → share
    held_months: dict[str, dict[str, float]] = field(default_factory=dict)
    weeks: int = 0  # of daily history that it was learned from

    def of(self, category: str | None) -> Floats:
        """[7] usual shares of a category; the shop's where it is not known."""
        return np.asarray(self.categories.get(category or "", self.shop))

    def shares(self, category: str | None, holidays: Bools, promoted: Bools) -> Floats:
        """[W, 7] shares of weeks whose days are holidays, promoted, both or neither."""
        factors = np.where(holidays, self.holiday, 1.0) * np.where(promoted, self.promotion, 1.0)
        return grains.shares(self.of(category), factors)

    def clumped(self, level: str, weekly: Floats) -> Floats:
        """Clumping of series that sell so much a week, by level."""
        known = self.clumping.get(level)
        if not known:
            return np.zeros_like(np.asarray(weekly, float))
        return np.asarray(known)[np.searchsorted(SIZES, weekly)]

    def bounds(self, level: str, mean: Floats, weekly: Floats, by: Floats) -> Floats:
        """[W, 7, 6] bounds of the days of weeks.

        mean, weekly, by : [W] units, [W, 6] bounds and [W, 7] day shares.
        """
        variance = grains.week_variance(weekly)
        return self._around(level, mean, variance, by)

    def _around(self, level: str, mean: Floats, variance: Floats, by: Floats) -> Floats:
        clumping = self.clumped(level, mean)
        spread = grains.day_variance(
            mean[..., None], variance[..., None], by, clumping[..., None]
        ) * (self.stretch.get(level, 1.0) ** 2)
        days = (mean[..., None] * by).ravel()
        return grains.quantiles(days, spread.ravel()).reshape(*by.shape, len(BOUNDS))

    def to_json(self) -> dict[str, Any]:
        return {
            "shop": list(self.shop),
            "categories": {name: list(values) for name, values in self.categories.items()},
            "holiday": self.holiday,
            "promotion": self.promotion,
            "clumping": {level: list(values) for level, values in self.clumping.items()},
            "stretch": self.stretch,
            "held": self.held,
            "held_months": self.held_months,
            "weeks": self.weeks,
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> DayShapes:
        return cls(
            shop=tuple(kept["shop"]),
            categories={name: tuple(values) for name, values in kept["categories"].items()},
            holiday=float(kept["holiday"]),
            promotion=float(kept["promotion"]),
            clumping={level: tuple(values) for level, values in kept["clumping"].items()},
            stretch={level: float(value) for level, value in kept["stretch"].items()},
            held=kept["held"],
            held_months=kept["held_months"],
            weeks=int(kept["weeks"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Units by day of the last whole weeks.

    [s, W, 7] units of s series; the same days of all of them are holidays.
    """

    names: tuple[str, ...]  # [s] category of each series
    units: Floats  # [s, W, 7]
    promoted: Bools  # [s, W, 7]
    holidays: Bools  # [W, 7]


def learn(categories: History, products: History) -> DayShapes:
    """Shares from the categories; clumping and promotions also from a sample of products.

    categories : every leaf category once.
    products : some products, each under the name of its category.
    """
    calm = ~categories.holidays.any(1)
    shop = _usual(categories.units.sum(0)[calm], grains.EVEN)
    shapes = DayShapes(
        shop=tuple(map(float, shop)),
        categories={
            name: tuple(map(float, _usual(units[calm], shop)))
            for name, units in zip(categories.names, categories.units, strict=True)
        },
        weeks=categories.units.shape[1],
    )
    at_holidays = np.broadcast_to(categories.holidays, categories.units.shape)
    holiday = factor(categories.units, _by(shapes, categories), at_holidays)
    promotion = factor(products.units, _by(shapes, products), products.promoted)
    shapes = replace(shapes, holiday=holiday, promotion=promotion)
    levels = {"product": products, "category": categories, "shop": _summed(categories)}
    shapes = replace(
        shapes,
        clumping={
            level: clumping(known.units, _by(shapes, known)) for level, known in levels.items()
        },
    )
    stretch, held, months = {}, {}, {}
    for level, known in levels.items():
        stretch[level], held[level] = _measure(shapes, level, known)
        months[level] = _measure_sums(known)
    return replace(shapes, stretch=stretch, held=held, held_months=months)


def factor(units: Floats, by: Floats, marked: Bools) -> float:
    """Times its share that a marked day sells, 1.0 unless that is better on weeks left out.

    units, by, marked : [s, W, 7] units, shares, and which days are of the kind.
    """
    partly = marked.any(-1) & ~marked.all(-1) & (units.sum(-1) > 0)
    if int((marked & partly[..., None]).sum()) < FEWEST_DAYS:
        return 1.0
    units, by, marked = units[partly], by[partly], marked[partly]
    expected = units.sum(-1, keepdims=True) * by
    week = np.nonzero(partly)[1]  # a day is left out with all its series, or it would be told
    fold = np.unique(week, return_inverse=True)[1] % FOLDS
    plain = better = 0.0
    for number in range(FOLDS):
        out = fold == number
        if not out.any() or out.all():
            continue
        found = _ratio(units[~out], expected[~out], marked[~out])
        told = grains.shares(by[out], np.where(marked[out], found, 1.0))
        came = units[out]
        better += float(np.abs(came - came.sum(-1, keepdims=True) * told).sum())
        plain += float(np.abs(came - expected[out]).sum())
    return _ratio(units, expected, marked) if better < plain else 1.0


def _ratio(units: Floats, expected: Floats, marked: Bools) -> float:
    on, off = units[marked].sum(), units[~marked].sum()
    due, other = expected[marked].sum(), expected[~marked].sum()
    if min(off, due, other) <= 0:
        return 1.0
    return float(np.clip((on / due) / (off / other), *FACTOR_BOUNDS))


def clumping(units: Floats, by: Floats) -> tuple[float, ...]:
    """[sizes] how far the units of a week fall onto the same day; see `grains.day_variance`.

    By moments: Σ((day − s·W)² − s(1−s)W) over Σ s(1−s)W(W−1), among weeks that sold about as much.
    """
    total = units.sum(-1)
    size = np.searchsorted(SIZES, total)
    spread = by * (1 - by)
    excess = (units - total[..., None] * by) ** 2 - spread * total[..., None]
    pairs = spread * (total * (total - 1))[..., None]
    found = np.full(len(SIZES) + 1, np.nan)
    for i in range(len(found)):
        here = size == i
        if pairs[here].sum() > 0 and here.sum() >= FEWEST_DAYS:
            found[i] = np.clip(excess[here].sum() / pairs[here].sum(), 0.0, 1.0)
    known = np.flatnonzero(~np.isnan(found))
    if not len(known):
        return tuple([0.0] * len(found))
    # A size that was never sold takes what the nearest one has.
    nearest = known[np.abs(known[None, :] - np.arange(len(found))[:, None]).argmin(1)]
    return tuple(float(value) for value in found[nearest])


def _usual(units: Floats, toward: Floats) -> Floats:
    """[7] shares of weeks [W, 7], leaning on others where little was sold.

    A week counts no more than the middle one: one giant order must not become a weekday.
    """
    total = units.sum(-1)
    sold = total[total > 0]
    if not len(sold):
        return np.asarray(toward, float)
    weight = np.minimum(1.0, np.median(sold) / np.where(total > 0, total, 1.0))
    sums = (units * weight[:, None]).sum(0)
    return np.asarray((sums + STEADY_UNITS * toward) / (sums.sum() + STEADY_UNITS))


def _by(shapes: DayShapes, known: History) -> Floats:
    """[s, W, 7] shares of every series and week."""
    usual = np.stack([shapes.of(name) for name in known.names])[:, None, :]
    factors = np.where(known.holidays, shapes.holiday, 1.0) * np.where(
        known.promoted, shapes.promotion, 1.0
    )
    return grains.shares(usual, factors)


def _summed(categories: History) -> History:
    return History(
        names=("",),
        units=categories.units.sum(0, keepdims=True),
        promoted=np.zeros((1, *categories.units.shape[1:]), bool),
        holidays=categories.holidays,
    )


def _measure(shapes: DayShapes, level: str, known: History) -> tuple[float, dict[str, float]]:
    """Stretch of a level's ranges and how often they hold: learned on the older half of the weeks,
    measured on the newer. The week's forecast is the mean of the 8 weeks before it, which spreads
    as it did in the older half.
    """
    total = known.units.sum(-1)
    if total.shape[1] < 2 * RULE_WEEKS + 4:
        return 1.0, {}
    weekly = _means(total)
    came, by = known.units[:, RULE_WEEKS:], _by(shapes, known)[:, RULE_WEEKS:]
    half = came.shape[1] // 2
    variance = _spread(weekly, total[:, RULE_WEEKS:], half)
    costs = {
        stretch: _cost(
            replace(shapes, stretch={level: stretch}),
            level,
            weekly[:, :half],
            variance[:, :half],
            by[:, :half],
            came[:, :half],
        )
        for stretch in STRETCHES
    }
    best = min(costs, key=lambda stretch: costs[stretch])
    tried = replace(shapes, stretch={level: best})
    return best, _held(
        tried, level, weekly[:, half:], variance[:, half:], by[:, half:], came[:, half:]
    )


def _means(total: Floats) -> Floats:
    """[s, W − 8] mean of the 8 weeks before each week."""
    sums = np.cumsum(np.pad(total, ((0, 0), (1, 0))), axis=1)
    return np.asarray((sums[:, RULE_WEEKS:-1] - sums[:, : -RULE_WEEKS - 1]) / RULE_WEEKS)


def _spread(said: Floats, came: Floats, half: int) -> Floats:
    """Variance of the week's misses of series that sell about as much, from the older half."""
    size = np.searchsorted(SIZES, said)
    result = np.maximum(said, 1.0)
    missed = (came - said) ** 2
    for i in np.unique(size):
        old = (size == i)[:, :half]
        if old.sum() < FEWEST_DAYS:
            continue
        base = np.maximum(said[:, :half][old], 0.1)
        relative = float(np.mean(np.minimum(missed[:, :half][old] / base**2, 25.0)))
        result = np.where(size == i, np.maximum(said, 0.1) ** 2 * relative, result)
    return np.asarray(result)


def _cost(
    shapes: DayShapes, level: str, mean: Floats, variance: Floats, by: Floats, came: Floats
) -> float:
    """Mean interval score (Gneiting and Raftery 2007), lower is better: width, and misses.

    Not coverage: ranges of small counts hold more than they promise, however narrow.
    """
    bounds = shapes._around(level, mean, variance, by)
    scale = np.sqrt(mean[..., None] * by + 1)
    cost = np.zeros(came.shape)
    for share in COVERAGES:
        low = bounds[..., BOUNDS.index(f"lo{share}")]
        high = bounds[..., BOUNDS.index(f"hi{share}")]
        missed = np.maximum(low - came, 0) + np.maximum(came - high, 0)
        cost += (high - low) + 2 / (1 - share / 100) * missed
    return float((cost / scale).mean())


def _held(
    shapes: DayShapes, level: str, mean: Floats, variance: Floats, by: Floats, came: Floats
) -> dict[str, float]:
    """Share of days within each range, days on which nothing is expected left out."""
    bounds = shapes._around(level, mean, variance, by)
    counted = mean[..., None] * by > 0
    return coverage(bounds[counted], came[counted])


def coverage(bounds: Floats, came: Floats) -> dict[str, float]:
    """ "50", "80", "95" → share of [m] within [m, 6]."""
    if not len(came):
        return {}
    found = {}
    for share in COVERAGES:
        low, high = BOUNDS.index(f"lo{share}"), BOUNDS.index(f"hi{share}")
        inside = (came >= bounds[:, low] - 1e-9) & (came <= bounds[:, high] + 1e-9)
        found[str(share)] = float(inside.mean())
    return found


def _measure_sums(known: History) -> dict[str, float]:
    """How often ranges of 30 days that begin on a Thursday hold: about what a month is.

    As `_measure`; how far weeks err alike is read from the ranges of four weeks' sums, as it is
    read from those of a publication.
    """
    total = known.units.sum(-1)
    starts = range(RULE_WEEKS, total.shape[1] - MONTH_WEEKS + 1)
    if len(starts) < 2 * MONTH_WEEKS:
        return {}
    weekly, half = _means(total), len(starts) // 2
    single = _spread(weekly, total[:, RULE_WEEKS:], half)
    fours = np.stack([total[:, at : at + 4].sum(1) for at in starts], 1)
    # The older sums must not reach into the newer half.
    whole = _spread(4 * weekly[:, : len(starts)], fours, max(half - 4, 1))
    days = known.units.reshape(len(total), -1)
    bounds, came = [], []
    for at in range(half, len(starts)):
        first = 7 * starts[at] + 3
        sold = days[:, first : first + 30].sum(1)
        ranges = grains.quantiles(weekly[:, at], single[:, at])
        around = grains.quantiles(4 * weekly[:, at], whole[:, at])
        for i in np.flatnonzero(weekly[:, at] > 0)[:MOST_MEASURED]:
            mean, each = np.full(MONTH_WEEKS, weekly[i, at]), np.tile(ranges[i], (MONTH_WEEKS, 1))
            alike = grains.together(mean, each, {4: (4 * mean[0], around[i])})
            bounds.append(grains.sum_bounds(mean, each, MONTH_WEIGHTS, alike))
            came.append(sold[i])
    return coverage(np.stack(bounds), np.array(came)) if bounds else {}
