"""How sure predictions are, on rows whose figures are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.forecasting import FORECASTING
from ml.forecasting.confidence import of_range
from ml.fraud import FRAUD


def test_a_score_is_the_surer_the_farther_it_lies_from_a_coin_toss() -> None:
    scores = pd.DataFrame({"score": [0.0, 0.02, 0.3, 0.5, 0.7, 0.95, 1.0]})
    told = FRAUD.confidence(scores)
    assert told.tolist() == pytest.approx([1.0, 0.96, 0.4, 0.0, 0.4, 0.9, 1.0])


def test_a_forecast_is_the_surer_the_narrower_its_range_is_against_it() -> None:
    rows = pd.DataFrame(
        {
            "mean": [100.0, 100.0, 100.0, 100.0],
            "lo80": [90, 50, 0, 100],
            "hi80": [110, 150, 200, 100],
        }
    )
    told = FORECASTING.confidence(rows)
    assert told.tolist() == pytest.approx([100 / 110, 100 / 150, 0.5, 1.0])


def test_units_do_not_matter_and_nothing_expected_for_sure_is_sure() -> None:
    mean, low, high = np.array([3.0, 0.0, 0.0]), np.array([1.0, 0, 0]), np.array([7.0, 0, 2.0])
    told = of_range(mean, low, high)
    assert told.tolist() == pytest.approx([0.5, 1.0, 0.0])
    assert of_range(1000 * mean, 1000 * low, 1000 * high).tolist() == pytest.approx(told.tolist())
