"""Numbers worked out by hand, and libraries as oracles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.forecasting import features
from ml.forecasting.cases import Cases
from ml.forecasting.learners import ensemble, histories, season
from ml.forecasting.learners.additive import factor
from ml.forecasting.learners.trees import Forest, shap_library
from tests.factories.panels import from_matrix
from tests.ml.forecasting.learners.shops import built, fitted, recipe, shop

AHEAD = np.arange(1, 5)


def cases(actual: list[float], *said: list[float]) -> Cases:
    m = len(actual)
    return Cases(
        origin=np.arange(m),
        horizon=np.ones(m, int),
        product=np.zeros(m, int),
        category=np.zeros(m, int),
        actual=np.array(actual),
        seen=np.ones(m, bool),
        scale=np.full(m, 10.0),
        wobble=np.ones(m),
        components=np.array(said),
        thumb=np.zeros((2, m)),
    )


# ── slow movers ──


def rate(key: str, units: list[float], **parameters: float) -> float:
    values = np.array([units], float)
    return float(recipe(key, **parameters).rate(values, np.ones(values.shape, bool))[0])


def test_tsb_smooths_the_size_of_a_sale_and_its_chance() -> None:
    # chance: 0, then 0 + .5·(1 − 0) = .5, then .5 + .5·(0 − .5) = .25, then .625
    # size: 4 at the first sale, 4 + .5·(8 − 4) = 6 at the second
    found = rate("tsb", [0, 4, 0, 8], size_step=0.5, chance_step=0.5)
    assert found == pytest.approx(6 * 0.625)


def test_croston_divides_the_size_by_the_weeks_between_sales() -> None:
    # size 4 → 6; weeks until a sale: 2, then 2 + .5·(2 − 2) = 2
    assert rate("croston", [0, 4, 0, 8], size_step=0.5, less_bias=False) == pytest.approx(3.0)
    assert rate("croston", [0, 4, 0, 8], size_step=0.5) == pytest.approx(3.0 * 0.95)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([0, 0, 0, 1, 2, 7]), min_size=5, max_size=60).filter(any))
def test_tsb_and_croston_say_what_statsforecast_says(units: list[int]) -> None:
    from statsforecast.models import TSB, CrostonClassic

    values = np.array(units, float)
    oracle = TSB(alpha_d=0.1, alpha_p=0.1).forecast(values, h=1)["mean"][0]
    assert rate("tsb", units) == pytest.approx(float(oracle), rel=1e-4)
    oracle = CrostonClassic().forecast(values, h=1)["mean"][0]
    assert rate("croston", units, less_bias=False) == pytest.approx(float(oracle), rel=1e-4)


def test_weeks_without_stock_change_nothing_in_a_slow_mover() -> None:
    tsb = recipe("tsb")
    known = np.array([[True, True, True, False, False]])
    short = tsb.rate(np.array([[3.0, 0, 2]]), known[:, :3])
    np.testing.assert_allclose(tsb.rate(np.array([[3.0, 0, 2, 0, 0]]), known), short)


# ── rules ──


def test_seasonal_naive_repeats_the_week_a_year_before() -> None:
    units = np.tile(np.arange(1.0, 61.0), (1, 2))[:, :118]
    made = built(from_matrix(units, ["a"]))
    learner = recipe("seasonal_naive")
    components = learner.components(made, 117, AHEAD)
    np.testing.assert_allclose(learner.plain(components)[0], units[0, 66:70])
    np.testing.assert_allclose(components[0], units[0, -8:].mean())


def test_the_mean_of_8_weeks_is_the_mean_of_8_weeks() -> None:
    units = np.ones((1, 118))
    units[0, -8:] = [1, 2, 3, 4, 5, 6, 7, 8]
    learner = recipe("recent_mean")
    told = learner.plain(learner.components(built(from_matrix(units, ["a"])), 117, AHEAD))
    np.testing.assert_allclose(told, 4.5)


# ── ensemble ──


def test_equal_misses_to_either_side_share_the_weight() -> None:
    came = np.array([10.0, 20.0, 30.0])
    found = ensemble.weights(np.stack([came + 2, came - 2]), came)
    np.testing.assert_allclose(found, [0.5, 0.5], atol=1e-6)


def test_three_parts_too_high_need_a_quarter_of_it() -> None:
    came = np.array([10.0, 20.0, 30.0])
    found = ensemble.weights(np.stack([came + 3, came - 1]), came)
    np.testing.assert_allclose(found, [0.25, 0.75], atol=1e-6)


def test_one_that_is_always_right_gets_all() -> None:
    chance = np.random.default_rng(1)
    came = chance.uniform(5, 50, 400)
    said = np.stack([came * 1.4, came, chance.uniform(5, 50, 400)])
    np.testing.assert_allclose(ensemble.weights(said, came), [0, 1, 0], atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 5), st.integers(1, 60), st.integers(0, 10_000))
def test_weights_are_never_negative_and_sum_to_one(k: int, m: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    found = ensemble.weights(chance.poisson(3, (k, m)).astype(float), chance.poisson(3, m) * 1.0)
    assert (found >= 0).all()
    assert found.sum() == pytest.approx(1)


def test_an_ensemble_weighs_its_members_by_earlier_weeks_alone() -> None:
    learner = recipe(
        "ensemble", with_linear=False, with_seasonal_naive=False, with_tsb=True, with_lightgbm=False
    )
    assert [member.key for member in learner.members] == ["recent_mean", "tsb"]
    right = [10.0, 20.0, 30.0]
    # recent mean has one component; TSB's two sum to the actual
    found = learner.learn(cases(right, [15.0] * 3, [10.0, 20.0, 30.0], [0.0] * 3))
    assert found["weight:tsb"] == pytest.approx(1, abs=1e-6)
    assert found["weight:recent_mean"] == pytest.approx(0, abs=1e-6)
    assert found["factor"] == pytest.approx(1)


def test_about_half_of_a_past_bias_is_taken_out() -> None:
    # twice too much: 2 ** −0.5
    assert factor(np.array([20.0, 40.0]), cases([10.0, 20.0])) == pytest.approx(2**-0.5)
    assert factor(np.zeros(2), cases([10.0, 20.0])) == 1.0


# ── linear ──


def test_linear_regression_finds_a_planted_promotion() -> None:
    frames = dict(shop(products=2))
    units = np.full((2, 118), 20.0)
    for week in (20, 21, 60, 61):
        units[:, week] = 44.0  # 0.3 off: 24 more
    made = built(frames | {"panel": from_matrix(units, ["a", "b"])["panel"]})
    learner = recipe("linear", memory_weeks=520)
    parts = learner.components(made, 110, np.array([1, 2, 3]))
    promoted = parts[learner.pieces.index("promotion")]
    assert promoted[0, 0] - promoted[0, 2] == pytest.approx(24, rel=0.25)
    np.testing.assert_allclose(learner.plain(parts)[:, 2], 20, rtol=0.1)


# ── histories and seasons ──


def test_a_gap_is_filled_by_the_line_between_its_neighbours() -> None:
    units = np.full((1, 118), 10.0)
    out = np.zeros_like(units)
    units[0, 50], units[0, 53] = 4, 10
    out[0, 51:53] = 7
    past = histories.until(built(from_matrix(units, ["a"], stockout_days=out)), 117)
    np.testing.assert_allclose(past.values[0, 50:54], [4, 6, 8, 10])
    assert past.weeks[0] == 116


def test_a_giant_order_counts_for_five_times_the_second_largest() -> None:
    found = histories.without_giants(np.array([[3.0, 8, 1e6, 2]]))
    np.testing.assert_allclose(found, [[3, 8, 40, 2]])


def test_the_season_of_a_category_is_found_and_has_the_mean_one() -> None:
    week = np.arange(118)
    wave = 1 + 0.5 * np.cos(2 * np.pi * week / 52)
    made = built(from_matrix(np.tile(100 * wave, (3, 1)), ["a", "a", "b"]))
    index = season.index(made, 117)
    assert index.shape == (3, 122)
    np.testing.assert_allclose(index[0, 52:104].mean(), 1, atol=0.02)
    np.testing.assert_allclose(index[0, 52:104], wave[52:104], atol=0.09)
    assert (season.index(made, 100) == 1).all(), "under two years there is none"


# ── trees ──


def test_a_forest_of_arrays_predicts_and_explains_as_the_library_that_grew_it() -> None:
    from sklearn.ensemble import RandomForestRegressor

    chance = np.random.default_rng(0)
    x = chance.normal(size=(300, 5)).astype(np.float32)
    y = x[:, 0] * 3 + (x[:, 1] > 0) * x[:, 2]
    grown = RandomForestRegressor(12, max_leaf_nodes=16, random_state=1).fit(x, y)
    forest = Forest.grown(grown)
    asked = x[:40]
    np.testing.assert_allclose(forest.predict(asked), grown.predict(asked), rtol=1e-6)
    for split in (forest.by_shap(asked), forest.along_paths(asked, 5)):
        np.testing.assert_allclose(split.sum(0), grown.predict(asked), atol=1e-5)
    oracle = shap_library().TreeExplainer(grown).shap_values(asked)
    np.testing.assert_allclose(forest.by_shap(asked)[:-1].T, oracle, atol=1e-6)


def test_lightgbms_own_contributions_are_those_of_the_shap_library() -> None:
    learner, made = fitted("lightgbm")
    x = learner.inputs(made, 117, AHEAD)
    for booster in learner.boosters:
        own = np.asarray(booster.predict(x, pred_contrib=True))
        explainer = shap_library().TreeExplainer(booster)
        np.testing.assert_allclose(own[:, :-1], explainer.shap_values(x), atol=1e-6)
        np.testing.assert_allclose(own[0, -1], float(np.ravel(explainer.expected_value)[0]))


def test_every_feature_has_words_and_a_part() -> None:
    from ml.forecasting.feature_words import WORDS

    assert set(WORDS) == set(features.NAMES)
    assert len(set(WORDS.values())) == len(WORDS)


# ── never negative, whatever was sold ──


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["linear", "tsb", "croston", "seasonal_naive"]))
def test_no_forecast_is_negative_and_the_order_of_rows_is_irrelevant(seed: int, key: str) -> None:
    chance = np.random.default_rng(seed)
    trend = np.maximum(60 - np.arange(118) * chance.uniform(0, 1.5), 0)
    units = chance.poisson(trend * chance.random((3, 1)), (3, 118)).astype(float)
    units[0, -1] += 1
    frames = from_matrix(units, ["a", "b", "a"])
    shuffled = {n: f.sample(frac=1, random_state=seed) for n, f in frames.items()}
    said = []
    for one in (frames, shuffled):
        made, learner = built(one), recipe(key)
        said.append(learner.plain(learner.components(made, 117, AHEAD)))
    assert (said[0] >= 0).all()
    np.testing.assert_array_equal(said[0], said[1])
