"""Classes of products: ABC by revenue, XYZ by how steadily they sell."""

from __future__ import annotations

import numpy as np

from ml.forecasting.panel import Panel
from ml.forecasting.types import Floats, Names

A_SHARE, B_SHARE = 0.80, 0.95
"""Shares of revenue: the best sellers that make the first 80 % are A, up to 95 % B, the rest C."""

X_LIMIT, Y_LIMIT = 0.5, 1.0
"""Coefficient of variation of weekly units: steady (X) up to one half, changing (Y) up to one,
beyond that irregular (Z)."""


def abc(revenue: Floats) -> Names:
    """[n] "A", "B" or "C"; the product with which a share is reached still belongs to it."""
    order = np.argsort(-revenue, kind="stable")
    total = float(revenue.sum(dtype=np.float64))
    if total <= 0:
        return np.full(len(revenue), "C", object)
    before = np.cumsum(revenue[order], dtype=np.float64) - revenue[order]
    found = np.empty(len(revenue), object)
    found[order] = np.select(
        [before < A_SHARE * total * (1 - 1e-9), before < B_SHARE * total * (1 - 1e-9)],
        ["A", "B"],
        default="C",
    )
    found[revenue <= 0] = "C"
    return found


def xyz(variation: Floats) -> Names:
    """[n] "X", "Y" or "Z"; what never sold (NaN) is Z."""
    steady, changing = variation <= X_LIMIT, variation <= Y_LIMIT
    return np.asarray(np.select([steady, changing], ["X", "Y"], default="Z"), object)


def of_products(panel: Panel, last: int) -> Names:
    """[n] e.g. "AX", from the weeks up to and including `last`."""
    units, seen = panel.units[:, : last + 1], panel.seen[:, : last + 1]
    price = np.nan_to_num(panel.price[:, : last + 1], nan=1.0)  # never priced: by units
    revenue = (panel.sold[:, : last + 1] * price).sum(1, dtype=np.float64)
    return np.asarray(abc(revenue) + xyz(variation(units, seen)), object)


def variation(units: Floats, seen: np.ndarray) -> Floats:
    """[n] standard deviation over mean of the seen weeks; NaN where nothing was sold."""
    count = np.maximum(seen.sum(1), 1)
    mean = (units * seen).sum(1, dtype=np.float64) / count
    square = np.square((units - mean[:, None]) * seen).sum(1, dtype=np.float64) / count
    result = np.full(len(mean), np.nan)
    np.divide(np.sqrt(square), mean, out=result, where=mean > 0)
    return result
