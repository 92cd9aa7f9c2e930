"""Seasons: found where they were planted, rarely where they were not, unknown where it is early."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from ml.errors import NotEnoughData
from ml.forecasting.decomposition import smooth, stl
from ml.forecasting.seasons import detect, weekly, yearly

WEEK = np.array([1, 0.8, 0.8, 0.8, 0.8, 0.9, 1.5])
NOISES = 300


def white(chance: np.random.Generator) -> np.ndarray:
    return chance.poisson(20, 156).astype(float)


def wandering(chance: np.random.Generator) -> np.ndarray:
    """A level that drifts: slow, but with no year in it."""
    return np.exp(3 + np.cumsum(chance.normal(0, 0.1, 156)))


def sticky(chance: np.random.Generator) -> np.ndarray:
    units = np.full(164, 50.0)
    for week in range(8, 164):
        units[week] = units[week - 8 : week].mean() * chance.uniform(0.6, 1.4)
    return units[8:]


@pytest.mark.parametrize("noise", [white, wandering, sticky])
def test_noise_is_seldom_taken_for_a_yearly_season(
    noise: Callable[[np.random.Generator], np.ndarray],
) -> None:
    chance = np.random.default_rng(4)

    alarms = np.mean([yearly(noise(chance)).found for _ in range(NOISES)])

    assert alarms <= 0.04  # 1 % is promised; 3 in 300 give or take


@pytest.mark.parametrize("mean", [0.3, 1.0, 20.0])
def test_noise_is_seldom_taken_for_a_weekly_season(mean: float) -> None:
    chance = np.random.default_rng(5)

    alarms = np.mean([weekly(chance.poisson(mean, 364).astype(float)).found for _ in range(NOISES)])

    assert alarms <= 0.04


def test_planted_seasons_are_found_and_named() -> None:
    chance = np.random.default_rng(6)
    week = np.arange(156)
    wave = 1 + 0.5 * np.cos(2 * np.pi * (week - 48) / 52.18)
    flat = chance.poisson(30, 364).astype(float)
    by_day = chance.poisson(30 * np.tile(WEEK, 52)).astype(float)
    by_year = chance.poisson(200 * wave).astype(float)
    steady = chance.poisson(200, 156).astype(float)

    assert detect(by_day, by_year).name == "both"
    assert detect(flat, by_year).name == "yearly"
    assert detect(by_day, steady).name == "weekly"
    assert detect(flat, steady).name == "none"


def test_a_stronger_season_explains_more() -> None:
    chance = np.random.default_rng(7)
    week = np.arange(156)

    def strength(size: float) -> float:
        return yearly(chance.poisson(100 * (1 + size * np.cos(2 * np.pi * week / 52.18)))).strength

    assert strength(0.1) < strength(0.3) < strength(0.8) <= 1.0


@pytest.mark.parametrize("weeks", [0, 12, 53, 103])
def test_less_than_two_years_cannot_tell_a_yearly_season(weeks: int) -> None:
    found = yearly(np.full(weeks, 20.0))

    assert not found.enough
    assert not found.found
    assert found.history == pytest.approx(weeks / 52.18, abs=0.06)


def test_less_than_a_quarter_cannot_tell_a_weekly_season() -> None:
    found = weekly(np.tile(WEEK * 100, 11))

    assert (found.enough, found.history) == (False, 11)


def test_one_giant_order_is_no_season() -> None:
    days = np.random.default_rng(8).poisson(5, 364).astype(float)
    days[100] += 10_000

    assert not weekly(days).found


def test_weeks_without_stock_are_left_out() -> None:
    days = np.tile(WEEK * 10, 52)
    days[70:84] = np.nan

    found = weekly(days)

    assert found.found
    assert found.history == 50


def test_a_product_that_hardly_sells_says_nothing() -> None:
    days = np.zeros(364)
    days[::30] = 1.0

    assert not weekly(days).enough


# ── taken apart ──


def wave(count: int, period: int, seed: int = 0) -> np.ndarray:
    chance = np.random.default_rng(seed)
    place = np.arange(count)
    season = 20 * np.cos(2 * np.pi * place / period)
    return np.asarray(50 + 0.1 * place + season + chance.normal(0, 3, count))


@pytest.mark.parametrize("robust", [False, True])
def test_the_parts_are_those_of_statsmodels(robust: bool) -> None:
    from statsmodels.tsa.stl._stl import STL

    series = wave(182, 7)
    series[70] += 300

    found = stl(series, 7, robust=robust)

    theirs = STL(series, 7, seasonal=7, robust=robust).fit(
        inner_iter=2, outer_iter=5 if robust else 0
    )
    assert found.trend == pytest.approx(theirs.trend, abs=1e-6)
    assert found.season == pytest.approx(theirs.seasonal, abs=1e-6)


def test_the_parts_sum_to_the_series_and_an_outlier_lies_in_the_rest() -> None:
    series = wave(156, 52)
    series[70] += 400

    found = stl(series, 52)

    assert found.trend + found.season + found.rest == pytest.approx(series)
    assert found.rest[70] == pytest.approx(400, abs=20)
    assert found.weights[70] < 0.01
    # With three years the season is the same in each.
    assert found.season[:40] == pytest.approx(found.season[104:144], abs=3)


def test_fewer_than_two_cycles_are_refused_with_a_remedy() -> None:
    with pytest.raises(NotEnoughData) as refused:
        stl(np.ones(100), 52)
    assert (refused.value.found, refused.value.needed) == (100, 104)


def test_a_trend_alone_follows_a_straight_line() -> None:
    assert smooth(np.arange(30.0), 9) == pytest.approx(np.arange(30.0))
