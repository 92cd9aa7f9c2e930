"""Rolling origins: what would have been forecast then, by a model that knew no more.

A model is fitted at a few past weeks and used from there on, as in life; what it said is put
beside what came. Choices and ranges for an origin are learned from cases whose week had passed
by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ml.contract import Progress
from ml.forecasting import features
from ml.forecasting.baseline import RuleOfThumb
from ml.forecasting.cases import Cases, join
from ml.forecasting.panel import Panel
from ml.forecasting.types import Floats, Ints

LONGEST_TEST = 52
"""Weeks of the past on which is measured: one of each season."""

ORIGINS = 13
REFITS = 3
"""Of a candidate that costs little; others are measured at fewer (`costs.EFFORTS`)."""

MOST_PRODUCTS = 5_000
"""Products that are measured where there are more: the best-selling half of them, the rest
drawn by chance. Documented in every evaluation that it touches."""


class Learner(Protocol):
    """A candidate inside forecasting: components, learned settings, and their combination.

    `components` may read weeks up to the origin and what had been announced by then, nothing
    else of the panel. `combine` is linear enough to work on cases [k, m] and on weeks ahead
    [k, n, H] alike, and never gives less than zero.
    """

    @property
    def key(self) -> str: ...
    def fit(self, panel: Panel, last: int, seed: int, progress: Progress) -> Learner: ...
    def components(self, panel: Panel, origin: int, horizons: Ints) -> Floats: ...
    def learn(self, cases: Cases | None) -> dict[str, float]: ...
    def combine(self, components: Floats, scale: Floats, settings: dict[str, float]) -> Floats: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    origins: tuple[int, ...]  # indices of last known weeks
    refits: tuple[int, ...]  # those at which a model is fitted

    @classmethod
    def of(cls, n_weeks: int, count: int = ORIGINS, refits: int = REFITS) -> Plan:
        """About `count` origins over the last year, or over the later half of less."""
        span = min(LONGEST_TEST, max((n_weeks - 8) // 2, 4))
        step = max(1, round(span / count))
        origins = tuple(range(n_weeks - 1 - span, n_weeks - 1, step))
        every = max(1, -(-len(origins) // refits))
        return cls(origins=origins, refits=origins[::every])


def sample(panel: Panel, seed: int, most: int = MOST_PRODUCTS) -> Panel:
    """The panel itself, or `most` of its products: half the best-selling, half by chance."""
    if panel.n <= most:
        return panel
    order = np.argsort(-panel.units.sum(1), kind="stable")
    best, rest = order[: most // 2], order[most // 2 :]
    drawn = np.random.default_rng(seed).choice(rest, most - len(best), replace=False)
    return panel.take(np.sort(np.concatenate([best, drawn])))


def run(
    learner: Learner, panel: Panel, *, seed: int, progress: Progress, plan: Plan | None = None
) -> Cases:
    """Every case of the plan; products not yet launched or ended are no cases."""
    plan = plan or Plan.of(panel.n_weeks)
    thumb = RuleOfThumb()
    fitted, parts = learner, []
    for number, origin in enumerate(plan.origins):
        share = number / len(plan.origins)
        progress(f"backtest: origin {number + 1} of {len(plan.origins)}", share)
        if origin in plan.refits:
            fitted = learner.fit(panel, origin, seed, lambda step, part: None)
        parts.append(_cases(fitted, thumb, panel, origin))
    return join(parts)


def _cases(fitted: Learner, thumb: RuleOfThumb, panel: Panel, origin: int) -> Cases:
    longest = min(panel.horizon, panel.n_weeks - 1 - origin)
    horizons = np.arange(1, longest + 1)
    rules = thumb.components(panel, origin, horizons)
    said = rules if isinstance(fitted, RuleOfThumb) else fitted.components(panel, origin, horizons)
    rows = np.flatnonzero(panel.on_offer(origin))
    at = np.ix_(rows, origin + horizons)
    count = len(horizons)
    return Cases(
        origin=np.full(len(rows) * count, origin, np.int32),
        horizon=np.tile(horizons, len(rows)).astype(np.int32),
        product=np.repeat(rows, count).astype(np.int32),
        category=np.repeat(panel.category_of[rows], count),
        actual=panel.sold[at].ravel(),
        seen=panel.seen[at].ravel(),
        scale=np.repeat(features.scales(panel, origin)[rows], count),
        wobble=np.repeat(features.wobbles(panel, origin)[rows], count),
        components=said[:, rows].reshape(len(said), -1),
        thumb=rules[:, rows].reshape(len(rules), -1),
    )
