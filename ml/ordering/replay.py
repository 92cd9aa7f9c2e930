"""Replay of weekly ordering over a past period: what another policy would have kept and missed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml.ordering.types import Floats, Ints

Buyer = Callable[[int, Floats, pd.DataFrame], Floats]
"""Called on each day of review with (day, stock on the shelf, open deliveries as the positions
`row` · units · days until they are expected); gives back the units to order of each product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came of a policy."""

    out_days: int  # product days that ended without stock
    short_days: int  # product days on which a wish was not met
    mean_stock: float  # units on the shelf at the end of a day, all products together
    mean_value: float  # the same at cost, currency
    lost: float  # units that found an empty shelf
    demand: float  # units wished for
    ordered: float  # units


def replay(
    wishes: Floats,
    stock: Floats,
    coming: pd.DataFrame,
    lead: Ints,
    expected: Floats,
    buyer: Buyer,
    cost: Floats,
    *,
    review_days: int = 7,
) -> Replayed:
    """Let one policy order for a shop whose customers wish what they wished.

    In the morning deliveries come in, on a day of review the buyer orders, then the day sells;
    what finds an empty shelf is lost.

    Parameters
    ----------
    wishes : [days, n] units wished for: sales and what could not be sold.
    stock : [n] units on the shelf before the first day.
    coming : row (product's position) · units · day (of arrival), of orders before the first day.
    lead : [reviews, n] days that a delivery ordered on each day of review really takes.
    expected : [n] days that the buyer expects it to take.
    cost : [n] currency a unit.
    """
    days, n = wishes.shape
    shelf = np.asarray(stock, np.float64).copy()
    arriving = np.zeros((days + int(lead.max(initial=0)) + 2, n))
    late = coming[coming["day"] < len(arriving)]
    np.add.at(arriving, (late["day"].clip(lower=0), late["row"]), late["units"])
    rows = coming["row"].tolist()
    units = coming["units"].astype(float).tolist()
    due = coming["day"].astype(float).tolist()
    comes = coming["day"].tolist()
    out = short = 0
    lost = ordered = held = value = 0.0
    for day in range(days):
        shelf += arriving[day]
        if day % review_days == 0:
            open_ = [i for i, when in enumerate(comes) if when > day]
            rows, units, due, comes = (
                [each[i] for i in open_] for each in (rows, units, due, comes)
            )
            waits = np.maximum(np.array(due, float) - day, 1.0)
            orders = buyer(day, shelf.copy(), pd.DataFrame(
                {"row": rows, "units": units, "days": waits}
            ))  # fmt: skip
            ordered += float(orders.sum())
            for row in np.flatnonzero(orders > 0):
                arrives = day + max(int(lead[day // review_days, row]), 1)
                if arrives < len(arriving):
                    arriving[arrives, row] += orders[row]
                rows.append(int(row))
                units.append(float(orders[row]))
                due.append(day + float(expected[row]))
                comes.append(arrives)
        sold = np.minimum(shelf, wishes[day])
        missed = wishes[day] - sold
        shelf -= sold
        out += int((shelf <= 0).sum())
        short += int((missed > 0).sum())
        lost += float(missed.sum())
        held += float(shelf.sum())
        value += float((shelf * cost).sum())
    return Replayed(
        out_days=out,
        short_days=short,
        mean_stock=held / days,
        mean_value=value / days,
        lost=lost,
        demand=float(wishes.sum()),
        ordered=ordered,
    )
