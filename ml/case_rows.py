"""Rows of cases that are kept with an evaluation: few enough to be read at a click."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ml.contract import CASE_COLUMNS

MOST_ROWS = 8_000
"""Kept with a version at most: 150 kB, and a bootstrap of four versions within two seconds."""


def frame(columns: Mapping[str, Any]) -> pd.DataFrame:
    """The columns of `CASE_COLUMNS` in their types and order; floats of 32 bits."""
    made = pd.DataFrame({name: columns[name] for name in CASE_COLUMNS})
    for name in ("case", "unit", "group"):
        made[name] = made[name].astype(str)
    made["day"] = pd.to_datetime(made["day"]).astype("datetime64[ns]")
    for name in ("actual", "predicted", "rule", "weight"):
        made[name] = made[name].astype(np.float32)
    return made


def sampled(
    rows: pd.DataFrame,
    most: int = MOST_ROWS,
    always: np.ndarray[Any, np.dtype[np.bool_]] | None = None,
) -> pd.DataFrame:
    """At most about `most` rows, whole units at a time; the kept ones stand for the others.

    Which units are kept is a function of their names alone, so that versions that were measured on
    the same cases keep the same ones.

    Parameters
    ----------
    always : [rows] rows whose units are kept whatever their number (the rare ones).
    """
    if len(rows) <= most:
        return rows.reset_index(drop=True)
    units = pd.Index(rows["unit"].unique())
    of_row = units.get_indexer(pd.Index(rows["unit"]))
    size = np.bincount(of_row, minlength=len(units))
    needed = np.zeros(len(units), bool)
    if always is not None:
        needed[of_row[always]] = True
    place = pd.util.hash_array(units.to_numpy(object), categorize=False).astype(np.uint64)
    order = np.argsort(place, kind="stable")
    order = order[~needed[order]]
    left = max(most - int(size[needed].sum()), 1)
    taken = order[: max(int(np.searchsorted(np.cumsum(size[order]), left, side="right")), 1)]
    kept = needed.copy()
    kept[taken] = True
    # What was left to chance stands for all that chance could have drawn.
    each = size[~needed].sum() / max(size[taken].sum(), 1)
    weight = rows["weight"].to_numpy(np.float64) * np.where(needed, 1.0, each)[of_row]
    chosen = kept[of_row]
    found = rows[chosen].assign(weight=weight[chosen].astype(np.float32))
    return found.reset_index(drop=True)
