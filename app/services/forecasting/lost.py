"""Units lost to missing stock: each spell of one product, with a range."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from app.services.forecasting.views import ForecastQuestion
from data_access.queries.events import stockouts_in
from data_access.queries.sales import sales_by_day, units_in_category
from data_access.queries.selection import SalesSelection
from ml.forecasting.lost import NEAR_DAYS, estimate

if TYPE_CHECKING:
    from app.context import Desk

MOST_SPELLS = 60
AROUND = timedelta(days=3 * NEAR_DAYS)
"""Days before the first spell that are read: others may lie between it and days with stock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LostSpell:
    """Local days without stock, and the units that would have sold on them."""

    first: date
    last: date
    units: float
    low: float  # of the 80 % range
    high: float


def spells(
    desk: Desk, question: ForecastQuestion, span: SalesSelection, last_known: date
) -> tuple[LostSpell, ...]:
    """Spells of one product that touch the span, oldest first; a running one ends `last_known`.

    last_known : last whole local day; a spell that begins after it has lost nothing yet.
    """
    rows = desk.analytics.frame(question.snapshot, stockouts_in(span))
    rows = rows[rows["first_day"].dt.date <= last_known].tail(MOST_SPELLS)
    if rows.empty:
        return ()
    firsts = [stamp.date() for stamp in rows["first_day"]]
    lasts = [
        last_known if pd.isna(stamp) else min(stamp.date(), last_known)
        for stamp in rows["last_day"]
    ]
    begin, end = min(firsts) - AROUND, last_known
    days = [begin + timedelta(days=i) for i in range((end - begin).days + 1)]
    sold, whole = _units(desk, question, days)
    out = np.zeros(len(days), bool)
    places = []
    for first, last in zip(firsts, lasts, strict=True):
        place = ((first - begin).days, max((last - begin).days, (first - begin).days))
        out[place[0] : place[1] + 1] = True
        places.append(place)
    return tuple(
        LostSpell(
            first=days[one.first],
            last=days[one.last],
            units=one.units,
            low=one.low,
            high=one.high,
        )
        for one in estimate(sold, np.maximum(whole - sold, 0.0), out, places)
    )


def _units(
    desk: Desk, question: ForecastQuestion, days: list[date]
) -> tuple[np.ndarray, np.ndarray]:
    """Units of each day: of the product, and of its category; of the shop where it has none."""
    asked = SalesSelection(
        level="product", series_id=question.series_id, first_day=days[0], last_day=days[-1]
    )
    rows = desk.analytics.frame(question.snapshot, units_in_category(asked))
    if len(rows):
        return _by_day(rows, "own", days), _by_day(rows, "whole", days)
    shop = SalesSelection(level="shop", first_day=days[0], last_day=days[-1])
    own, whole = (
        desk.analytics.frame(question.snapshot, sales_by_day(one)) for one in (asked, shop)
    )
    return _by_day(own, "units", days), _by_day(whole, "units", days)


def _by_day(rows: pd.DataFrame, column: str, days: list[date]) -> np.ndarray:
    known = dict(zip(rows["local_day"].dt.date, rows[column].astype(float), strict=True))
    return np.array([known.get(day, 0.0) for day in days])
