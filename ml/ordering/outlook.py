"""Stock seen from today: what will be asked for, what comes, when it runs out, what is missed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtri

from ml.ordering import shortage
from ml.ordering.arrivals import Arrivals
from ml.ordering.demand import Demand
from ml.ordering.types import DAYS_A_WEEK, Floats, Ints


@dataclass(frozen=True, eq=False)
class Outlook:
    """`n` products on one day."""

    demand: Demand
    start: float
    """Days from the first Monday of the forecast to today."""
    stock: Floats
    """[n] units on the shelf this morning."""
    arrivals: Arrivals
    spread: Floats
    """[n] standard deviation of the lead time, days."""

    @cached_property
    def gone(self) -> Floats:
        """[n] units expected from the first Monday to today."""
        return self.demand.until(self.start)

    def between(self, days: Floats, rows: Ints | None = None) -> Floats:
        """[m] units expected within so many days; `rows` as in `Demand.until`."""
        gone = self.gone if rows is None else self.gone[rows]
        return self.demand.until(self.start + days, rows) - gone

    def bound(self, mean: Floats, days: Floats, quantile: float) -> Floats:
        """[n] a quantile of the demand over a lead time of about so many days, units.

        mean : the expected demand of these days. Forecast and lead time miss independently.
        """
        score = ndtri(quantile)
        own = self.demand.beyond(days, quantile)
        own = np.maximum(own, 0.0) if score >= 0 else np.minimum(own, 0.0)
        late = score * mean / np.maximum(days, 1e-9) * self.spread
        away = np.sqrt(np.square(own) + np.square(late))
        return np.asarray(np.maximum(mean + (away if score >= 0 else -away), 0.0))

    def deviation(self, mean: Floats, days: Floats, rows: Ints | None = None) -> Floats:
        """[m] standard deviation of the demand over such a lead time, units."""
        spread = self.spread if rows is None else self.spread[rows]
        late = mean / np.maximum(days, 1e-9) * spread
        return np.asarray(np.sqrt(np.square(self.demand.deviation(days, rows)) + np.square(late)))

    def missed(self, mean: Floats, deviation: Floats, days: Floats) -> Floats:
        """[n] units expected to be missed within so many days, deliveries on their way counted.

        Looked at on the eve of each delivery and on the last day: what was missed before a
        delivery is not made good by it.
        """
        supply = self.stock + self.arrivals.by(days)
        answer = shortage.expected(mean, deviation, supply)
        before = self.stock.copy()
        for turn in range(self.arrivals.days.shape[1]):
            eve = self.arrivals.days[:, turn]
            at = np.flatnonzero((eve > 0) & (eve < days))
            early = self.between(eve[at], at)
            own = self.demand.deviation(eve[at], at)
            answer[at] = np.maximum(answer[at], shortage.expected(early, own, before[at]))
            before += self.arrivals.units[:, turn]
        return answer

    def runs_out(self) -> Floats:
        """[n] days until the shelf is expected to be empty; infinite: not within the forecast.

        Stock sells at the mean forecast; a delivery that comes in time is sold after it.
        """
        supply = self.gone + self.stock
        answer = self._reached(supply, None) - self.start
        rows = np.arange(len(self.demand))
        for turn in range(self.arrivals.days.shape[1]):
            # Only those whose next delivery comes before the shelf is empty go on.
            due = self.arrivals.days[rows, turn]
            rows = rows[(answer[rows] >= due) & np.isfinite(due)]
            supply[rows] += self.arrivals.units[rows, turn]
            answer[rows] = self._reached(supply[rows], rows) - self.start
        return np.asarray(np.maximum(answer, 0.0))

    def _reached(self, supply: Floats, rows: Ints | None) -> Floats:
        """[m] days after the first Monday on which the demand since then has reached the supply."""
        running, mean = self.demand.running, self.demand.mean
        if rows is not None:
            running, mean = running[rows], mean[rows]
        whole = (running <= supply[:, None].astype(np.float32)).sum(1) - 1
        last = running.shape[1] - 1
        inside = np.clip(whole, 0, last - 1)
        line = np.arange(len(supply))
        week = np.maximum(mean[line, inside], 1e-9)
        days = (inside + (supply - running[line, inside]) / week) * DAYS_A_WEEK
        return np.where(whole >= last, np.inf, days)
