"""The best use of limited money: what saves most sales for each unit of money first."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.ordering.lots import lots
from ml.ordering.types import Floats

LOOKED_AT = 5_000
"""Lots behind the first one that no longer fits which are still tried."""


_READ = ("mean", "deviation", "supply", "anyway", "pack", "packs", "price", "unit_cost")


def spend(proposals: pd.DataFrame, budget: float) -> Floats:
    """[n] packs of each proposal that fit into the budget, the most useful first.

    Packs are taken in the order of saved sales for each unit of money. As a product's next pack
    never saves more than the one before, that order is the best for the continuous problem
    (Dantzig's greedy rule for the knapsack); what is left over buys smaller packs further down.

    Products whose cost is not known cost nothing that could be counted: they are left out (0).

    Parameters
    ----------
    proposals : as `propose` gives.
    budget : currency, ≥ 0.
    """
    taken = np.zeros(len(proposals))
    given = {name: proposals[name].to_numpy(np.float64) for name in _READ}
    at = np.flatnonzero((given["packs"] > 0) & ~np.isnan(given["unit_cost"]))
    if not len(at) or budget <= 0:
        return taken
    every = lots(
        at,
        mean=given["mean"][at],
        deviation=given["deviation"][at],
        supply=given["supply"][at],
        anyway=given["anyway"][at],
        pack=given["pack"][at],
        packs=given["packs"][at],
        price=np.nan_to_num(given["price"][at]),
        cost=given["unit_cost"][at],
    )
    rate = every["worth"].to_numpy() / np.maximum(every["value"].to_numpy(), 1e-9)
    order = np.lexsort((every["row"], every["turn"], -rate))
    rows, turns, count, value = (
        every[name].to_numpy()[order] for name in ("row", "turn", "packs", "value")
    )
    total = np.cumsum(value)
    whole = int(np.searchsorted(total, budget + 1e-9, side="right"))
    next_turn = np.zeros(len(proposals), np.int64)
    np.add.at(taken, rows[:whole], count[:whole])
    np.add.at(next_turn, rows[:whole], 1)
    left = budget - (total[whole - 1] if whole else 0.0)
    for i in range(whole, min(len(rows), whole + LOOKED_AT)):
        if value[i] <= left and turns[i] == next_turn[rows[i]]:
            taken[rows[i]] += count[i]
            next_turn[rows[i]] += 1
            left -= value[i]
    return taken
