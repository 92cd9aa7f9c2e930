"""The expected course of one product's stock, day by day, with its range."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

import numpy as np
import pandas as pd

from ml.ordering.demand import Demand
from ml.ordering.types import DAYS_A_WEEK, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Stock at the end of each day from today on, units."""

    days: tuple[date, ...]
    expected: tuple[float, ...]  # with the order that stands
    low: tuple[float, ...]  # 80 % range: if demand is high
    high: tuple[float, ...]
    without: tuple[float, ...]  # expected, if nothing is ordered today
    deliveries: tuple[tuple[date, float], ...]  # on their way
    order: float  # units ordered today
    arrives_on: date | None  # when they should come; None: nothing is ordered
    out_on: date | None  # first day without stock expected, if nothing is ordered
    out_from: date | None  # if demand is high
    out_to: date | None  # if demand is low


def course(
    demand: Demand,
    on_hand: float,
    receipts: pd.DataFrame,
    *,
    order: float,
    lead_days: float,
    day: date,
    weeks: int,
) -> Course:
    """The course of the one product of `demand`, to `weeks` weeks after the delivery.

    receipts : units · days, on their way. Stock never goes below nothing: what finds an empty
    shelf is missed, not owed. The range is that of the demand since today as a whole, so a day of
    the low course is one whose demand until then was as high as in one case of ten.
    """
    arrives = max(ceil(lead_days), 1)
    count = arrives + weeks * int(DAYS_A_WEEK)
    ends = np.arange(1, count + 1, dtype=np.float64)
    start = float((day - demand.first_week).days)
    rows = np.zeros(count, np.int64)
    mean = demand.until(start + ends, rows) - float(demand.until(start)[0])
    away = {
        quantile: np.array([demand.beyond(np.array([d]), quantile)[0] for d in ends])
        for quantile in (0.1, 0.9)
    }
    come = np.zeros(count)
    for units, when in zip(receipts["units"], receipts["days"], strict=True):
        if ceil(when) <= count:
            come[max(ceil(when), 1) - 1] += units
    ordered = come.copy()
    ordered[arrives - 1] += order
    without = _flow(mean, on_hand, come)
    high_demand, low_demand = mean + np.maximum(away[0.9], 0), mean + np.minimum(away[0.1], 0)
    days = tuple(day + timedelta(days=i) for i in range(count))
    return Course(
        days=days,
        expected=_told(_flow(mean, on_hand, ordered)),
        low=_told(_flow(high_demand, on_hand, ordered)),
        high=_told(_flow(low_demand, on_hand, ordered)),
        without=_told(without),
        deliveries=tuple((days[i], float(come[i])) for i in np.flatnonzero(come)),
        order=order,
        arrives_on=days[arrives - 1] if order > 0 else None,
        out_on=_empty(days, without),
        out_from=_empty(days, _flow(high_demand, on_hand, come)),
        out_to=_empty(days, _flow(low_demand, on_hand, come)),
    )


def _flow(total: Floats, on_hand: float, come: Floats) -> Floats:
    """[days] stock at the end of each day, from the demand since today."""
    daily = np.diff(np.r_[0.0, np.maximum.accumulate(np.maximum(total, 0.0))])
    stock = np.empty(len(daily))
    left = on_hand
    for i, wish in enumerate(daily):
        left = max(left + come[i] - wish, 0.0)
        stock[i] = left
    return stock


def _empty(days: tuple[date, ...], stock: Floats) -> date | None:
    found = np.flatnonzero(stock < 0.5)
    return days[int(found[0])] if len(found) else None


def _told(stock: Floats) -> tuple[float, ...]:
    return tuple(float(units) for units in stock)
