"""Seasons of one series, named and measured, and the series taken apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from app.services.forecasting import reading
from app.services.forecasting.views import ForecastView
from data_access.queries.events import stockouts_in
from data_access.queries.sales import sales_by_day, sales_by_week
from ml.forecasting.decomposition import smooth, stl
from ml.forecasting.grains import WEEK, Grain
from ml.forecasting.seasons import Seasons, detect
from ml.forecasting.types import Floats

if TYPE_CHECKING:
    from app.context import Desk

YEAR_WEEKS = 52
MOST_WEEKS = 5 * YEAR_WEEKS
TESTED_DAYS = 52 * WEEK
"""Days in which weekdays are compared: the last year, habits change."""

SHOWN_DAYS = 26 * WEEK
TREND_WEEKS = 27
"""Weeks, half a year, of a trend drawn without a season."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonView:
    """What the page says and draws about seasons."""

    seasons: Seasons
    points: tuple[date, ...]
    sold: tuple[float, ...]  # units a point; days without stock filled from their neighbours
    trend: tuple[float, ...]
    season: tuple[float, ...]  # empty where two cycles are not over yet
    rest: tuple[float, ...]
    step: int  # days between two points: 1 or 7
    weekdays: tuple[float, ...]  # times the mean day that each weekday sells, Monday first


def parts(desk: Desk, view: ForecastView, grain: Grain) -> SeasonView:
    """Seasons from all the history there is; days taken apart by weekday, weeks by the year."""
    last = view.model.as_of
    days, first_day = _days(desk, view, last)
    weeks, first_week = _weeks(desk, view, last)
    seasons = detect(days, weeks)
    by_day = grain == "day"
    series, first = (days[-SHOWN_DAYS:], first_day) if by_day else (weeks, first_week)
    if by_day:
        first = first_day + timedelta(days=len(days) - len(series))
    step = 1 if by_day else WEEK
    known = _filled(series)
    period = WEEK if by_day else YEAR_WEEKS
    whole = len(known) >= 2 * period
    found = stl(known, period) if whole else None
    trend = found.trend if found else smooth(known, TREND_WEEKS) if len(known) > 2 else known
    rest = found.rest if found else known - trend
    return SeasonView(
        seasons=seasons,
        points=tuple(first + timedelta(days=step * i) for i in range(len(known))),
        sold=_numbers(known),
        trend=_numbers(trend),
        season=_numbers(found.season) if found else (),
        rest=_numbers(rest),
        step=step,
        weekdays=_weekdays(days),
    )


def _days(desk: Desk, view: ForecastView, last: date) -> tuple[Floats, date]:
    """Days of the last whole weeks, the first a Monday; NaN without stock."""
    asked = reading.selection(view.question, last - timedelta(days=TESTED_DAYS + WEEK), last)
    rows = desk.analytics.frame(view.question.snapshot, sales_by_day(asked))
    known = dict(zip(rows["local_day"].dt.date, rows["units"].astype(float), strict=True))
    if not known:
        return np.zeros(0), last
    start = min(known) + timedelta(days=-min(known).weekday() % WEEK)
    count = max((last - start).days + 1, 0) // WEEK * WEEK
    days = [start + timedelta(days=i) for i in range(count)]
    units = np.array([known.get(day, 0.0) for day in days])
    if view.question.level == "product":
        for row in desk.analytics.frame(view.question.snapshot, stockouts_in(asked)).to_dict(
            "records"
        ):
            ended = last if pd.isna(row["last_day"]) else row["last_day"].date()
            low = max((row["first_day"].date() - start).days, 0)
            units[low : max((ended - start).days + 1, 0)] = np.nan
    return units[-TESTED_DAYS:], start + timedelta(days=max(count - TESTED_DAYS, 0))


def _weeks(desk: Desk, view: ForecastView, last: date) -> tuple[Floats, date]:
    asked = reading.selection(view.question, last - timedelta(weeks=MOST_WEEKS), last)
    rows = desk.analytics.frame(view.question.snapshot, sales_by_week(asked))
    whole = rows[(rows["days"] == WEEK)]
    whole = whole[whole["local_week"].dt.date + timedelta(days=WEEK - 1) <= last]
    if whole.empty:
        return np.zeros(0), last
    units = whole["units"].to_numpy(float)
    first = whole["local_week"].iloc[0].date()
    out = {week for week, short in zip(view.weeks, view.short, strict=True) if short}
    for i in range(len(units)):
        if first + timedelta(weeks=i) in out:
            units[i] = np.nan
    return units, first


def _filled(series: Floats) -> Floats:
    known = ~np.isnan(series)
    if known.all() or not known.any():
        return np.nan_to_num(series)
    places = np.arange(len(series))
    return np.interp(places, places[known], series[known])


def _weekdays(days: Floats) -> tuple[float, ...]:
    grid = days.reshape(-1, WEEK)
    usual = np.array([np.nanmean(column) if (~np.isnan(column)).any() else 0.0
                      for column in grid.T]) if len(grid) else np.zeros(WEEK)  # fmt: skip
    return _numbers(usual / usual.mean()) if usual.sum() > 0 else ()


def _numbers(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
