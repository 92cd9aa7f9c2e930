"""Columns that staff upload: what is known when, and that a planted effect is found by them."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml.contract import Frames, WrongFrame
from ml.forecasting import FORECASTING, features, panel
from tests.factories.panels import FIRST_WEEK, from_matrix, last_day

WEEKS = 20
"""Weeks of history; the last known one has index 19."""


def day(week: int, weekday: int = 0) -> date:
    return FIRST_WEEK + timedelta(weeks=week, days=weekday)


def column(rows: list[tuple[date, float, date]], name: str = "rain") -> pd.DataFrame:
    """Rows of (day, value, known_at)."""
    days, values, known = zip(*rows, strict=True)
    return pd.DataFrame(
        {"day": days, "name": name, "value": values, "known_at": [pd.Timestamp(k) for k in known]}
    )


def build(external: pd.DataFrame, weeks: int = WEEKS) -> panel.Panel:
    frames = from_matrix(np.full((2, weeks), 9.0), ["a", "b"])
    return panel.build({**frames, "external": external}, as_of=last_day(weeks), horizon=4)


def at(made: panel.Panel, week: int, origin: int, name: str = "rain") -> float:
    return float(made.external_at(name, np.array([week]), origin)[0])


def test_a_week_is_the_mean_of_its_days_with_a_value() -> None:
    made = build(column([(day(5), 1.0, day(5)), (day(5, 3), 4.0, day(5, 3))]))
    assert at(made, 5, 5) == 2.5
    assert np.isnan(at(made, 6, 19))


def test_a_past_day_uploaded_later_counts_from_the_day_itself() -> None:
    made = build(column([(day(5, 2), 3.0, day(19))]))
    assert np.isnan(at(made, 5, 4))
    assert at(made, 5, 5) == 3.0


def test_a_coming_day_is_known_from_its_upload() -> None:
    made = build(column([(day(12), 7.0, day(9, 6))]))
    assert np.isnan(at(made, 12, 8))
    assert at(made, 12, 9) == 7.0


def test_a_week_is_known_once_its_last_day_is() -> None:
    made = build(column([(day(12), 7.0, day(3)), (day(12, 1), 9.0, day(10))]))
    assert np.isnan(at(made, 12, 9))
    assert at(made, 12, 10) == 8.0


def test_what_is_uploaded_after_the_day_of_the_forecast_is_left_out() -> None:
    tomorrow = last_day(WEEKS) + timedelta(days=1)
    made = build(column([(day(21), 7.0, tomorrow), (day(22), 5.0, last_day(WEEKS))]))
    assert np.isnan(at(made, 21, 19))
    assert at(made, 22, 19) == 5.0


def test_features_of_an_origin_do_not_move_with_columns_known_after_it() -> None:
    known = [(day(w), float(w), day(w)) for w in range(10)]
    later = [(day(w), 900.0, day(10)) for w in range(10, 24)]
    ahead = np.arange(1, 5)
    one, other = (
        features.other_columns(build(column(rows)), 9, ahead, ["rain"])
        for rows in (known, known + later)
    )
    np.testing.assert_array_equal(one, other)
    assert one[0].tolist()[1] == 9.0  # the origin's own week


def test_a_value_that_is_no_number_is_refused() -> None:
    with pytest.raises(WrongFrame, match="no numbers"):
        build(column([(day(5), float("nan"), day(5))]))


def shop_in_the_rain(weeks: int = 110) -> tuple[Frames, np.ndarray]:
    """Sales double in rainy weeks; the rain of the next four weeks is known."""
    chance = np.random.default_rng(4)
    rain = (chance.random(weeks + 4) < 0.4).astype(float)
    level = chance.uniform(20, 60, (12, 1))
    units = chance.poisson(level * (1 + rain[:weeks]))
    told = column([(day(w), rain[w], min(day(w), last_day(weeks))) for w in range(weeks + 4)])
    return {**from_matrix(units, ["a"] * 12), "external": told}, rain[weeks:]


def test_a_planted_effect_of_a_column_is_found_told_and_kept(tmp_path: Path) -> None:
    frames, rain = shop_in_the_rain()
    as_of = last_day(110)
    model = FORECASTING.fit(
        "lightgbm",
        frames,
        as_of=as_of,
        seed=1,
        parameters={"horizon_weeks": 4, "rows_per_leaf": 50},
    )
    told = FORECASTING.predict(model, frames, as_of=as_of)
    shop = told[told["level"] == "shop"]["mean"].to_numpy()
    assert 0 < rain.sum() < 4
    assert shop[rain == 1].mean() > 1.6 * shop[rain == 0].mean()
    parts = FORECASTING.explain(model, frames, as_of=as_of)
    effect = parts[parts["level"] == "shop"]["other columns"].to_numpy()
    assert effect[rain == 1].min() > 0 > effect[rain == 0].max()
    FORECASTING.save(model, tmp_path)
    again = FORECASTING.predict(FORECASTING.load(tmp_path), frames, as_of=as_of)
    np.testing.assert_array_equal(again["mean"], told["mean"])


def test_without_the_column_the_model_still_forecasts() -> None:
    frames, _ = shop_in_the_rain()
    given: dict[str, Any] = {"as_of": last_day(110), "seed": 1}
    model = FORECASTING.fit("lightgbm", frames, parameters={"horizon_weeks": 4}, **given)
    bare = {name: frame for name, frame in frames.items() if name != "external"}
    told = FORECASTING.predict(model, bare, as_of=last_day(110))
    assert np.isfinite(told["mean"]).all()
