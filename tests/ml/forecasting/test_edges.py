"""Products and shops with hardly any history, and features that must not know what came later."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml.contract import Frames, NotEnoughData
from ml.forecasting import BOUNDS, FORECASTING, features, panel
from tests.factories.panels import FIRST_WEEK, from_matrix, last_day, seasonal_shop

WEEKS = 40
QUICK: dict[str, dict[str, Any]] = {
    "rule_of_thumb": {"horizon_weeks": 8},
    "lightgbm": {"horizon_weeks": 8, "rounds": 20},
}
THREE_WEEKS, NONE, GIANT = "P000", "P001", "P002"


def shop_with_odd_products() -> Frames:
    """Twenty products that sell about 6 a week, and three that do not do as others do."""
    chance = np.random.default_rng(3)
    units = chance.poisson(6, (23, WEEKS)).astype(float)
    units[0, :-3] = 0
    units[1] = 0
    units[2] = 0
    units[2, 25] = 800_000
    launched: list[date | None] = [FIRST_WEEK] * 23
    launched[0] = FIRST_WEEK + timedelta(weeks=WEEKS - 3)
    return from_matrix(units, ["a"] * 23, launched=launched)


@pytest.fixture(scope="module", params=sorted(QUICK))
def told(request: pytest.FixtureRequest) -> pd.DataFrame:
    frames, as_of = shop_with_odd_products(), last_day(WEEKS)
    model = FORECASTING.fit(
        request.param, frames, as_of=as_of, seed=1, parameters=QUICK[request.param]
    )
    return FORECASTING.predict(model, frames, as_of=as_of)


def of(told: pd.DataFrame, product: str) -> pd.DataFrame:
    return told[(told["level"] == "product") & (told["series_id"] == product)]


def test_every_product_is_forecast_and_nothing_is_below_zero(told: pd.DataFrame) -> None:
    values = told[["mean", *BOUNDS]].to_numpy()
    assert told.loc[told["level"] == "product", "series_id"].nunique() == 23
    assert np.isfinite(values).all()
    assert (values >= 0).all()


def test_three_weeks_of_sales_are_forecast_near_what_they_were(told: pd.DataFrame) -> None:
    mean = of(told, THREE_WEEKS)["mean"]
    assert mean.between(2, 12).all()


def test_a_product_that_never_sold_is_forecast_next_to_nothing(told: pd.DataFrame) -> None:
    rows = of(told, NONE)
    assert (rows["mean"] < 0.5).all()
    assert (rows["lo95"] < 0.5).all()


def test_one_giant_order_is_not_forecast_again_nor_for_others(told: pd.DataFrame) -> None:
    assert (of(told, GIANT)["mean"] < 8_000).all()  # a hundredth of it
    for usual in ("P010", "P015"):
        assert of(told, usual)["mean"].between(3, 10).all()


@pytest.mark.parametrize("candidate", sorted(QUICK))
def test_a_shop_of_one_month_says_how_long_to_wait(candidate: str) -> None:
    frames = from_matrix(np.full((3, 4), 5.0), ["a"] * 3)
    with pytest.raises(NotEnoughData) as refused:
        FORECASTING.fit(candidate, frames, as_of=last_day(4), seed=1)
    assert (refused.value.found, refused.value.needed) == (4, 12)
    assert "12 weeks" in refused.value.remedy


def test_features_of_a_past_origin_are_those_that_were_known_then() -> None:
    """From the whole history, and from the history as it was: not one number differs."""
    weeks, origin = 110, 79
    frames = dict(seasonal_shop(products=12, weeks=weeks))
    days = [FIRST_WEEK + timedelta(weeks=w) for w in range(weeks + 4)]
    frames["external"] = pd.DataFrame(
        {
            "day": days,
            "name": "rain",
            "value": np.arange(len(days), dtype=float),
            "known_at": [
                pd.Timestamp(day) - pd.Timedelta(weeks=w % 6) for w, day in enumerate(days)
            ],
        }
    )
    plans = frames["promotions"]
    for week in (origin - 1, origin + 5):  # deeper than any, and told a day too late
        monday = FIRST_WEEK + timedelta(weeks=week)
        plans = plans[plans["starts_on"] != monday]
        late = plans.head(1).assign(
            product_id=None,
            discount=0.9,
            starts_on=monday,
            ends_on=monday + timedelta(days=6),
            announced_at=pd.Timestamp(last_day(origin + 1)) + pd.Timedelta(days=1),
        )
        plans = pd.concat([plans, late], ignore_index=True)
    frames["promotions"] = plans
    ahead = np.arange(1, 14)
    tables = []
    for known in (weeks, origin + 1):
        made = panel.build(frames, as_of=last_day(known), horizon=13)
        tables.append(features.table(made, origin, ahead))
        tables.append(features.other_columns(made, origin, ahead, ["rain"]))
    np.testing.assert_array_equal(tables[0], tables[2])
    np.testing.assert_array_equal(tables[1], tables[3])
    assert np.isfinite(tables[1]).any()
    assert np.isnan(tables[1]).any()
