"""The two rules of thumb as candidates of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ml.forecasting.baseline import LAST_YEAR, RuleOfThumb
from ml.forecasting.learners.additive import Additive, mean_instead
from ml.forecasting.panel import Panel
from ml.forecasting.types import Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentMean(Additive):
    """The mean of the last 8 seen weeks, for every week ahead."""

    key: ClassVar[str] = "recent_mean"
    pieces: ClassVar[tuple[str, ...]] = ("usual level",)
    corrects: ClassVar[bool] = False

    def components(self, panel: Panel, origin: int, horizons: Ints) -> Floats:
        return mean_instead(panel, origin, horizons)[None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonalNaive(Additive):
    """The same week last year; where it is not known, the mean of the last 8 weeks."""

    key: ClassVar[str] = "seasonal_naive"
    pieces: ClassVar[tuple[str, ...]] = ("usual level", "season")
    corrects: ClassVar[bool] = False

    def components(self, panel: Panel, origin: int, horizons: Ints) -> Floats:
        rules = RuleOfThumb().components(panel, origin, horizons)
        usual = mean_instead(panel, origin, horizons)
        return np.stack([usual, rules[LAST_YEAR] - usual])

    def notes(self, panel: Panel, origin: int) -> tuple[str, ...]:
        rows = panel.on_offer(origin)
        new = int((rows & (panel.launch > origin - 51)).sum())
        if not new:
            return ()
        return (
            f"{new:,} of {int(rows.sum()):,} products have no year behind them; the mean of "
            "their last 8 weeks stands in.",
        )
