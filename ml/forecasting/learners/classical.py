"""Exponential smoothing, ARIMA and Theta, a product at a time, as statsforecast finds them.

Each is fitted to the product's weeks up to the origin after the season of its category has been
taken out (three years of single weeks are too few for a season of 52 of their own), and the
season is put back. What is told: the usual level is the mean of the last 26 weeks, recent sales
are how far the model's next week stands from it, the trend is how its later weeks go on.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ml.forecasting.learners import histories, season
from ml.forecasting.learners.additive import Additive, mean_instead
from ml.forecasting.panel import Panel
from ml.forecasting.types import Bools, Floats, Ints

log = logging.getLogger("shopsight.forecasting")

THREADS = 2

RUNAWAY = 2.0
"""Times the largest week of its past beyond which no trend carries a product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Classical(Additive):
    pieces: ClassVar[tuple[str, ...]] = ("usual level", "season", "trend", "recent sales")

    def model(self) -> Any:
        """A fresh model of statsforecast."""
        raise NotImplementedError

    def components(self, panel: Panel, origin: int, horizons: Ints) -> Floats:
        past = histories.until(panel, origin)
        index = season.index(panel, origin)
        calm = past.values / index[:, : origin + 1]
        rows = np.flatnonzero(self._own(panel, past, origin))
        longest = int(np.max(horizons))
        ahead = np.repeat(mean_instead(panel, origin, horizons)[:, :1], longest, axis=1)
        ahead = ahead.astype(np.float64)
        usual = ahead[:, 0].copy()
        if len(rows):
            weeks: list[Floats] = [calm[row, past.first[row] :] for row in rows]
            ahead[rows] = self._all(weeks, longest)
            most = RUNAWAY * np.array([found.max() for found in weeks])
            ahead[rows] = np.clip(ahead[rows], 0, most[:, None])
            usual[rows] = histories.usual_level(calm[rows], past.first[rows])
        own = np.zeros(panel.n, bool)
        own[rows] = True
        put_back = np.where(own[:, None], index[:, origin + np.asarray(horizons)], 1.0)
        at, next_week = ahead[:, np.asarray(horizons) - 1], ahead[:, :1]
        usual_level = np.broadcast_to(usual[:, None], at.shape)
        recent = np.broadcast_to(next_week - usual[:, None], at.shape)
        parts = [usual_level, at * (put_back - 1), at - next_week, recent]
        return np.stack(parts).astype(np.float32)

    def notes(self, panel: Panel, origin: int) -> tuple[str, ...]:
        rows = panel.on_offer(origin)
        few = int((rows & ~self._own(panel, histories.until(panel, origin), origin)).sum())
        if not few:
            return ()
        return (
            f"{few:,} of {int(rows.sum()):,} products have fewer than {histories.ENOUGH} weeks "
            "of sales or always sold the same; the mean of their last 8 weeks stands in.",
        )

    def _own(self, panel: Panel, past: histories.Histories, origin: int) -> Bools:
        return past.usable & panel.on_offer(origin)

    def _all(self, weeks: list[Floats], longest: int) -> Floats:
        def ahead(values: Floats) -> Floats:
            return np.asarray(self.model().forecast(y=values, h=longest)["mean"], np.float64)

        self.model()  # imports the library before the threads do
        with _quiet(), ThreadPoolExecutor(THREADS) as pool:
            found = np.stack(list(pool.map(ahead, weeks)))
        odd = ~np.isfinite(found).all(1)
        if odd.any():
            log.warning(
                "%s found no forecast for %d products; their mean is used", self.key, odd.sum()
            )
            found[odd] = np.array([weeks[row].mean() for row in np.flatnonzero(odd)])[:, None]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Ets(_Classical):
    key: ClassVar[str] = "ets"

    def model(self) -> Any:
        from statsforecast.models import AutoETS

        return AutoETS(season_length=1, model="ZZN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Theta(_Classical):
    key: ClassVar[str] = "theta"

    def model(self) -> Any:
        from statsforecast.models import AutoTheta

        return AutoTheta(season_length=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arima(_Classical):
    key: ClassVar[str] = "arima"

    def model(self) -> Any:
        from statsforecast.models import AutoARIMA

        order = int(self.parameters["largest_order"])
        return AutoARIMA(
            season_length=1, max_p=order, max_q=order, max_order=order, approximation=True
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what the search for a model remarks on orders that it tries and drops."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
