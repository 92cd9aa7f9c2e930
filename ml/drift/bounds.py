"""How far apart days usually are, learned from past days, and the correction for many tests.

Days hang together: orders of one campaign are alike, and a Sunday is no Tuesday. No table of a
test knows that, so bounds come from how far past days were from what a model could have learned
by then. Each input is first put on a scale of its own tail; then the largest of all inputs of a
day is looked at as one figure (Westfall and Young), which accounts for inputs that move together;
its bound is the figure that so few days exceed that no more false alarms are to be expected in a
month than asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.drift.histograms import Bools, Floats

TAIL = 0.10
"""Share of past days that the tail is learned from; beyond them it falls exponentially."""

OWN = 1e-3
"""Chance of a day at which inputs are put on one scale before they are compared."""

LEAST = 1.5
"""Least scale of a test, in what chance alone does: where nothing ever happened, the first odd
case is no alarm."""

HEAVIEST = 0.25
"""Shape of the heaviest tail that is believed (generalised Pareto); 0: exponential."""


DISTURBED = 0.04
"""Share of past days at most that are left out because something happened on them."""

UNHEARD = 1e-3
"""Chance beyond which a past day is taken for a disturbance, by the tail of the calm ones."""

BLOCK = 14
"""Days that stay together when the past is halved: days next to each other are alike."""


@dataclass(frozen=True, slots=True)
class Tail:
    """The upper end of what was usual: exceedances over `start` follow a generalised Pareto."""

    start: float
    scale: float
    shape: float
    share: float  # of days above `start`

    def level(self, chance: float) -> float:
        """The figure that a day exceeds with this chance."""
        ratio = chance / self.share
        if ratio >= 1:
            return self.start
        if abs(self.shape) < 1e-6:
            return float(self.start - self.scale * np.log(ratio))
        return float(self.start + self.scale * (ratio ** (-self.shape) - 1) / self.shape)


def tail_of(values: Floats) -> Tail:
    """The tail of so many past figures, by probability-weighted moments (Hosking and Wallis);
    lighter tails than exponential are not believed, heavier ones up to `HEAVIEST`."""
    values = values[np.isfinite(values)]
    if not len(values):
        return Tail(start=0.0, scale=0.0, shape=0.0, share=TAIL)
    start = float(np.quantile(values, 1 - TAIL))
    above = np.sort(values[values > start]) - start
    if len(above) < 5:
        spread = float(values.std())
        return Tail(start=start, scale=spread, shape=0.0, share=TAIL)
    mean = float(above.mean())
    rank = (np.arange(1, len(above) + 1) - 0.35) / len(above)
    weighted = float(((1 - rank) * above).mean())
    shape = 2 - mean / max(mean - 2 * weighted, 1e-12)
    shape = float(np.clip(shape, 0.0, HEAVIEST))
    return Tail(start=start, scale=mean * (1 - shape), shape=shape, share=len(above) / len(values))


def own_bounds(past: Floats) -> Floats:
    """[tests] the figure of each test that a day exceeds with the chance `OWN`; past: [days,
    tests]."""
    return np.array([max(tail_of(column).level(OWN), LEAST) for column in past.T])


def unheard_of(values: Floats) -> float:
    """The figure beyond which a day was no ordinary one, whatever the largest few of all were.

    The tail is taken as exponential, its scale from the exceedances with the top `DISTURBED` of
    all days censored: of these only counts that they lie beyond the others.
    """
    values = np.sort(values[np.isfinite(values)])
    if len(values) < 20:
        return float("inf")
    start = float(np.quantile(values, 1 - TAIL))
    above = values[values > start] - start
    seen = above[: max(len(above) - int(np.ceil(DISTURBED * len(values))), 0)]
    if len(seen) < 3:
        return float("inf")
    scale = (float(seen.sum()) + (len(above) - len(seen)) * float(seen[-1])) / len(seen)
    return start - scale * float(np.log(UNHEARD / TAIL))


def _cautious(tail: Tail, days: int) -> Tail:
    """The tail one standard error wider: of few days it is not known well how far it reaches."""
    wider = 1 + 1 / np.sqrt(max(TAIL * days, 1.0))
    return Tail(start=tail.start, scale=tail.scale * wider, shape=tail.shape, share=tail.share)


@dataclass(frozen=True, slots=True)
class Together:
    """The bounds of all tests, learned together.

    own : [tests] the scale of each; a day's figure over `own` and `bound` is its score.
    largest : [past days] the largest scaled figure of each; NaN where there is none.
    ordinary : [past days] False: something happened on that day, it was left out.
    """

    own: Floats
    largest: Floats
    bound: float
    ordinary: Bools


def together(past: Floats, chance: float) -> Together:
    """Learn the bounds: a day exceeds one of them with this chance.

    Each half of the past days is put on the scale of the other half's tails: a day that itself
    made the scale would look more ordinary than days to come do. Days far beyond all others are
    no measure of what is usual (a burst of fraud, a day without data): they are left out.

    past : [days, tests]; NaN where a day has none.
    """
    half = (np.arange(len(past)) // BLOCK) % 2 == 0
    ordinary = np.ones(len(past), bool)
    while True:
        scaled = np.empty_like(past)
        scaled[half] = past[half] / own_bounds(past[~half & ordinary])
        scaled[~half] = past[~half] / own_bounds(past[half & ordinary])
        some = np.isfinite(scaled).any(axis=1)
        largest = np.full(len(scaled), np.nan)
        if some.any():
            largest[some] = np.nanmax(scaled[some], axis=1)
        beyond = ordinary & (largest > unheard_of(largest[ordinary]))
        left = int(DISTURBED * len(past)) - int((~ordinary).sum())
        if not beyond.any() or left <= 0:
            break
        worst = np.argsort(np.where(beyond, -largest, np.inf), kind="stable")
        ordinary[worst[: min(left, int(beyond.sum()))]] = False
    return Together(
        own=own_bounds(past[ordinary]),
        largest=largest,
        bound=max(_cautious(tail_of(largest[ordinary]), int(ordinary.sum())).level(chance), 1e-9),
        ordinary=ordinary,
    )
