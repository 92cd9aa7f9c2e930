"""Shares of days: found again where they were planted, left alone where nothing was."""

from __future__ import annotations

import numpy as np
import pytest

from ml.forecasting.shapes import DayShapes, History, clumping, factor, learn

WEEKS = 52
PLANTED = np.array([0.2, 0.1, 0.1, 0.1, 0.1, 0.15, 0.25])


def history(weekly: list[float], *, closed: bool = False, seed: int = 1) -> History:
    """Poisson days of some series; every eighth Wednesday is a holiday, closed or not."""
    chance = np.random.default_rng(seed)
    holidays = np.zeros((WEEKS, 7), bool)
    holidays[::8, 2] = True
    rate = np.array(weekly)[:, None, None] * np.tile(PLANTED, (len(weekly), WEEKS, 1))
    units = chance.poisson(rate).astype(float)
    if closed:
        units[:, holidays] = 0.0
    return History(
        names=tuple(f"c{i}" for i in range(len(weekly))),
        units=units,
        promoted=np.zeros(units.shape, bool),
        holidays=holidays,
    )


@pytest.fixture(scope="module")
def learned() -> DayShapes:
    return learn(history([3000, 500, 40], closed=True), history([14.0] * 60, closed=True))


def test_planted_shares_are_found_again(learned: DayShapes) -> None:
    assert learned.of("c0") == pytest.approx(PLANTED, abs=0.01)
    assert sum(learned.shop) == pytest.approx(1.0)


def test_a_small_category_leans_on_the_shop() -> None:
    known = history([5000, 0.05])

    shapes = learn(known, known)

    assert shapes.of("c1") == pytest.approx(np.array(shapes.shop), abs=0.02)


def test_an_unknown_category_takes_the_shops_shares(learned: DayShapes) -> None:
    assert learned.of("new").tolist() == list(learned.shop)


def test_a_giant_order_does_not_become_a_weekday() -> None:
    known = history([200])
    known.units[0, 20, 1] += 100_000

    assert learn(known, known).of("c0") == pytest.approx(PLANTED, abs=0.03)


def test_closed_holidays_are_learned(learned: DayShapes) -> None:
    closed = np.zeros((1, 7), bool)
    closed[0, 2] = True

    by = learned.shares("c0", closed, np.zeros((1, 7), bool))

    assert by[0, 2] < 0.01
    assert by.sum() == pytest.approx(1.0)


def test_holidays_like_other_days_change_nothing() -> None:
    known = history([3000])
    by = np.tile(PLANTED, (1, WEEKS, 1))

    found = factor(known.units, by, np.broadcast_to(known.holidays, known.units.shape))

    assert found == pytest.approx(1.0, abs=0.12)


def test_too_few_marked_days_teach_nothing() -> None:
    known = history([3000])
    marked = np.zeros(known.units.shape, bool)
    marked[0, 3, 2] = True

    assert factor(known.units, np.tile(PLANTED, (1, WEEKS, 1)), marked) == 1.0


def test_single_units_do_not_clump_and_whole_orders_do() -> None:
    chance = np.random.default_rng(3)
    by = np.tile(PLANTED, (300, WEEKS, 1))
    single = chance.poisson(20 * by).astype(float)
    orders = 10.0 * chance.poisson(2 * by)

    assert max(clumping(single, by)) < 0.05
    assert clumping(orders, by)[2] > 0.2  # 10 to 30 units a week, ten an order


def test_ranges_hold_about_as_often_as_they_say(learned: DayShapes) -> None:
    for level in ("category", "shop"):
        assert learned.held[level]["80"] == pytest.approx(0.8, abs=0.1)
    # Small counts are whole numbers: their ranges hold more, never less.
    assert learned.held["product"]["80"] > 0.75
    assert learned.held_months["product"]["80"] == pytest.approx(0.8, abs=0.1)


def test_a_history_too_short_to_measure_says_so() -> None:
    short = history([100])
    cut = History(
        names=short.names,
        units=short.units[:, :6],
        promoted=short.promoted[:, :6],
        holidays=short.holidays[:6],
    )

    shapes = learn(cut, cut)

    assert shapes.held == {"product": {}, "category": {}, "shop": {}}
    assert shapes.stretch["shop"] == 1.0


def test_stored_shapes_come_back_the_same(learned: DayShapes) -> None:
    assert DayShapes.from_json(learned.to_json()) == learned
