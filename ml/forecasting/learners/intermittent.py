"""Slow movers: how much is bought when something is bought, and how often that happens.

Croston (1972) smooths the size of a sale and the weeks between two sales, both only when
something sells. Teunter, Syntetos and Babai (TSB, 2011) smooth the chance of a sale every week,
so that the forecast of a product that died goes to zero. Weeks without stock change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ml.forecasting.learners import histories
from ml.forecasting.learners.additive import Additive, mean_instead
from ml.forecasting.panel import Panel
from ml.forecasting.types import Bools, Floats, Ints

SBA = 0.95
"""1 − α/2 for α = 0.1, as Syntetos and Boylan take out Croston's bias."""

FEWEST_SALES = 2
"""Weeks with a sale under which nothing can be said about the time between two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Intermittent(Additive):
    pieces: ClassVar[tuple[str, ...]] = ("usual level", "recent sales")

    def rate(self, units: Floats, counted: Bools) -> Floats:
        """[n] units a week after these weeks [n, t], of which the counted ones are known."""
        raise NotImplementedError

    def components(self, panel: Panel, origin: int, horizons: Ints) -> Floats:
        past = histories.until(panel, origin)
        rate = self.rate(np.where(past.seen, past.values, 0), past.seen)
        usual = histories.usual_level(past.values, past.first)
        instead = mean_instead(panel, origin, horizons)
        own = _sells(panel, origin)[:, None]
        level = np.where(own, usual[:, None], instead)
        moved = np.where(own, (rate - usual)[:, None], 0.0)
        return np.stack([level, np.broadcast_to(moved, level.shape)]).astype(np.float32)

    def notes(self, panel: Panel, origin: int) -> tuple[str, ...]:
        rows = panel.on_offer(origin)
        few = int((rows & ~_sells(panel, origin)).sum())
        if not few:
            return ()
        return (
            f"{few:,} of {int(rows.sum()):,} products sold in fewer than {FEWEST_SALES} weeks; "
            "the mean of their last 8 weeks stands in.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tsb(_Intermittent):
    """Size of a sale × chance of a sale, each smoothed."""

    key: ClassVar[str] = "tsb"

    def rate(self, units: Floats, counted: Bools) -> Floats:
        size_step = float(self.parameters["size_step"])
        chance_step = float(self.parameters["chance_step"])
        n = len(units)
        size, chance = np.zeros(n), np.zeros(n)
        sold_before, began = np.zeros(n, bool), np.zeros(n, bool)
        for week in range(units.shape[1]):
            now, known = units[:, week], counted[:, week]
            sells = known & (now > 0)
            size = np.where(
                sells, np.where(sold_before, size + size_step * (now - size), now), size
            )
            step = np.where(began, chance + chance_step * (sells - chance), sells)
            chance = np.where(known, step, chance)
            sold_before |= sells
            began |= known
        return size * chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Croston(_Intermittent):
    """Size of a sale over the weeks between two sales, each smoothed."""

    key: ClassVar[str] = "croston"

    def rate(self, units: Floats, counted: Bools) -> Floats:
        step = float(self.parameters["size_step"])
        n = len(units)
        size, gap, waited = np.zeros(n), np.zeros(n), np.zeros(n)
        sold_before = np.zeros(n, bool)
        for week in range(units.shape[1]):
            now, known = units[:, week], counted[:, week]
            waited = waited + known
            sells = known & (now > 0)
            size = np.where(sells, np.where(sold_before, size + step * (now - size), now), size)
            gap = np.where(sells, np.where(sold_before, gap + step * (waited - gap), waited), gap)
            waited = np.where(sells, 0, waited)
            sold_before |= sells
        rate = np.divide(size, gap, out=np.zeros(n), where=gap > 0)
        return rate * (SBA if bool(self.parameters["less_bias"]) else 1.0)


def _sells(panel: Panel, origin: int) -> Bools:
    """[n] products that sold often enough for a rhythm."""
    seen = panel.seen[:, : origin + 1]
    return np.asarray(((panel.units[:, : origin + 1] > 0) & seen).sum(1) >= FEWEST_SALES)
