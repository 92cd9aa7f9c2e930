"""Product, category and shop agree: the higher levels are sums of the products'."""

from __future__ import annotations

import numpy as np

from ml.forecasting.types import Bools, Floats, Ints


def by_category(values: Floats, category_of: Ints, members: Bools) -> Floats:
    """[n, H] of products → [g, H] of category series, those above others included."""
    total = np.zeros((members.shape[1], values.shape[1]), np.float64)
    np.add.at(total, category_of, values)
    return np.asarray(members.astype(np.float64) @ total)


def window(
    *arrays: Floats, origin: Ints, horizon: Ints, product: Ints, seen: Bools, weeks: int
) -> tuple[Ints, tuple[Floats, ...]]:
    """Cases summed over the first `weeks` weeks ahead: where all of them are known and seen.

    Returns the index of each sum's first case, and the sums.
    """
    near = np.flatnonzero(horizon <= weeks)
    if not len(near):
        return near, tuple(np.zeros(0) for _ in arrays)
    origins, row = np.unique(origin[near], return_inverse=True)
    width = int(product[near].max()) + 1
    key = row * width + product[near]
    size = len(origins) * width
    count = np.bincount(key, minlength=size)
    whole = (np.bincount(key, weights=seen[near], minlength=size) == weeks) & (count == weeks)
    first = np.empty(size, np.int64)
    first[key[::-1]] = near[::-1]  # of equal keys the last one written stays: the first case
    totals = tuple(np.bincount(key, weights=array[near], minlength=size)[whole] for array in arrays)
    return first[whole], totals


def sums(
    *arrays: Floats, origin: Ints, horizon: Ints, category: Ints, chosen: Bools, members: Bools
) -> tuple[Ints, Ints, Ints, tuple[Floats, ...]]:
    """Cases summed to (origin, horizon, series) over the chosen ones.

    Only weeks that were seen are chosen, on both sides of a comparison, so that a stock-out
    does not count as an error of the forecast.
    """
    count = members.shape[1]
    step = origin[chosen].astype(np.int64) * 100 + horizon[chosen]
    steps, at = np.unique(step, return_inverse=True)
    cell = at * count + category[chosen]
    size = len(steps) * count
    present = np.bincount(cell, minlength=size).reshape(-1, count) @ members.T > 0
    totals: tuple[Floats, ...] = tuple(
        np.asarray(
            np.bincount(cell, weights=array[chosen], minlength=size).reshape(-1, count)
            @ members.T.astype(np.float64)
        ).astype(np.float64)[present]
        for array in arrays
    )
    row, series = np.nonzero(present)
    return steps[row] // 100, steps[row] % 100, series, totals
