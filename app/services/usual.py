"""What is usual for a key figure: the same span of days in earlier weeks and a year ago.

A span of days is always compared with spans that end on the same weekday, because Sundays are
strong and nights are weak; a year ago means 364 days, which keeps the weekday.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from app.metrics import Metric

WEEKS = 12  # earlier weeks that make the usual range: a season, not a year
FEWEST = 4  # weeks below which no range is claimed
LOW, HIGH = 0.1, 0.9  # quantiles: a value outside is seen about once in five weeks
YEAR = 364  # days; a multiple of seven


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One key figure over a span of days, beside what was usual."""

    slug: str
    value: float | None
    last_year: float | None  # the span 364 days earlier; None where the shop was not there
    low: float | None  # 10 % and 90 % quantile of the same span in up to 12 earlier weeks
    middle: float | None  # their median
    high: float | None
    history: tuple[float, ...]  # the same span in earlier weeks and now, oldest first

    @property
    def change(self) -> float | None:
        """Relative change on last year; None where that says nothing."""
        if self.value is None or not self.last_year:
            return None
        return self.value / self.last_year - 1

    @property
    def unusual(self) -> bool:
        """Outside its usual range."""
        if self.value is None or self.low is None or self.high is None:
            return False
        return not self.low <= self.value <= self.high


def figure(days: pd.DataFrame, metric: Metric, *, last: date, span: int) -> Figure:
    """The figure over the `span` days that end with `last`.

    days : one row a local day, index of dates without gaps, columns of `key_figures`.
    """
    earlier = [
        value
        for back in range(WEEKS, 0, -1)
        if (value := over(days, metric, last=last - timedelta(days=7 * back), span=span))
        is not None
    ]
    value = over(days, metric, last=last, span=span)
    low, middle, high = usual_range(earlier)
    return Figure(
        slug=metric.slug,
        value=value,
        last_year=over(days, metric, last=last - timedelta(days=YEAR), span=span),
        low=low,
        middle=middle,
        high=high,
        history=tuple(earlier) if value is None else (*earlier, value),
    )


def over(days: pd.DataFrame, metric: Metric, *, last: date, span: int) -> float | None:
    """Value of the metric over a span; None where the data does not hold the whole span."""
    first = last - timedelta(days=span - 1)
    if days.empty or first < days.index[0] or last > days.index[-1]:
        return None
    chosen = days.loc[first:last, list(metric.columns)]
    if chosen.isna().to_numpy().any():
        return None
    sums = chosen.sum()
    return metric.value({name: float(sums[name]) for name in metric.columns})


def usual_range(values: list[float]) -> tuple[float | None, float | None, float | None]:
    """10 % quantile, median, 90 % quantile; three times None with fewer than 4 values."""
    if len(values) < FEWEST:
        return None, None, None
    low, middle, high = np.quantile(values, [LOW, 0.5, HIGH])
    return float(low), float(middle), float(high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A metric day by day, with the usual range of each day and the year before."""

    days: tuple[date, ...]
    values: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    last_year: tuple[float | None, ...]


def course(days: pd.DataFrame, metric: Metric, *, last: date, shown: int) -> Course:
    """The last `shown` days up to `last`; the range of a day is of the 12 same weekdays before."""
    daily = _daily(days, metric)
    wanted = [last - timedelta(days=back) for back in range(shown - 1, -1, -1)]
    wanted = [day for day in wanted if day in daily]
    low: list[float | None] = []
    high: list[float | None] = []
    for day in wanted:
        before = (daily.get(day - timedelta(days=7 * back)) for back in range(1, WEEKS + 1))
        bottom, _, top = usual_range([value for value in before if value is not None])
        low.append(bottom)
        high.append(top)
    return Course(
        days=tuple(wanted),
        values=tuple(daily.get(day) for day in wanted),
        low=tuple(low),
        high=tuple(high),
        last_year=tuple(daily.get(day - timedelta(days=YEAR)) for day in wanted),
    )


def _daily(days: pd.DataFrame, metric: Metric) -> Mapping[date, float | None]:
    """Value of each day; None where a column is unknown."""
    columns = list(metric.columns)
    rows = days[columns].to_numpy(dtype=float)
    found: dict[date, float | None] = {}
    for day, row in zip(days.index, rows, strict=True):
        known = not np.isnan(row).any()
        found[day] = metric.value(dict(zip(columns, row.tolist(), strict=True))) if known else None
    return found


def whole_month(days: pd.DataFrame, metric: Metric, month: date) -> float | None:
    """The figure over a calendar month (its first day); None where the data lacks a day of it."""
    ends = (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return over(days, metric, last=ends, span=(ends - month).days + 1)


def share_gone(days: pd.DataFrame, metric: Metric, *, month: date, last: date) -> float:
    """Which share of the month's value is usually reached by `last`.

    The year before says it, because December's second half is not its first; without it the days
    are counted.
    """
    ends = (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    year = timedelta(days=YEAR)
    length, gone = (ends - month).days + 1, (last - month).days + 1
    whole = over(days, metric, last=ends - year, span=length)
    part = over(days, metric, last=last - year, span=gone)
    if metric.additive and whole and part is not None:
        return min(part / whole, 1.0)
    return gone / length
