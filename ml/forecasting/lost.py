"""Units that were not sold because there was no stock: an estimate with its range.

What a product would have sold on days without stock is its share of what the rest of its category
sold on those days (which knows the season, the weekday and the weather), the share being taken from
the four weeks with stock before and after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.forecasting.grains import quantiles
from ml.forecasting.types import BOUNDS, Bools, Floats

NEAR_DAYS = 28
"""Days with stock before, and as many after, that tell the usual share."""

ENOUGH = 50.0
"""Units that the rest of the category must have sold in these days to be an index of demand."""

UNSEEN = 1.0
"""Units that a product might have sold in a window in which it sold none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Units of one spell without stock."""

    first: int  # index of its first day
    last: int
    units: float  # expected
    low: float  # of the 80 % range
    high: float


def estimate(
    sold: Floats, others: Floats, out: Bools, spells: Sequence[tuple[int, int]]
) -> tuple[Lost, ...]:
    """Lost units of each spell, one entry a spell.

    Parameters
    ----------
    sold, others : [D] units a day of the product, and of the rest of its category.
    out : [D] days that ended without stock: on the first of a spell some may still be sold.
    spells : first and last index of each, both included.
    """
    return tuple(_of(sold, others, out, first, last) for first, last in spells)


def _of(sold: Floats, others: Floats, out: Bools, first: int, last: int) -> Lost:
    near = _near(out, first, last)
    days = np.arange(first, last + 1)
    if not len(near):
        return Lost(first=first, last=last, units=0.0, low=0.0, high=0.0)
    index = others if others[near].sum() >= ENOUGH else np.ones_like(others)
    seen, base = float(sold[near].sum()), float(index[near].sum())
    expected = seen / base * float(index[days].sum())
    each = np.maximum(seen / base * index[near], 1e-9)
    # Orders of several units make days differ more than single buyers would.
    # Over all days together: a day on which hardly anything else was sold would outweigh all.
    lumps = max(float(((sold[near] - each) ** 2).sum() / each.sum()), 1.0) if seen else 1.0
    counted = max(seen, UNSEEN)
    wanted = max(expected, UNSEEN / base * float(index[days].sum()) if not seen else 0.0)
    variance = lumps * wanted + lumps * wanted**2 / counted
    around = quantiles(np.array([wanted]), np.array([variance]))[0]
    had = float(sold[days].sum())
    low, high = around[BOUNDS.index("lo80")], around[BOUNDS.index("hi80")]
    return Lost(
        first=first,
        last=last,
        units=max(expected - had, 0.0),
        low=max(float(low) - had, 0.0) if seen else 0.0,
        high=max(float(high) - had, 0.0),
    )


def _near(out: Bools, first: int, last: int) -> np.ndarray:
    """Days with stock nearest to the spell, on either side."""
    known = np.flatnonzero(~out)
    before, after = known[known < first], known[known > last]
    return np.concatenate([before[-NEAR_DAYS:], after[:NEAR_DAYS]])
