"""Which purchase a cancellation takes back.

Rule
----
A cancelled line belongs to the latest earlier line of the same customer and product at the same
unit price that still has as many units left; failing that, to the latest such line at any price
whose remaining amount covers it. Otherwise the purchase is unknown (it lies before the file, or
the cancellation spans several purchases), and so it is for lines without a customer.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(slots=True, kw_only=True)
class _Purchase:
    row: int
    instant: np.datetime64
    price: int
    units_left: int
    amount_left: int


def match(cancelled: pd.DataFrame, purchases: pd.DataFrame) -> np.ndarray:
    """Position in ``purchases`` of the line that each cancelled line takes back; −1 where unknown.

    Parameters
    ----------
    cancelled : one row a cancelled line, units and price positive; columns customer, product,
        instant, units, price.
    purchases : one row a line of a sale; the same columns, and ``taken_back``, units of it that
        earlier refunds took back.
    """
    asked = set(cancelled["customer"].dropna())
    wanted = purchases[purchases["customer"].isin(asked)]
    left: dict[tuple[str, str], list[_Purchase]] = defaultdict(list)
    places = np.flatnonzero(purchases["customer"].isin(asked).to_numpy())
    for place, customer, product, instant, units, price, taken in zip(
        places,
        wanted["customer"],
        wanted["product"],
        wanted["instant"].to_numpy(),
        wanted["units"],
        wanted["price"],
        wanted["taken_back"],
        strict=True,
    ):
        remaining = int(units) - int(taken)
        left[(customer, product)].append(
            _Purchase(
                row=int(place),
                instant=instant,
                price=int(price),
                units_left=remaining,
                amount_left=remaining * int(price),
            )
        )
    for found in left.values():
        found.sort(key=lambda purchase: (purchase.instant, purchase.row), reverse=True)

    result = np.full(len(cancelled), -1, dtype=np.int64)
    order = np.argsort(cancelled["instant"].to_numpy(), kind="stable")
    rows = list(
        zip(
            cancelled["customer"],
            cancelled["product"],
            cancelled["instant"].to_numpy(),
            cancelled["units"],
            cancelled["price"],
            strict=True,
        )
    )
    for place in order:
        customer, product, instant, units, price = rows[place]
        found = left.get((customer, product), [])
        chosen = _choose(found, instant, int(units), int(price))
        if chosen is not None:
            chosen.units_left -= int(units)
            chosen.amount_left -= int(units) * int(price)
            result[place] = chosen.row
    return result


def _choose(
    found: list[_Purchase], instant: np.datetime64, units: int, price: int
) -> _Purchase | None:
    open_lines = [p for p in found if p.instant <= instant and p.units_left >= units]
    for purchase in open_lines:
        if purchase.price == price and purchase.amount_left >= units * price:
            return purchase
    for purchase in open_lines:
        if purchase.amount_left >= units * price:
            return purchase
    return None
