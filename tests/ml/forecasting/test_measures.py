"""Measures, classes and tables: numbers worked out by hand, coverage under laws that are known."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.contract import Evaluation
from ml.forecasting import FORECASTING, classes, measures, panel, ranges, tabulation
from ml.forecasting.evaluation import Judged
from ml.forecasting.ranges import GroupErrors, GroupRanges, ProductRanges
from ml.forecasting.types import BOUNDS, COVERAGES
from tests.factories.panels import from_matrix, last_day, seasonal_shop


def bounds(low: float, high: float) -> np.ndarray:
    """One range that is the 50, 80 and 95 % range at once."""
    return np.array([[low] * 3 + [high] * 3])


# ── what a range holds ──


@pytest.mark.parametrize(
    ("actual", "low", "high", "share"),
    [
        (10, 5, 20, 1.0),
        (21, 5, 20, 0.0),
        (20, 5, 20, 0.5),  # 20 stands for 19.5 to 20.5
        (3, 3.25, 9, 0.25),
        (0, 0, 0.5, 1.0),  # 0 stands for 0 to 0.5
        (0, 0.1, 0.3, 0.4),
        (0, 0, 0, 0.0),
        (1, 0, 1.1, 0.6),
    ],
)
def test_an_outcome_is_held_by_the_share_of_its_stretch_within_the_range(
    actual: float, low: float, high: float, share: float
) -> None:
    held = ranges.held(np.array([actual]), bounds(low, high))
    assert held[0] == pytest.approx([share] * 3)


@pytest.mark.parametrize(
    ("actual", "low", "high", "inside"),
    [(0, 0.1, 0.3, True), (1, 0.1, 0.49, False), (1, 0.1, 0.5, True), (4, 4.4, 9, True)],
)
def test_in_whole_units_both_rounded_bounds_are_inside(
    actual: float, low: float, high: float, inside: bool
) -> None:
    assert ranges.touched(np.array([actual]), bounds(low, high))[0].tolist() == [inside] * 3


@given(
    actual=st.integers(0, 50),
    edges=st.lists(st.floats(0, 60, allow_nan=False), min_size=6, max_size=6).map(sorted),
)
def test_a_wider_range_never_holds_less(actual: int, edges: list[float]) -> None:
    held = ranges.held(np.array([actual]), np.array([edges]))[0]
    assert ((held >= 0) & (held <= 1 + 1e-9)).all()
    assert (np.diff(held) >= -1e-9).all()


def sales(law: str, mean: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    if law == "poisson":
        return chance.poisson(mean)
    return chance.negative_binomial(0.7, 0.7 / (0.7 + mean))  # many zeros, now and then many


@pytest.mark.parametrize("law", ["poisson", "negative binomial"])
@pytest.mark.parametrize("most", [0.3, 2.0, 40.0])
def test_ranges_of_slow_and_fast_movers_hold_what_they_promise(law: str, most: float) -> None:
    chance = np.random.default_rng(7)
    mean = chance.uniform(most / 10, most, 30_000)
    came = sales(law, mean, chance).astype(np.float32)
    horizon = chance.integers(1, 27, len(mean))
    wobble = np.sqrt(mean)
    learned, later = slice(0, 15_000), slice(15_000, None)
    found = ProductRanges.learn(mean[learned], came[learned], wobble[learned], horizon[learned])
    held = ranges.held(came[later], found.bounds(mean[later], wobble[later], horizon[later]))
    assert held.mean(0) == pytest.approx(np.array(COVERAGES) / 100, abs=0.02)


def test_the_range_of_a_product_that_seldom_sells_says_none_to_none_and_holds_half() -> None:
    chance = np.random.default_rng(8)
    mean = np.full(20_000, 0.1)
    came = chance.poisson(mean).astype(np.float32)
    found = ProductRanges.learn(mean, came, mean, np.ones(len(mean), int))
    told = found.bounds(mean, mean, np.ones(len(mean), int))
    assert np.round(told[0, [2, 3]]).tolist() == [0, 0]
    assert ranges.held(came, told)[:, 0].mean() == pytest.approx(0.5, abs=0.01)
    assert ranges.touched(came, told)[:, 0].mean() == pytest.approx(np.exp(-0.1), abs=0.01)


def test_a_mean_that_rare_large_orders_make_stays_inside_a_range_that_holds_its_share() -> None:
    chance = np.random.default_rng(9)
    came = np.where(chance.random(20_000) < 0.04, 50.0, 0.0)
    mean = np.full(len(came), 2.0)
    now = np.ones(len(came), int)
    told = ProductRanges.learn(mean, came, mean, now).bounds(mean, mean, now)
    assert (told[:, BOUNDS.index("hi50")] >= 2).all()
    assert ranges.held(came, told).mean(0)[:2] == pytest.approx([0.5, 0.8], abs=0.01)


def test_a_range_of_sums_leans_towards_the_errors_of_late() -> None:
    origin = np.repeat(np.arange(20), 5)
    said = np.full(len(origin), 100.0)
    came = np.where(origin < 10, 100.0, 140.0)  # of late 40 % more than forecast
    series, now = np.tile(np.arange(5), 20), np.ones(len(origin), int)
    found = GroupRanges.learn(GroupErrors.of(said, came, series, now, origin, 5))
    low, high = found.bounds(np.array([100.0]), np.array([0]), np.array([1]))[0, [1, 4]]
    assert high - 100 > 2 * (100 - low)
    assert high > 120


def test_nearest_numbers_that_never_fall_are_the_means_of_those_that_do() -> None:
    values, weight = np.array([1.0, 4.0, 2.0, 5.0]), np.array([1.0, 1.0, 3.0, 1.0])
    assert ranges._rising(values, weight).tolist() == [1.0, 2.5, 2.5, 5.0]


# ── errors ──


def test_mape_is_the_mean_of_the_shares_missed_in_weeks_with_sales() -> None:
    said, came = np.array([8.0, 3.0, 9.0]), np.array([10.0, 2.0, 0.0])
    share, weeks = measures.mape(said, came)
    assert share == pytest.approx((0.2 + 0.5) / 2)
    assert weeks == 2


def test_mape_is_not_defined_without_sales() -> None:
    share, weeks = measures.mape(np.array([1.0]), np.array([0.0]))
    assert np.isnan(share)
    assert weeks == 0


# ── classes ──


def test_a_makes_80_of_100_of_the_revenue_b_the_next_15_and_c_the_rest() -> None:
    revenue = np.array([4.0, 60.0, 6.0, 20.0, 10.0, 0.0])
    assert classes.abc(revenue).tolist() == ["C", "A", "B", "A", "B", "C"]


def test_without_revenue_everything_is_c() -> None:
    assert classes.abc(np.zeros(2)).tolist() == ["C", "C"]


def test_steadiness_is_the_variation_of_the_weeks_that_were_seen() -> None:
    units = np.array([[10, 10, 10, 10.0], [0, 20, 0, 20.0], [0, 0, 0, 40.0], [5, 5, 5, 0.0]])
    seen = np.ones(units.shape, bool)
    seen[3, 3] = False  # out of stock: not a week without a sale
    found = classes.variation(units, seen)
    assert found == pytest.approx([0.0, 1.0, np.sqrt(3), 0.0])
    assert classes.xyz(found).tolist() == ["X", "Y", "Z", "X"]
    assert classes.xyz(np.array([np.nan])).tolist() == ["Z"]


def test_classes_look_at_nothing_after_the_first_judged_origin() -> None:
    units = np.full((2, 30), 10.0)
    units[1, 20:] = 5_000
    made = panel.build(from_matrix(units, ["a", "a"]), as_of=last_day(30), horizon=4)
    assert classes.of_products(made, 15).tolist() == ["AX", "AX"]


# ── tables ──


def judged(actual: list[float], forecast: list[float]) -> Judged:
    m = len(actual)
    return Judged(
        origin=np.full(m, 15),
        horizon=np.ones(m, int),
        series=np.arange(m) % 2,
        actual=np.array(actual),
        forecast=np.array(forecast),
        thumb=np.zeros(m),
        bounds=np.tile([0.0, 0, 0, 99, 99, 99], (m, 1)),
        thumb_bounds=np.zeros((m, 6)),
    )


def two_products() -> panel.Panel:
    units = np.full((2, 30), 10.0)
    return panel.build(from_matrix(units, ["a", "a"]), as_of=last_day(30), horizon=4)


def test_products_are_told_by_their_largest_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    told = judged([10, 10, 10, 0], [12, 40, 11, 3])
    found = tabulation.tables({"product": told}, two_products())["by_product"]
    assert found["product_id"].tolist() == ["P001", "P000"]
    assert found["error"].tolist() == [33.0, 3.0]
    assert found["baseline_error"].tolist() == [10.0, 20.0]
    assert found["cases"].tolist() == [2, 2]
    monkeypatch.setattr(tabulation, "MOST_PRODUCTS", 1)
    assert len(tabulation.tables({"product": told}, two_products())["by_product"]) == 1


def test_a_class_is_told_with_its_products_and_weeks() -> None:
    found = tabulation.tables({"product": judged([10, 10, 10, 0], [12, 9, 11, 3])}, two_products())
    (row,) = found["by_class"].to_dict(orient="records")
    assert (row["class"], row["products"], row["cases"], row["mape_cases"]) == ("AX", 2, 4, 3)
    assert row["wape"] == pytest.approx(7 / 30, abs=1e-4)


def test_what_is_not_defined_is_none_in_the_tables() -> None:
    found = tabulation.tables({"product": judged([0, 0], [1, 1])}, two_products())
    assert found["by_level"]["mape"].tolist() == [None]
    for frame in found.values():
        json.dumps(frame.to_dict(orient="records"), allow_nan=False)


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    frames = seasonal_shop(products=25, weeks=100)
    return FORECASTING.evaluate("rule_of_thumb", frames, as_of=last_day(100), seed=1)


def test_an_evaluation_has_every_table_and_can_be_kept_as_json(evaluation: Evaluation) -> None:
    assert set(evaluation.tables) == {
        "by_level",
        "by_horizon",
        "by_window",
        "by_origin",
        "by_class",
        "by_product",
    }
    assert {4, 13} <= set(evaluation.tables["by_window"]["weeks"])
    json.dumps(evaluation.to_json(), allow_nan=False)
    assert isinstance(evaluation.first_day, date)


def test_classes_share_all_cases_between_them(evaluation: Evaluation) -> None:
    by_class, by_level = evaluation.tables["by_class"], evaluation.tables["by_level"]
    product = by_level[by_level["level"] == "product"].iloc[0]
    assert isinstance(by_class, pd.DataFrame)
    assert by_class["cases"].sum() == product["cases"]
    assert by_class["products"].sum() == 25
