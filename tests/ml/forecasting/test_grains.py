"""Days and months of a week: they sum, by hand and whatever the numbers are."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays

from ml.forecasting import BOUNDS, grains
from ml.forecasting.types import BOUND_QUANTILES

MONDAY = date(2026, 11, 23)
numbers = some.floats(0, 1e6, allow_nan=False)


def test_a_week_is_split_by_its_shares() -> None:
    by = grains.shares(np.array([1.0, 1, 1, 1, 1, 2, 3]))

    assert grains.split(np.array([100.0]), by[None])[0] == pytest.approx(
        [10, 10, 10, 10, 10, 20, 30]
    )


def test_a_closed_day_gives_its_share_to_the_others() -> None:
    by = grains.shares(np.full(7, 1 / 7), np.array([0.0, 1, 1, 1, 1, 1, 1]))

    assert by == pytest.approx([0, *[1 / 6] * 6])


def test_a_week_in_which_nothing_is_usual_falls_evenly() -> None:
    assert grains.shares(np.zeros(7)) == pytest.approx([1 / 7] * 7)


@given(arrays(float, (5, 7), elements=numbers), arrays(float, (5,), elements=numbers))
def test_the_days_of_a_week_sum_to_it(weights: np.ndarray, weeks: np.ndarray) -> None:
    days = grains.split(weeks, grains.shares(weights))

    assert days.sum(-1) == pytest.approx(weeks, abs=1e-6)
    assert (days >= 0).all()


@given(
    some.dates(date(2020, 1, 1), date(2035, 1, 1)),
    some.integers(1, 30),
    arrays(float, (30, 7), elements=numbers),
)
def test_months_take_every_day_once(day: date, count: int, weights: np.ndarray) -> None:
    first = day - timedelta(days=day.weekday())
    weeks = [first + timedelta(weeks=i) for i in range(count)]
    by = grains.shares(weights[:count])
    months = sorted({grains.month_of(one) for one in grains.days_of(weeks)})

    total = sum(grains.month_weights(month, weeks, by) for month in months)

    assert total == pytest.approx(np.ones(count))


def test_a_month_sums_the_shares_of_its_broken_weeks() -> None:
    weeks = [date(2026, 11, 23), date(2026, 11, 30)]  # the 30th is a Monday
    by = np.tile(np.full(7, 1 / 7), (2, 1))

    assert grains.month_weights(date(2026, 11, 1), weeks, by) == pytest.approx([1, 1 / 7])


def test_only_months_that_are_known_from_their_first_to_their_last_day_are_whole() -> None:
    found = grains.whole_months(date(2026, 1, 2), date(2026, 4, 30))

    assert found == [date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)]


def test_counts_have_the_quantiles_of_a_poisson_distribution_where_nothing_clumps() -> None:
    # scipy.stats.poisson.ppf of these levels at 3 and 20
    assert grains.quantiles(np.array([3.0, 20.0]), np.array([3.0, 20.0])).tolist() == [
        [0, 1, 2, 4, 5, 7],
        [12, 14, 17, 23, 26, 29],
    ]


def test_many_units_have_the_quantiles_of_a_bell_curve() -> None:
    (found,) = grains.quantiles(np.array([1e5]), np.array([1e6]))

    bell = [1e5 + z * 1e3 for z in (-1.96, -1.2816, -0.6745, 0.6745, 1.2816, 1.96)]
    assert found == pytest.approx(bell, rel=1e-3)


@given(some.floats(0.01, 1e5), some.floats(0.1, 20))
def test_quantiles_lie_within_one_another_and_are_never_negative(mean: float, times: float) -> None:
    (found,) = grains.quantiles(np.array([mean]), np.array([mean * times]))

    assert (np.diff(found) >= 0).all()
    assert found[0] >= 0


def test_a_day_varies_with_its_week_and_with_how_units_clump() -> None:
    week, share = np.array([70.0]), np.array([1 / 7])

    def variance(of_week: float, clumping: float) -> float:
        (found,) = grains.day_variance(week, np.array([of_week]), share, np.array([clumping]))
        return float(found)

    assert variance(0.0, 0.0) == pytest.approx(70 / 7 * 6 / 7)  # binomial
    assert variance(490.0, 0.0) == pytest.approx(490 / 49 + 60 / 7)
    assert variance(0.0, 1.0) == pytest.approx(70**2 / 7 * 6 / 7)  # all on one day


# ── sums ──


def ranges(mean: float, away: float) -> np.ndarray:
    """Bounds of a week whose 80 % range reaches so far to either side."""
    return np.array([mean - 1.5 * away, mean - away, mean - 0.5 * away,
                     mean + 0.5 * away, mean + away, mean + 1.5 * away])  # fmt: skip


def test_weeks_that_err_apart_have_a_narrow_sum_and_those_that_err_alike_a_wide_one() -> None:
    mean, bounds = np.full(4, 100.0), np.tile(ranges(100, 10), (4, 1))

    apart = grains.together(mean, bounds, {4: (400.0, ranges(400, 20))})  # 10 · √4
    alike = grains.together(mean, bounds, {4: (400.0, ranges(400, 40))})  # 10 · 4

    assert (apart.low, apart.high) == ((0.0,), (0.0,))
    assert (alike.low, alike.high) == ((1.0,), (1.0,))


def test_the_range_of_a_sum_that_was_measured_comes_back() -> None:
    mean, bounds = np.full(4, 100.0), np.tile(ranges(100, 10), (4, 1))
    known = grains.together(mean, bounds, {4: (400.0, ranges(400, 33))})

    found = grains.sum_bounds(mean, bounds, np.ones(4), known)

    assert found[BOUNDS.index("lo80")] == pytest.approx(367)
    assert found[BOUNDS.index("hi80")] == pytest.approx(433)


def test_nothing_measured_is_half_way() -> None:
    nothing = grains.together(np.ones(3), np.tile(ranges(1, 0.1), (3, 1)), {})

    assert nothing.over(3) == (0.5, 0.5)


@given(
    arrays(float, (8,), elements=some.floats(0, 1e4)),
    arrays(float, (8,), elements=some.floats(0, 1)),
    some.floats(0, 1),
    some.floats(0, 1e4),
)
def test_ranges_of_sums_lie_within_one_another_around_the_sum(
    mean: np.ndarray, weights: np.ndarray, alike: float, noise: float
) -> None:
    bounds = np.stack([ranges(one, 0.3 * one) for one in mean])
    known = grains.Together(weeks=(4,), low=(alike,), high=(alike,))

    found = grains.sum_bounds(mean, bounds, weights, known, noise)

    total = float((mean * weights).sum())
    assert (np.diff(found) >= -1e-6).all()
    assert found[0] >= 0
    assert found[2] <= total + 1e-6 <= found[3] + 2e-6
    assert len(found) == len(BOUND_QUANTILES)
