"""What is usual: worked out on days whose values are known."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from app.metrics import BY_SLUG
from app.services.usual import course, figure, over, share_gone, usual_range

LAST = date(2026, 11, 19)
REVENUE = BY_SLUG["revenue"]


def days(number: int, **columns: float) -> pd.DataFrame:
    """Days up to LAST; revenue is 100 on each, and 1,000 on Sundays."""
    index = [LAST - timedelta(days=back) for back in range(number - 1, -1, -1)]
    revenue = [1000.0 if day.weekday() == 6 else 100.0 for day in index]
    return pd.DataFrame({"revenue": revenue, **columns}, index=index)


def test_a_sunday_is_compared_with_sundays() -> None:
    sunday = date(2026, 11, 15)
    found = figure(days(500), REVENUE, last=sunday, span=1)

    assert (found.value, found.low, found.middle, found.high) == (1000, 1000, 1000, 1000)
    assert not found.unusual


def test_a_value_outside_four_of_five_weeks_is_unusual() -> None:
    frame = days(500)
    frame.loc[LAST, "revenue"] = 500.0

    found = figure(frame, REVENUE, last=LAST, span=1)

    assert found.unusual
    assert found.high == pytest.approx(100.0)


def test_last_year_keeps_the_weekday() -> None:
    frame = days(500)
    frame.loc[LAST - timedelta(days=364), "revenue"] = 80.0

    assert figure(frame, REVENUE, last=LAST, span=1).change == pytest.approx(0.25)


def test_a_span_that_the_data_does_not_hold_is_unknown() -> None:
    frame = days(20)

    assert over(frame, REVENUE, last=LAST, span=28) is None
    assert figure(frame, REVENUE, last=LAST, span=1).last_year is None


def test_three_weeks_make_no_usual_range() -> None:
    assert usual_range([1.0, 2.0, 3.0]) == (None, None, None)


def test_a_day_whose_visits_are_unknown_gives_no_conversion() -> None:
    frame = days(30, visits=100.0, conversions=3.0)
    frame.loc[LAST, "visits"] = None

    assert over(frame, BY_SLUG["conversion"], last=LAST, span=1) is None


def test_the_course_holds_each_day_with_the_year_before() -> None:
    found = course(days(500), REVENUE, last=LAST, shown=14)

    assert len(found.days) == 14
    assert found.values.count(1000) == 2  # two Sundays
    assert found.last_year == found.values


def test_half_of_a_month_is_what_the_year_before_says() -> None:
    frame = days(800)
    month = date(2026, 11, 1)
    second_half = [day for day in frame.index if date(2025, 11, 20) <= day <= date(2025, 12, 5)]
    frame.loc[second_half, "revenue"] *= 10

    assert share_gone(frame, REVENUE, month=month, last=LAST) < 0.25
    assert share_gone(days(60), REVENUE, month=month, last=LAST) == pytest.approx(19 / 30)
