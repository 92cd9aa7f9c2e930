"""Names, units and result types of forecasting."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]
Bools = NDArray[np.bool_]
Names = NDArray[Any]

KEY = "forecasting"
"""The capability's name in jobs, in the model store and in the database."""

Level = Literal["shop", "category", "product"]
LEVELS: tuple[Level, ...] = ("shop", "category", "product")
SHOP_SERIES = "shop"
"""The one series of the level "shop"."""

COVERAGES: tuple[int, ...] = (50, 80, 95)
"""Ranges in percent."""

BOUNDS: tuple[str, ...] = ("lo95", "lo80", "lo50", "hi50", "hi80", "hi95")
"""Columns of the ranges, from the lowest to the highest."""

BOUND_QUANTILES: tuple[float, ...] = (0.025, 0.10, 0.25, 0.75, 0.90, 0.975)
"""Quantile of each of `BOUNDS`."""

HORIZON_BUCKETS: tuple[tuple[int, int], ...] = ((1, 1), (2, 4), (5, 8), (9, 13), (14, 26))
"""First and last week ahead of the groups within which errors are pooled."""

MAX_HORIZON = 26
"""Weeks ahead that are published."""

WINDOWS: tuple[int, ...] = (4, 13, 26)
"""Next weeks whose sum gets a range of its own: ranges of single weeks do not add up."""

PARTS: tuple[str, ...] = (
    "usual level",
    "season",
    "trend",
    "price",
    "promotion",
    "holiday",
    "other columns",
    "recent sales",
    "correction",
)
"""What a forecast is made of, in the order in which it is told."""


def bucket_of(horizon: Ints) -> Ints:
    """Index into `HORIZON_BUCKETS` of weeks ahead (1 is the next week)."""
    return np.searchsorted([last for _, last in HORIZON_BUCKETS], horizon)


def bucket_label(index: int) -> str:
    first, last = HORIZON_BUCKETS[index]
    return f"week {first}" if first == last else f"weeks {first} to {last}"
