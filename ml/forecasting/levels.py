"""Product, category and shop agree: the higher levels are sums of the products'."""

from __future__ import annotations

import numpy as np

from ml.forecasting.types import Bools, Floats, Ints


def by_category(values: Floats, category_of: Ints, count: int) -> Floats:
    """[n, H] of products → [count, H] of categories."""
    total = np.zeros((count, values.shape[1]), np.float64)
    np.add.at(total, category_of, values)
    return total


def sums(
    *arrays: Floats, origin: Ints, horizon: Ints, group: Ints, chosen: Bools
) -> tuple[Ints, Ints, Ints, tuple[Floats, ...]]:
    """Cases summed by (origin, horizon, group) over the chosen ones.

    Only weeks that were seen are chosen, on both sides of a comparison, so that a stock-out
    does not count as an error of the forecast.
    """
    key = (origin[chosen].astype(np.int64) * 100 + horizon[chosen]) * 100_000 + group[chosen]
    unique, inverse = np.unique(key, return_inverse=True)
    totals = tuple(
        np.bincount(inverse, weights=a[chosen], minlength=len(unique)) for a in arrays
    )
    return unique // 10_000_000, (unique // 100_000) % 100, unique % 100_000, totals
