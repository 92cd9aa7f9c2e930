"""The measures of forecasting: what they are called, and how they are computed."""

from __future__ import annotations

import numpy as np

from ml.contract import Measure
from ml.forecasting import ranges
from ml.forecasting.panel import Panel
from ml.forecasting.types import BOUND_QUANTILES, BOUNDS, COVERAGES, Floats

MEASURES: tuple[Measure, ...] = (
    Measure(
        slug="wape",
        label="Error (WAPE)",
        unit="share",
        better="lower",
        about="Sum of the misses of all products and weeks over the sum of sales.",
    ),
    Measure(
        slug="bias",
        label="Bias",
        unit="share",
        better="near zero",
        about="Forecast less sales over sales: above zero is too much.",
    ),
    Measure(
        slug="mase",
        label="MASE",
        unit="ratio",
        better="lower",
        about="Misses over those of repeating the last week, a product at a time.",
    ),
    Measure(
        slug="mape",
        label="MAPE",
        unit="share",
        better="lower",
        about="Mean of each miss over what was sold, of the weeks with sales only: without sales "
        "it is not defined, so that slow movers are judged by their best weeks alone.",
    ),
    Measure(
        slug="rmsse",
        label="RMSSE",
        unit="ratio",
        better="lower",
        about="The same with squared misses, so that large ones count more.",
    ),
    Measure(
        slug="pinball",
        label="Pinball loss",
        unit="share",
        better="lower",
        about="How well the whole range fits: twice the mean loss of its bounds over sales.",
    ),
    *(
        Measure(
            slug=f"coverage_{level}",
            label=f"{level} % range held",
            unit="share",
            better="near zero",
            about=f"Share of weeks within the {level} % range; it should be {level} %. A week "
            "whose sales lie on the edge of the range counts in part.",
        )
        for level in COVERAGES
    ),
    Measure(
        slug="wape_category",
        label="Error, categories",
        unit="share",
        better="lower",
        about="The error of the sums by category.",
    ),
    Measure(
        slug="wape_shop",
        label="Error, whole shop",
        unit="share",
        better="lower",
        about="The error of the sum of all products.",
    ),
)


def wape(forecast: Floats, actual: Floats) -> float:
    total = float(np.sum(actual, dtype=np.float64))
    missed = float(np.sum(np.abs(forecast - actual), dtype=np.float64))
    return missed / total if total > 0 else float(missed > 0)


def bias(forecast: Floats, actual: Floats) -> float:
    total = float(np.sum(actual, dtype=np.float64))
    return float(np.sum(forecast - actual, dtype=np.float64)) / total if total > 0 else 0.0


def mape(forecast: Floats, actual: Floats) -> tuple[float, int]:
    """Mean of |error| / actual over the cases with sales, and how many these are; NaN for none."""
    sold = actual > 0
    if not sold.any():
        return float("nan"), 0
    share = np.abs(forecast[sold] - actual[sold]) / actual[sold]
    return float(share.mean(dtype=np.float64)), int(sold.sum())


def steps(panel: Panel, origin: int) -> tuple[Floats, Floats]:
    """[n] mean step and mean squared step between seen neighbouring weeks of the history."""
    units, seen = panel.units[:, : origin + 1], panel.seen[:, : origin + 1]
    both = seen[:, 1:] & seen[:, :-1]
    step = np.where(both, np.abs(np.diff(units, axis=1)), 0)
    count = np.maximum(both.sum(1), 1)
    return step.sum(1) / count, (step**2).sum(1) / count


def pinball(actual: Floats, bounds: Floats) -> float:
    total = 0.0
    for k, q in enumerate(BOUND_QUANTILES):
        over = actual - bounds[:, k]
        total += float(np.maximum(q * over, (q - 1) * over).sum(dtype=np.float64))
    sales = float(actual.sum(dtype=np.float64))
    return 2 * total / len(BOUNDS) / sales if sales > 0 else 0.0


def coverage(actual: Floats, bounds: Floats) -> tuple[float, ...]:
    """Share held by the 50, 80 and 95 % range, whole units as in `ranges.held`."""
    return tuple(float(share) for share in ranges.held(actual, bounds).mean(0))
