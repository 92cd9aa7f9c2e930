"""How sure a forecast is: how narrow its 80 % range is against the forecast itself."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.forecasting.types import Floats

LOW, HIGH = "lo80", "hi80"


def confidence(forecast: pd.DataFrame) -> pd.Series:
    """0 to 1 a row of `predict`: mean, lo80 and hi80 in units."""
    told = of_range(*(forecast[name].to_numpy(np.float64) for name in ("mean", LOW, HIGH)))
    return pd.Series(told, index=forecast.index, name="confidence")


def of_range(mean: Floats, low: Floats, high: Floats) -> Floats:
    """The forecast's share of itself and half its 80 % range; units do not matter.

    A range of ±10 % is 0.91 sure, of ±50 % 0.67, of ±100 % 0.5; without any range it is 1. A
    product that hardly sells has a wide range for its mean: little is known of its next week, more
    of its next quarter.
    """
    half = np.maximum(np.asarray(high, float) - np.asarray(low, float), 0.0) / 2.0
    size = np.maximum(np.asarray(mean, float), 0.0)
    whole = size + half
    return np.where(whole > 0, size / np.where(whole > 0, whole, 1.0), 1.0)
