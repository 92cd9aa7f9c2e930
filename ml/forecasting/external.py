"""Further columns by day that staff uploaded (weather, events, a marketing plan), by week.

Point in time: a day's value is known from the day on which it was uploaded, or, where it was
uploaded afterwards, from the end of the day itself, as if somebody had kept the column up day
by day. So yesterday's temperature may be used from today on, whenever it was uploaded; next
month's may be used only from the upload of its forecast or plan. A week's value is the mean of
its days with a value and is known once the last of these is.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from ml.contract import Frames
from ml.errors import WrongFrame
from ml.forecasting.types import Floats, Ints, Names

MOST_COLUMNS = 20
"""Further columns that are used: each is the same for all products, so that many of them
would name single weeks and teach chance."""


def weekly(frames: Frames, ahead: Names, as_of: date) -> tuple[tuple[str, ...], Floats, Ints]:
    """Names of the columns, [E, weeks] their weekly means and [E, weeks] when these were known.

    Parameters
    ----------
    ahead : Mondays of all weeks, past and to come.
    as_of : last local day that may be known; values known later are left out.

    Returns
    -------
    Names in alphabetical order; means, NaN where nothing is known; index of the week by whose
    end a mean was known.
    """
    given = frames.get("external")
    if given is None or given.empty:
        nothing = np.zeros((0, len(ahead)))
        return (), nothing.astype(np.float32), nothing.astype(np.int32)
    values = given["value"].to_numpy(float)
    if not np.isfinite(values).all():
        raise WrongFrame(
            f"The frame 'external' has {int((~np.isfinite(values)).sum())} values that are no "
            "numbers.",
            remedy="Leave days without a value out.",
        )
    day = pd.to_datetime(given["day"]).to_numpy().astype("datetime64[D]")
    uploaded = pd.to_datetime(given["known_at"]).to_numpy().astype("datetime64[D]")
    known = np.minimum(day, uploaded)
    first, week = ahead[0], np.timedelta64(7, "D")
    column = ((day - first) // week).astype(np.int64)
    kept = (known <= np.datetime64(as_of, "D")) & (column >= 0) & (column < len(ahead))
    names = tuple(sorted(set(given["name"].astype(str)[kept])))[:MOST_COLUMNS]
    row = pd.Index(names).get_indexer(given["name"].astype(str)) if names else np.full(len(day), -1)
    kept &= row >= 0
    at = (row[kept], column[kept])
    shape = (len(names), len(ahead))
    total, count = np.zeros(shape), np.zeros(shape)
    np.add.at(total, at, values[kept])
    np.add.at(count, at, 1)
    known_from = np.zeros(shape, np.int32)
    # Known at an origin when known by the Sunday that ends the origin's week.
    told = np.maximum((known[kept] - first) // week, 0).astype(np.int32)
    np.maximum.at(known_from, at, told)
    means = np.full(shape, np.nan)
    np.divide(total, count, out=means, where=count > 0)
    return names, means.astype(np.float32), known_from
