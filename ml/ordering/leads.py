"""How long suppliers really take: what they promise, corrected by what they did."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.ordering.types import DEFAULT_LEAD_SHARE

PROMISE_WEIGHT = 8.0
"""Deliveries that weigh as much as the supplier's own promise."""


def lead_times(
    promised: pd.DataFrame, delivered: pd.DataFrame, *, default_days: float
) -> pd.DataFrame:
    """supplier_id · lead_days · lead_sd_days · deliveries, one row a supplier of `promised`.

    The mean leans on the promise by `PROMISE_WEIGHT` deliveries, the variance likewise (a normal
    model with conjugate prior: Gelman et al., "Bayesian Data Analysis", §3.3). Without either,
    `default_days` and `DEFAULT_LEAD_SHARE` of it.

    Parameters
    ----------
    promised : supplier_id · lead_time_days · lead_time_sd_days; none where not stated.
    delivered : supplier_id · deliveries · mean_days · variance_days, of past orders.
    default_days : where a supplier states nothing.
    """
    known = promised.merge(delivered, on="supplier_id", how="left")
    said = known["lead_time_days"].to_numpy(np.float64)
    mean = np.where(np.isnan(said) | (said < 0), default_days, said)
    spread = known["lead_time_sd_days"].to_numpy(np.float64)
    spread = np.where(np.isnan(spread) | (spread < 0), DEFAULT_LEAD_SHARE * mean, spread)
    count = known["deliveries"].fillna(0).to_numpy(np.float64)
    seen = np.where(count > 0, known["mean_days"].fillna(0.0).to_numpy(np.float64), mean)
    wide = np.where(count > 1, known["variance_days"].fillna(0.0).to_numpy(np.float64), 0.0)
    weight = PROMISE_WEIGHT + count
    between = PROMISE_WEIGHT * count / weight * np.square(seen - mean)
    variance = (PROMISE_WEIGHT * np.square(spread) + count * wide + between) / weight
    return pd.DataFrame(
        {
            "supplier_id": known["supplier_id"],
            "lead_days": (PROMISE_WEIGHT * mean + count * seen) / weight,
            "lead_sd_days": np.sqrt(variance),
            "deliveries": count.astype(np.int64),
        }
    )
