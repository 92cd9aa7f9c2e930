"""One quick look at each candidate that learns long; its properties are for `make test-slow`."""

from __future__ import annotations

import numpy as np
import pytest

from ml.forecasting import BOUNDS, FORECASTING
from tests.factories.panels import aimless_shop, last_day
from tests.ml.forecasting.learners.shops import HORIZON, KEYS, QUICK, WEEKS
from tests.ml.slow import SLOW

PRODUCTS = 4


@pytest.mark.parametrize("key", [key for key in KEYS if key in SLOW])
def test_a_slow_candidate_learns_and_forecasts_and_claims_nothing_of_noise(key: str) -> None:
    frames, as_of = aimless_shop(PRODUCTS, WEEKS), last_day(WEEKS)
    parameters = {"horizon_weeks": HORIZON, **QUICK[key]}
    evaluation = FORECASTING.evaluate(key, frames, as_of=as_of, seed=1, parameters=parameters)
    model = FORECASTING.fit(
        key, frames, as_of=as_of, seed=1, parameters=parameters, evaluation=evaluation
    )
    told = FORECASTING.predict(model, frames, as_of=as_of)

    products = told[told["level"] == "product"]
    assert (
        products.groupby("series_id")["ahead"].apply(list).tolist()
        == [list(range(1, HORIZON + 1))] * PRODUCTS
    )
    values = told[["mean", *BOUNDS]].to_numpy(np.float64)
    assert np.isfinite(values).all()
    assert (values >= 0).all()
    assert (np.diff(told[list(BOUNDS)].to_numpy(np.float64), axis=1) >= 0).all()
    assert (told["mean"] > 0).all(), "this shop sells every week"
    assert not evaluation.beats_baseline, evaluation.verdict
    assert "o better than" in evaluation.verdict
