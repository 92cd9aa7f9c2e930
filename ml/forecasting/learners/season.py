"""The yearly season of a category: by what share each week of the year stands above the usual.

A product's own two or three years say little about its single weeks; those of its category are
steadier. So the models of single products take the category's season out and put it back.
"""

from __future__ import annotations

import numpy as np

from ml.forecasting.panel import Panel
from ml.forecasting.types import Floats, Ints

WEEKS = 52
TWO_YEARS = 2 * WEEKS
FEWEST_UNITS = 20.0
"""Units a week under which a category leans on the shop's season."""

LOWEST, HIGHEST = 0.2, 5.0
SMOOTHING = 0.2  # share of each neighbouring week


def index(panel: Panel, origin: int) -> Floats:
    """[n, origin + 1 + H] season of each product's category in every week; 1 without two years.

    Learned from weeks up to the origin; of later weeks only the calendar is read.
    """
    span = origin + 1
    length = span + panel.horizon
    if span < TWO_YEARS:
        return np.ones((panel.n, length), np.float32)
    places = place(panel.years)
    groups = _by_place(panel.group_sold[:, :span], places[:span])
    return np.asarray(groups[panel.category_of][:, places[:length]], np.float32)


def place(years: Floats) -> Ints:
    """Week of the year, 0 to 51, of a position in the year."""
    return np.asarray(np.minimum((years * WEEKS).astype(int), WEEKS - 1))


def _by_place(total: Floats, places: Ints) -> Floats:
    """[groups, 52] from units by group and week; the shop's where a group sells too little."""
    kernel = np.ones(WEEKS + 1)
    kernel[[0, -1]] = 0.5
    level = np.stack([np.convolve(row, kernel / WEEKS, mode="valid") for row in total])
    half = WEEKS // 2
    inner = total[:, half : half + level.shape[1]]
    ratio = np.where(level > 0, inner / np.maximum(level, 1e-9), 1.0)
    where = places[half : half + level.shape[1]]
    found = np.full((len(total), WEEKS), np.nan)
    for week in range(WEEKS):
        at = where == week
        if at.any():
            found[:, week] = ratio[:, at].mean(1)
    missing = np.isnan(found[0])
    found[:, missing] = 1.0
    circle = np.concatenate([found[:, -1:], found, found[:, :1]], axis=1)
    before, now, after = (circle[:, i : i + WEEKS] for i in range(3))
    smooth = SMOOTHING * (before + after) + (1 - 2 * SMOOTHING) * now
    smooth = np.clip(smooth / smooth.mean(1, keepdims=True), LOWEST, HIGHEST)
    few = total[:, -WEEKS:].mean(1) < FEWEST_UNITS
    return np.asarray(np.where(few[:, None], smooth[-1], smooth))
