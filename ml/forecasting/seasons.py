"""Does a series have a season, weekly or yearly? A test, and a strength between 0 and 1.

Weekly: Friedman's test, the weekdays of each week ranked against one another, so that trend,
promotions of whole weeks and giant orders do not count. Yearly: the power of the year and its first
harmonics against that of the frequencies beside them, so that slow wandering is not a season.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from scipy.special import chdtrc

from ml.forecasting.types import Floats

Name = Literal["none", "weekly", "yearly", "both"]

WEEK = 7
FEWEST_WEEKS = 12
"""Weeks of days under which weekdays say nothing yet: a quarter."""

YEAR = 365.25 / 7
FEWEST_YEARS = 2
"""Whole years under which a season cannot be told from chance: it must have come twice."""

HARMONICS = 4
"""Waves a year that are looked at: those of a year, a half, a third and a quarter."""

LEVEL = 0.01
"""Chance at which a shop without a season is said to have one."""

DRAWS = 20_000
"""Series without a season that the yearly one is compared with: tells 1 % well."""

FEWEST_UNITS = 30.0
"""Units in all under which nothing is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """One season: whether it is there, and how strong."""

    found: bool
    strength: float  # share of what varies (beyond trend) that the season explains, 0 to 1
    chance: float  # how often chance alone would look like this
    enough: bool  # False: too little history to tell
    history: float  # weeks (weekly) or years (yearly) that were looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Seasons:
    weekly: Season
    yearly: Season

    @property
    def name(self) -> Name:
        if self.weekly.found and self.yearly.found:
            return "both"
        return "weekly" if self.weekly.found else "yearly" if self.yearly.found else "none"


def detect(days: Floats, weeks: Floats) -> Seasons:
    """Seasons of one series.

    Parameters
    ----------
    days : [7·w] units a day, the first a Monday; NaN where nothing could be sold.
    weeks : [w] units a week, oldest first; NaN likewise.
    """
    return Seasons(weekly=weekly(days), yearly=yearly(weeks))


def weekly(days: Floats) -> Season:
    """Friedman's test with ties over the weekdays of weeks that sold something."""
    grid = np.asarray(days, float)[: len(days) // WEEK * WEEK].reshape(-1, WEEK)
    grid = grid[~np.isnan(grid).any(1)]
    grid = grid[grid.sum(1) > 0]
    count = len(grid)
    if count < FEWEST_WEEKS or grid.sum() < FEWEST_UNITS:
        return _unknown(count)
    ranks = np.stack([_ranks(week) for week in grid])
    sums = ranks.sum(0)
    ties = sum(float((t**3 - t).sum()) for t in (_tied(week) for week in grid))
    spread = 12 * float(((sums - sums.mean()) ** 2).sum())
    scale = count * WEEK * (WEEK + 1) - ties / (WEEK - 1)
    if scale <= 0:
        return _unknown(count)
    chance = float(chdtrc(WEEK - 1, spread / scale))
    strength = _strength(grid / grid.mean(1, keepdims=True))
    return Season(
        found=chance < LEVEL, strength=strength, chance=chance, enough=True, history=count
    )


def _ranks(values: Floats) -> Floats:
    """Mid-ranks, 1 for the smallest."""
    below = (values[None, :] < values[:, None]).sum(1)
    same = (values[None, :] == values[:, None]).sum(1)
    return np.asarray(below + (same + 1) / 2)


def _tied(values: Floats) -> Floats:
    return np.asarray(np.unique(values, return_counts=True)[1], float)


def _strength(relative: Floats) -> float:
    """Share of the variance between days that their weekdays explain, less what chance gives."""
    total = float(((relative - relative.mean()) ** 2).sum())
    if total <= 0:
        return 0.0
    between = len(relative) * float(((relative.mean(0) - relative.mean()) ** 2).sum())
    groups, cases = relative.shape[1], relative.size
    within = (total - between) / max(cases - groups, 1)
    return float(np.clip((between - (groups - 1) * within) / total, 0.0, 1.0))


def yearly(weeks: Floats) -> Season:
    """Power at 1 to 4 waves a year against the frequencies beside them, over whole years."""
    series = np.asarray(weeks, float)
    years = len(series) / YEAR
    whole = int(years + 0.02)  # 104 weeks are two years, though 0.4 weeks short
    filled = _filled(series)
    if whole < FEWEST_YEARS or np.nansum(series) < FEWEST_UNITS:
        return _unknown(round(years, 1))
    length = min(round(whole * YEAR), len(series))
    recent = _calm(np.sqrt(np.maximum(filled[-length:], 0.0)))
    power = np.abs(np.fft.rfft(_straight(recent))) ** 2
    at = [whole * k for k in range(1, HARMONICS + 1) if whole * k < len(power) - 1]
    beside = sorted(
        {
            place + step
            for place in at
            for step in range(-(whole // 2) - 1, whole // 2 + 2)
            if place + step not in at and 2 <= place + step < len(power) - 1
        }
    )
    # Each harmonic against its own neighbours: power falls with frequency where sales wander.
    ratios, counts = [], []
    for place in at:
        near = [b for b in beside if abs(b - place) <= whole // 2 + 1]
        ratios.append((power[place], float(np.mean(power[near]))))
        counts.append(len(near))
    ratio = float(np.mean([own / max(other, 1e-12) for own, other in ratios]))
    chance = float((_by_chance(tuple(counts)) >= ratio).mean())
    strength = float(sum(max(own - other, 0.0) for own, other in ratios) / power[1:].sum())
    return Season(
        found=chance < LEVEL,
        strength=float(np.clip(strength, 0.0, 1.0)),
        chance=chance,
        enough=True,
        history=round(years, 1),
    )


@lru_cache(maxsize=16)
def _by_chance(counts: tuple[int, ...]) -> Floats:
    """The same ratio of series without a season: powers of noise are exponential."""
    chance = np.random.default_rng(7)
    own = chance.exponential(size=(DRAWS, len(counts)))
    beside = np.stack([chance.gamma(n, 1 / n, size=DRAWS) for n in counts], axis=1)
    return np.asarray((own / beside).mean(1))


def _filled(series: Floats) -> Floats:
    """Weeks that were not seen take the line between their neighbours."""
    known = ~np.isnan(series)
    if known.all() or not known.any():
        return np.nan_to_num(series)
    places = np.arange(len(series))
    return np.interp(places, places[known], series[known])


def _calm(series: Floats) -> Floats:
    """No week farther from the middle than a giant order may push it."""
    middle = float(np.median(series))
    reach = 5 * 1.4826 * float(np.median(np.abs(series - middle)))
    return np.clip(series, middle - reach, middle + reach) if reach > 0 else series


def _straight(series: Floats) -> Floats:
    """Without its straight trend."""
    places = np.arange(len(series))
    slope, start = np.polyfit(places, series, 1)
    return np.asarray(series - (slope * places + start))


def _unknown(history: float) -> Season:
    return Season(found=False, strength=0.0, chance=1.0, enough=False, history=float(history))
