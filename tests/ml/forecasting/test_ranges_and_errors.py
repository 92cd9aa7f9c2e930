"""Ranges, errors, verdicts and contributions: numbers worked out by hand or by a known law."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml.contract import Frames, NotEnoughData
from ml.forecasting import FORECASTING, evaluation, features, levels, panel
from ml.forecasting.backtest import MOST_PRODUCTS, Plan, sample
from ml.forecasting.cases import Cases
from ml.forecasting.models import Boosted, training_rows
from ml.forecasting.ranges import GroupErrors, GroupRanges, ProductRanges
from ml.forecasting.types import BOUNDS
from tests.factories.panels import from_matrix, last_day


def held(bounds: np.ndarray, came: np.ndarray, level: int) -> float:
    low, high = BOUNDS.index(f"lo{level}"), BOUNDS.index(f"hi{level}")
    return float(((came >= bounds[:, low]) & (came <= bounds[:, high])).mean())


# ── ranges ──


@pytest.mark.parametrize("level", [50, 80, 95])
def test_product_ranges_hold_what_they_promise_on_cases_they_did_not_learn(level: int) -> None:
    chance = np.random.default_rng(2)
    said = chance.uniform(5, 200, 20_000).astype(np.float32)
    came = chance.gamma(4, said / 4).astype(np.float32)  # lopsided, and wider where more is sold
    wobble, horizon = said / 2, chance.integers(1, 27, len(said))
    learned, later = slice(0, 10_000), slice(10_000, None)
    ranges = ProductRanges.learn(said[learned], came[learned], wobble[learned], horizon[learned])
    bounds = ranges.bounds(said[later], wobble[later], horizon[later])
    assert held(bounds, came[later], level) == pytest.approx(level / 100, abs=0.03)


@pytest.mark.parametrize("level", [50, 80, 95])
def test_ranges_of_sums_hold_what_they_promise(level: int) -> None:
    chance = np.random.default_rng(3)
    said = np.full(4_000, 1000.0)
    came = said * np.exp(chance.normal(0, 0.2, len(said)))
    series, horizon = chance.integers(0, 5, len(said)), np.ones(len(said), int)
    origin = np.arange(len(said)) % 40
    errors = GroupErrors.of(
        said[:2000], came[:2000], series[:2000], horizon[:2000], origin[:2000], 5
    )
    ranges = GroupRanges.learn(errors)
    bounds = ranges.bounds(said[2000:], series[2000:], horizon[2000:])
    assert held(bounds, came[2000:], level) == pytest.approx(level / 100, abs=0.04)


def test_ranges_are_ordered_around_the_forecast_and_never_negative() -> None:
    chance = np.random.default_rng(4)
    said = chance.uniform(0, 3, 3_000).astype(np.float32)
    came = chance.poisson(said).astype(np.float32)
    wobble, horizon = np.sqrt(said), chance.integers(1, 27, len(said))
    bounds = ProductRanges.learn(said, came, wobble, horizon).bounds(said, wobble, horizon)
    assert (bounds >= 0).all()
    assert (np.diff(bounds, axis=1) >= 0).all()
    assert (bounds[:, 2] <= said + 1e-5).all()
    assert (bounds[:, 3] >= said - 1e-5).all()


def test_with_no_past_errors_there_is_still_a_range() -> None:
    none = np.array([], np.float32)
    nothing = np.array([], int)
    ranges = GroupRanges.learn(GroupErrors.of(none, none, nothing, nothing, nothing, 2))
    bounds = ranges.bounds(np.array([100.0]), np.array([1]), np.array([4]))
    assert bounds[0, 0] < 100 < bounds[0, -1]


# ── errors ──


def test_wape_and_bias_are_shares_of_what_was_sold() -> None:
    said, came = np.array([8.0, 15.0]), np.array([10.0, 10.0])
    assert evaluation.wape(said, came) == pytest.approx(7 / 20)
    assert evaluation.bias(said, came) == pytest.approx(3 / 20)


@pytest.mark.parametrize(
    ("own", "bias", "beats", "told"),
    [
        (0.50, 0.02, True, "Better than the mean: 50 % against 60 %, 17 % less error."),
        (0.61, 0.02, False, "No better than the mean: 61 % against 60 %."),
        (0.598, 0.02, False, "No better than the mean: 60 % against 60 %."),
        (0.50, -0.2, False, "Less error than the mean: 50 % against 60 %; but 20 % too low"),
    ],
)
def test_the_verdict_holds_both_figures(own: float, bias: float, beats: bool, told: str) -> None:
    metrics, simple = {"wape": own, "bias": bias}, {"wape": 0.60, "bias": 0.0}
    assert evaluation.beats(metrics, simple) is beats
    assert evaluation.verdict(metrics, simple, "the mean").startswith(told)


def test_only_cases_whose_week_has_passed_are_known_at_an_origin() -> None:
    m = 6
    cases = Cases(
        origin=np.array([10, 10, 10, 12, 12, 12]),
        horizon=np.array([1, 2, 3, 1, 2, 3]),
        product=np.zeros(m, int),
        category=np.zeros(m, int),
        actual=np.zeros(m),
        seen=np.ones(m, bool),
        scale=np.ones(m),
        wobble=np.ones(m),
        components=np.zeros((2, m)),
        thumb=np.zeros((2, m)),
    )
    known = cases.known_at(12)
    assert list(zip(known.origin.tolist(), known.horizon.tolist(), strict=True)) == [
        (10, 1),
        (10, 2),
    ]


def test_a_year_is_tested_where_there_are_three_and_less_where_there_is_less() -> None:
    long, short = Plan.of(156), Plan.of(20)
    assert (long.origins[0], long.origins[-1]) == (103, 151)
    assert len(long.refits) == 3
    assert short.origins[0] == 13
    assert max(short.origins) == 18


def test_training_rows_end_with_the_last_week_that_may_be_known() -> None:
    units = np.full((3, 60), 5.0)
    changed = units.copy()
    changed[:, 41:] = 900.0
    rows = [
        training_rows(
            panel.build(from_matrix(u, ["a"] * 3), as_of=last_day(60), horizon=4),
            40,
            tuple(range(len(features.NAMES))),
            seed=1,
            most=10_000,
        )
        for u in (units, changed)
    ]
    for one, other in zip(rows[0], rows[1], strict=True):
        np.testing.assert_array_equal(one, other)


def test_where_there_are_very_many_products_the_best_selling_are_always_measured() -> None:
    units = np.ones((MOST_PRODUCTS + 500, 14))
    units[7] = 50.0
    many = panel.build(from_matrix(units, ["a"] * len(units)), as_of=last_day(14), horizon=2)
    few = sample(many, seed=1)
    assert few.n == MOST_PRODUCTS
    assert many.products[7] in few.products


def test_a_sum_over_weeks_needs_all_of_them_seen() -> None:
    origin, horizon = np.array([5, 5, 5, 5]), np.array([1, 2, 1, 2])
    product, seen = np.array([0, 0, 1, 1]), np.array([True, True, True, False])
    first, (total,) = levels.window(
        np.array([3.0, 4.0, 5.0, 6.0]),
        origin=origin,
        horizon=horizon,
        product=product,
        seen=seen,
        weeks=2,
    )
    assert first.tolist() == [0]
    assert total.tolist() == [7.0]


# ── settings of the mix ──


def cases_with(mean: float, middle: float, actual: float, m: int = 400) -> Cases:
    return Cases(
        origin=np.full(m, 10),
        horizon=np.ones(m, int),
        product=np.arange(m),
        category=np.zeros(m, int),
        actual=np.full(m, actual),
        seen=np.ones(m, bool),
        scale=np.full(m, 1e6),
        wobble=np.ones(m),
        components=np.array([np.full(m, mean), np.full(m, middle)]),
        thumb=np.zeros((2, m)),
    )


def test_half_of_a_past_bias_is_taken_out() -> None:
    settings = Boosted(parameters={}).learn(cases_with(mean=80, middle=80, actual=100))
    assert settings["factor"] == pytest.approx(0.8**-0.5)


def test_less_of_the_middle_is_used_where_it_is_too_low() -> None:
    settings = Boosted(parameters={}).learn(cases_with(mean=100, middle=40, actual=100))
    assert settings["mix"] == 0.25


# ── contributions ──


def test_splitting_along_paths_sums_as_exactly_as_shapley_values() -> None:
    from ml.forecasting import explanation

    chance = np.random.default_rng(8)
    units = chance.poisson(20, (30, 40)).astype(float)
    made = panel.build(from_matrix(units, ["a"] * 30), as_of=last_day(40), horizon=4)
    recipe = Boosted(
        parameters={
            "rounds": 15,
            "learning_rate": 0.1,
            "leaves": 7,
            "rows_per_leaf": 20,
            "most_rows": 10_000,
        }
    )
    fitted = recipe.fit(made, 39, 1, lambda step, share: None)
    settings = {"mix": 0.5, "factor": 1.1}
    ahead = np.arange(1, 5)
    scale = features.scales(made, 39)[:, None]
    told = fitted.combine(fitted.components(made, 39, ahead), scale, settings)
    for exact in (True, False):
        parts = explanation.of_boosted(fitted, made, 39, ahead, settings, exact=exact)
        np.testing.assert_allclose(parts.sum(0), told, rtol=1e-4)


def test_an_outcome_is_what_was_sold_once_the_week_is_over() -> None:
    frames = from_matrix(np.full((2, 20), 3.0), ["a", "b"])
    frames["panel"].loc[:, "units"] = frames["panel"]["units"] + frames["panel"].index % 2
    week = pd.Timestamp(last_day(20)) - pd.Timedelta(days=6)
    told = pd.DataFrame(
        {
            "level": ["product", "category", "shop", "shop"],
            "series_id": ["P000", "b", "shop", "shop"],
            "week": [week, week, week, week + pd.Timedelta(weeks=1)],
            "mean": 0.0,
        }
    )
    came = FORECASTING.outcome(told, frames, as_of=last_day(20))
    sold = frames["panel"][frames["panel"]["week"] == week].set_index("product_id")["units"]
    assert came["outcome"].tolist()[:3] == [sold["P000"], sold["P001"], sold.sum()]
    assert np.isnan(came["outcome"].iloc[3])
    assert came["outcome_on"].iloc[0] == last_day(20)
    assert came["outcome_on"].iloc[3] is None
    later = FORECASTING.outcome(told, frames, as_of=last_day(20) - timedelta(days=1))
    assert later["outcome"].isna().all()


def test_the_outcome_of_a_category_includes_what_is_below_it() -> None:
    frames = from_matrix(np.full((2, 20), 3.0), ["a", "b"])
    frames = {
        **frames,
        "categories": pd.DataFrame(
            {"category_id": ["a", "b", "top"], "parent_id": ["top", "top", None]}
        ),
    }
    week = pd.Timestamp(last_day(20)) - pd.Timedelta(days=6)
    told = pd.DataFrame({"level": "category", "series_id": ["top", "a"], "week": week, "mean": 0.0})
    came = FORECASTING.outcome(told, frames, as_of=last_day(20))
    assert came["outcome"].tolist() == [6.0, 3.0]


# ── too little to say anything ──


def flawed_shops() -> dict[str, Frames]:
    chance = np.random.default_rng(0)
    once = np.zeros((3, 30))
    once[0, 0] = 1
    usual = chance.poisson(3, (4, 30)).astype(float)
    return {
        "one sale ever": from_matrix(once, ["a"] * 3),
        "never in stock": from_matrix(usual, ["a"] * 4, stockout_days=np.full((4, 30), 7.0)),
    }


@pytest.mark.parametrize("name", ["one sale ever", "never in stock"])
def test_a_shop_with_nothing_to_learn_from_says_what_is_missing(name: str) -> None:
    with pytest.raises(NotEnoughData) as refused:
        FORECASTING.fit("lightgbm", flawed_shops()[name], as_of=last_day(30), seed=1)
    assert refused.value.found < refused.value.needed
    assert refused.value.remedy


def test_a_shop_of_twelve_weeks_is_forecast_and_measured() -> None:
    chance = np.random.default_rng(0)
    frames = from_matrix(chance.poisson(9, (8, 12)).astype(float), ["a"] * 8)
    given: dict[str, Any] = {"as_of": last_day(12), "seed": 1}
    model = FORECASTING.fit("rule_of_thumb", frames, **given)
    told = FORECASTING.predict(model, frames, as_of=last_day(12))
    assert np.isfinite(told[["mean", *BOUNDS]].to_numpy()).all()
    assert len(told) == (8 + 1 + 1) * 26


def test_one_giant_order_does_not_bring_it_down() -> None:
    units = np.full((10, 40), 5.0)
    units[3, 20] = 1_000_000
    frames = from_matrix(units, ["a"] * 10)
    model = FORECASTING.fit(
        "lightgbm", frames, as_of=last_day(40), seed=1, parameters={"rounds": 20}
    )
    told = FORECASTING.predict(model, frames, as_of=last_day(40))
    others = told[(told["level"] == "product") & (told["series_id"] != "P003")]
    assert others["mean"].between(3, 8).all()


def test_parts_of_the_rule_of_thumb_add_up_where_new_products_lean_on_their_category() -> None:
    """More products than are explained at a time: a part of them is not the category."""
    products, weeks = 1_300, 20
    chance = np.random.default_rng(3)
    units = chance.poisson(chance.uniform(1, 40, (products, 1)), (products, weeks)).astype(float)
    new = np.arange(products) % 40 == 0
    units[new, :-2] = 0
    launched = [last_day(18) if is_new else last_day(1) for is_new in new]
    frames = from_matrix(units, ["one"] * products, launched=launched)
    as_of = last_day(weeks)
    chosen = {"horizon_weeks": 2}
    model = FORECASTING.fit("rule_of_thumb", frames, as_of=as_of, seed=1, parameters=chosen)

    keys = ["level", "series_id", "week"]
    told = FORECASTING.explain(model, frames, as_of=as_of).set_index(keys)
    said = FORECASTING.predict(model, frames, as_of=as_of).set_index(keys)["mean"]

    parts = told[list(FORECASTING.parts)].astype("float64").sum(axis=1)
    assert len(parts) == len(said) == 2 * (products + 2)
    np.testing.assert_allclose(parts.loc[said.index], said, rtol=1e-4, atol=1e-3)
