"""An evaluation as tables: by level, weeks ahead, sum of weeks, origin, class and product."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ml.forecasting import classes, ranges
from ml.forecasting.evaluation import Judged, summed
from ml.forecasting.measures import bias, coverage, mape, wape
from ml.forecasting.panel import Panel
from ml.forecasting.types import (
    COVERAGES,
    HORIZON_BUCKETS,
    LEVELS,
    WINDOWS,
    Bools,
    bucket_label,
    bucket_of,
)

MOST_PRODUCTS = 500
"""Products of "by_product", those with the largest errors: where models differ, it is there."""


def tables(judged: dict[str, Judged], panel: Panel) -> dict[str, pd.DataFrame]:
    """The tables of an evaluation by their names.

    "by_level", "by_horizon" (level and weeks ahead), "by_window" (level and sum of weeks),
    "by_origin", "by_class" (ABC by revenue × XYZ by steadiness, as known at the first judged
    origin) and "by_product" (the `MOST_PRODUCTS` with the largest errors). Columns: cases, wape,
    baseline_wape, bias, mape (None where nothing was sold) and mape_cases (weeks with sales),
    coverage_50 … as in `ranges.held`, within_50 … likewise with both bounds counted as inside in
    whole units.
    """
    product = judged["product"]
    levels = {level: judged[level] for level in LEVELS if level in judged}
    return {
        "by_level": _frame(
            [{"level": level, "label": level, **_row(found)} for level, found in levels.items()]
        ),
        "by_horizon": _frame(
            [
                {"level": level, "label": bucket_label(b), **_row(found, buckets == b)}
                for level, found in levels.items()
                for buckets in [bucket_of(found.horizon)]
                for b in range(len(HORIZON_BUCKETS))
                if (buckets == b).any()
            ]
        ),
        "by_window": _frame(
            [
                {"level": level, "weeks": weeks, **_row(judged[summed(level, weeks)])}
                for level in LEVELS
                for weeks in WINDOWS
                if summed(level, weeks) in judged
            ]
        ),
        "by_origin": _frame(
            [
                {"level": "product", "origin": int(o), **_row(product, product.origin == o)}
                for o in np.unique(product.origin)
            ]
        ),
        "by_class": _by_class(product, panel),
        "by_product": _by_product(product, panel),
    }


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a table, what is not defined as None: NaN is no JSON."""
    frame = pd.DataFrame(rows)
    if "mape" in frame:
        frame["mape"] = pd.Series([row["mape"] for row in rows], dtype=object)
    return frame


def _row(found: Judged, at: Bools | None = None) -> dict[str, float | None]:
    at = np.ones(len(found.actual), bool) if at is None else at
    actual, forecast, bounds = found.actual[at], found.forecast[at], found.bounds[at]
    held = coverage(actual, bounds)
    within = ranges.touched(actual, bounds).mean(0)
    share, sold = mape(forecast, actual)
    return {
        "cases": int(at.sum()),
        "wape": round(wape(forecast, actual), 4),
        "baseline_wape": round(wape(found.thumb[at], actual), 4),
        "bias": round(bias(forecast, actual), 4),
        "mape": round(share, 4) if sold else None,
        "mape_cases": sold,
        **{f"coverage_{c}": round(h, 4) for c, h in zip(COVERAGES, held, strict=True)},
        **{f"within_{c}": round(float(w), 4) for c, w in zip(COVERAGES, within, strict=True)},
    }


def _by_class(product: Judged, panel: Panel) -> pd.DataFrame:
    of_each = classes.of_products(panel, int(product.origin.min()))
    of_case = of_each[product.series]
    rows = []
    for name in sorted(set(of_case)):
        at = of_case == name
        count = len(np.unique(product.series[at]))
        rows.append({"class": name, "products": count, **_row(product, at)})
    return _frame(rows)


def _by_product(product: Judged, panel: Panel) -> pd.DataFrame:
    """product_id · cases · actual and forecast · error and baseline_error (sums of |error|)."""
    total = {
        "cases": np.ones(len(product.series)),
        "actual": product.actual,
        "forecast": product.forecast,
        "error": np.abs(product.forecast - product.actual),
        "baseline_error": np.abs(product.thumb - product.actual),
    }
    sums = {
        name: np.bincount(product.series, weights=values, minlength=panel.n)
        for name, values in total.items()
    }
    order = np.argsort(-np.maximum(sums["error"], sums["baseline_error"]), kind="stable")
    chosen = order[sums["cases"][order] > 0][:MOST_PRODUCTS]
    frame = pd.DataFrame({name: np.round(values[chosen], 2) for name, values in sums.items()})
    frame.insert(0, "product_id", panel.products[chosen])
    return frame.astype({"cases": int})
