"""What every candidate must keep, whatever its idea."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml.contract import Frames
from ml.forecasting import explanation, features, kept
from ml.forecasting.baseline import RuleOfThumb
from tests.factories.panels import from_matrix
from tests.ml.forecasting.learners.shops import (
    HORIZON,
    KEYS,
    ORIGIN,
    WEEKS,
    built,
    external,
    fitted,
    monday,
    promotions,
    recipe,
    shop,
)
from tests.ml.slow import each

AHEAD = np.arange(1, HORIZON + 1)
PLAIN = {".json", ".txt", ".safetensors"}
OWN = [key for key in KEYS if key not in ("lightgbm", "rule_of_thumb")]
LEVEL_LEARNED = {"lstm": {"steps": 200}, "tft": {"steps": 100}}
"""After the few steps of the other tests a network does not know yet how much is sold."""


def silent(step: str, share: float) -> None: ...


def with_another_future(frames: Frames) -> Frames:
    """Everything that became known after the origin is wild."""
    panel = frames["panel"].copy()
    later = panel["week"] > pd.Timestamp(monday(ORIGIN))
    panel.loc[later, "units"] = 9_000.0
    panel.loc[later, "price"] = 0.5
    panel.loc[later, "stockout_days"] = 0.0
    plans = frames["promotions"]
    weeks = range(ORIGIN + 1, ORIGIN + 5)  # some have a promotion that was announced in time
    unheard = promotions([(week, week, ORIGIN + 1) for week in weeks]).assign(discount=0.9)
    rain = frames["external"]["value"].to_numpy().copy()
    told_before = frames["external"].iloc[: ORIGIN + 1]
    told_after = external(np.full(len(rain), 99.0), known=ORIGIN + 2).iloc[ORIGIN + 1 :]
    return {
        **frames,
        "panel": panel,
        "promotions": pd.concat([plans, unheard]),
        "external": pd.concat([told_before, told_after]),
    }


def with_a_column_known_in_time(frames: Frames) -> Frames:
    """The column is told week by week, so that its future is unknown on both sides."""
    rain = frames["external"].copy()
    rain["known_at"] = pd.to_datetime(rain["day"])
    return {**frames, "external": rain}


@each(KEYS)
def test_no_candidate_moves_by_what_becomes_known_after_the_origin(key: str) -> None:
    frames = with_a_column_known_in_time(shop())
    said = []
    for one in (frames, with_another_future(frames)):
        made = built(one)
        learner = recipe(key).fit(made, ORIGIN, 1, silent)
        said.append(learner.components(made, ORIGIN, AHEAD))
    np.testing.assert_array_equal(said[0], said[1])


def test_the_planted_future_is_there_to_be_seen() -> None:
    """The test above could not fail if the two shops were the same."""
    frames = with_a_column_known_in_time(shop())
    one, other = built(frames), built(with_another_future(frames))
    later = slice(ORIGIN + 1, None)
    assert (other.units[:, later] == 9_000).any()
    assert (one.promotions.deepest[:, later] != other.promotions.deepest[:, later]).any()
    assert (one.external[:, later] != other.external[:, later]).any()
    np.testing.assert_array_equal(one.units[:, : ORIGIN + 1], other.units[:, : ORIGIN + 1])


def odd_shop() -> Frames:
    """Three weeks, none, one giant order, always nothing, always the same, mostly out of stock."""
    units = np.random.default_rng(2).poisson(8, (8, WEEKS)).astype(float)
    units[1, :-3] = 0
    units[2] = 0
    units[3] = 0
    units[3, 60] = 1e6
    units[4] = 5
    out = np.zeros_like(units)
    out[5, :-2] = 7
    launched = [monday(0)] * 8
    launched[1] = monday(WEEKS - 3)
    return from_matrix(units, ["a"] * 8, stockout_days=out, launched=launched)


@each(KEYS)
def test_odd_histories_have_an_answer_that_is_finite_and_never_negative(key: str) -> None:
    made = built(odd_shop())
    learner = recipe(key).fit(made, WEEKS - 1, 1, silent)
    told = forecast(learner, made)
    assert np.isfinite(told).all()
    assert (told >= 0).all()
    assert told[3].max() < 1e5, "one giant order is not a pattern"
    assert told[2].max() < 60, "a product that never sold does not outsell the shop"
    if key not in ("lightgbm", "forest", "lstm", "tft"):
        np.testing.assert_allclose(told[4], 5, rtol=0.2)


def forecast(learner: Any, made: Any) -> np.ndarray:
    components = learner.components(made, made.n_weeks - 1, AHEAD)
    scale = np.repeat(features.scales(made, made.n_weeks - 1)[:, None], HORIZON, axis=1)
    return np.asarray(learner.combine(components, scale, learner.learn(None)))


@pytest.mark.parametrize("exact", [True, False])
@each(KEYS)
def test_parts_sum_to_the_forecast(key: str, exact: bool) -> None:
    learner, made = fitted(key)
    origin = made.n_weeks - 1
    settings = {name: 0.8 if name == "factor" else v for name, v in learner.learn(None).items()}
    components = learner.components(made, origin, AHEAD)
    scale = np.repeat(features.scales(made, origin)[:, None], HORIZON, axis=1)
    told = learner.combine(components, scale, settings)
    parts = explanation.of(learner, made, origin, AHEAD, components, settings, exact=exact)
    np.testing.assert_allclose(parts.sum(0), told, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("key", ["lightgbm", "forest", "ensemble"])
def test_contributions_by_feature_sum_to_the_forecast_too(key: str) -> None:
    learner, made = fitted(key)
    origin, settings = made.n_weeks - 1, learner.learn(None)
    components = learner.components(made, origin, AHEAD)
    found = explanation.by_feature(learner, made, origin, AHEAD, components, settings)
    assert found is not None
    assert len({feature.words for feature in found.features}) == len(found.features)
    np.testing.assert_allclose(found.units.sum(0), forecast(learner, made), rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(found.parts().sum(0), found.units.sum(0), atol=1e-9)


@each(KEYS)
def test_saved_and_loaded_it_says_the_same(key: str, tmp_path: Path) -> None:
    learner, made = fitted(key)
    told = kept.save_learner(learner, tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} <= PLAIN
    loaded = kept.load_learner(recipe(key), tmp_path, told)
    origin = made.n_weeks - 1
    np.testing.assert_array_equal(
        loaded.components(made, origin, AHEAD), learner.components(made, origin, AHEAD)
    )


@each(OWN)
def test_what_is_forecast_otherwise_is_told_with_its_number(key: str) -> None:
    learner = recipe(key)
    made = built(odd_shop())
    notes = learner.notes(made, made.n_weeks - 1)
    if key in ("recent_mean",):
        assert notes == ()  # it is the mean itself
    else:
        assert notes
        assert all(note[0].isdigit() and " of " in note for note in notes)


@each(OWN)
def test_a_week_without_stock_is_unseen_not_zero(key: str) -> None:
    """What little sold in such a week says nothing: two shops that differ only there."""
    said = []
    for sold in (0.0, 6.0):
        units = np.random.default_rng(4).poisson(20, (6, WEEKS)).astype(float)
        out = np.zeros_like(units)
        units[0, 80:86], out[0, 80:86] = sold, 7
        made = built(from_matrix(units, ["a"] * 6, stockout_days=out))
        learner = recipe(key, **LEVEL_LEARNED.get(key, {})).fit(made, WEEKS - 1, 1, silent)
        said.append(forecast(learner, made)[0])
    # The season of its category is that of all that was sold, so a little may differ.
    np.testing.assert_allclose(said[0], said[1], rtol=0.02)
    assert said[0].min() > 12


def test_the_rule_of_thumb_stays_what_it_is() -> None:
    assert isinstance(recipe("rule_of_thumb"), RuleOfThumb)
