"""What was forecast for which product and week, kept with an evaluation to compare versions by."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml import case_rows
from ml.forecasting import classes
from ml.forecasting.evaluation import Judged
from ml.forecasting.panel import Panel
from ml.forecasting.types import HORIZON_BUCKETS, bucket_label, bucket_of

SELLS = {"A": "Best sellers", "B": "Middle sellers", "C": "Slow sellers"}
STEADY = {"X": "steady", "Y": "changing", "Z": "irregular"}


def of(product: Judged, panel: Panel) -> pd.DataFrame:
    """One row a product, week and group of weeks ahead, see `ml.contract.CASE_COLUMNS`.

    Of several forecasts within a group of weeks ahead the nearest one is kept, and stands for all
    of them: a version that was measured a week later answers the same question from other weeks.
    The unit is the product, the segment how much and how steadily it sells.
    """
    bucket = bucket_of(product.horizon)
    week = product.origin + product.horizon
    order = np.lexsort((product.horizon, bucket, week, product.series))
    key = np.stack([product.series, week, bucket])[:, order]
    first = np.append(True, (np.diff(key, axis=1) != 0).any(axis=0))
    at = order[first]
    count = np.diff(np.append(np.flatnonzero(first), len(order)))
    name = panel.products[product.series[at]].astype(str)
    day = pd.to_datetime(np.datetime64(panel.weeks[0], "D") + 7 * week[at].astype("timedelta64[D]"))
    ahead = np.array([bucket_label(one) for one in range(len(HORIZON_BUCKETS))], object)[bucket[at]]
    told = pd.Series(name) + "/" + pd.Series(day.strftime("%Y-%m-%d")) + "/" + pd.Series(ahead)
    kind = classes.of_products(panel, int(product.origin.min()))[product.series[at]]
    words = {a + x: f"{sells}, {steady}" for a, sells in SELLS.items()
             for x, steady in STEADY.items()}  # fmt: skip
    return case_rows.sampled(
        case_rows.frame(
            {
                "case": told,
                "unit": name,
                "group": pd.Series(kind).map(words),
                "day": day,
                "actual": product.actual[at],
                "predicted": product.forecast[at],
                "rule": product.thumb[at],
                "weight": count,
            }
        )
    )


def figures(rows: pd.DataFrame, said: str) -> dict[str, float]:
    """WAPE, bias and MAPE of one column, weighted; MAPE only where something was sold."""
    weight = rows["weight"].to_numpy(np.float64)
    actual = rows["actual"].to_numpy(np.float64)
    apart = rows[said].to_numpy(np.float64) - actual
    missed = np.abs(apart)
    sold = float(weight @ actual)
    found = {
        "wape": float(weight @ missed) / sold if sold > 0 else float((weight @ missed) > 0),
        "bias": float(weight @ apart) / sold if sold > 0 else 0.0,
    }
    some = weight * (actual > 0)
    if (told := float(some.sum())) > 0:
        found["mape"] = float(some @ (missed / np.where(actual > 0, actual, 1.0))) / told
    return found
