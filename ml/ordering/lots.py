"""Marginal value of a product's next packs: what each further one saves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.ordering import shortage
from ml.ordering.types import Floats, Ints

MOST_LOTS = 20
"""Steps in which a product's packs are looked at; more packs are taken several at a time."""


def lots(
    product: Ints,
    *,
    mean: Floats,
    deviation: Floats,
    supply: Floats,
    anyway: Floats,
    pack: Floats,
    packs: Floats,
    price: Floats,
    cost: Floats,
) -> pd.DataFrame:
    """One row a lot of packs: row (position in the arrays) · turn · packs · value · worth.

    value : currency that the lot costs. worth : currency of sales that it is expected to save,
    which falls from a product's lot to its next: the loss function is convex.

    Parameters
    ----------
    product : [m] positions, given back as `row`.
    mean, deviation : [m] of the demand that the order is for, units.
    supply : [m] units that are there without the order.
    anyway : [m] units that are missed whatever is ordered, since it comes too late for them.
    pack, packs : [m] units a pack, and packs that are wanted.
    """
    step = np.ceil(packs / MOST_LOTS)
    count = np.ceil(packs / np.maximum(step, 1)).astype(np.int64)
    line = np.repeat(np.arange(len(packs)), count)
    turn = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    before = turn * step[line]
    taken = np.minimum(step[line], packs[line] - before)
    low = supply[line] + before * pack[line]
    high = low + taken * pack[line]
    m, d = mean[line], deviation[line]
    lost = anyway[line]
    saved = np.maximum(shortage.expected(m, d, low), lost)
    saved -= np.maximum(shortage.expected(m, d, high), lost)
    return pd.DataFrame(
        {
            "row": np.asarray(product)[line],
            "turn": turn,
            "packs": taken,
            "value": taken * pack[line] * cost[line],
            "worth": np.maximum(saved, 0.0) * price[line],
        }
    )
