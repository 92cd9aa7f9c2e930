"""Filling an order up to the supplier's minimum, with what will be needed next."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from ml.ordering.demand import Demand
from ml.ordering.lots import lots
from ml.ordering.proposal import look
from ml.ordering.types import DAYS_A_WEEK, Floats

AHEAD_WEEKS = 13
"""Nothing is bought for later than that: by then the forecast has been made anew many times."""


def fill_up(
    demand: Demand,
    supply: pd.DataFrame,
    receipts: pd.DataFrame,
    ordered: Floats,
    short_by: float,
    *,
    day: date,
) -> pd.DataFrame:
    """Further packs of one supplier's products until the order is worth enough.

    product_id · packs · units · value (currency), most useful first: what saves most sales over
    lead time + `AHEAD_WEEKS` for each unit of money. Empty where all that these weeks are expected
    to need is worth less than what is missing.

    Parameters
    ----------
    demand, supply, receipts, day : of this supplier's products, as in `propose`.
    ordered : [n] units that the order holds already.
    short_by : currency that the order is short of the minimum.
    """
    rows, outlook = look(demand, supply, receipts, day)
    days = rows["lead_days"].to_numpy(np.float64) + AHEAD_WEEKS * DAYS_A_WEEK
    mean = outlook.between(days)
    there = outlook.stock + outlook.arrivals.total + ordered
    pack = np.maximum(np.nan_to_num(rows["pack"].to_numpy(np.float64), nan=1.0), 1.0)
    cost = rows["unit_cost"].to_numpy(np.float64)
    price = rows["price"].fillna(rows["unit_cost"]).to_numpy(np.float64)
    known = rows["on_hand"].notna().to_numpy() & ~np.isnan(cost)
    packs = np.where(known, np.ceil(np.maximum(mean - there, 0.0) / pack), 0.0)
    at = np.flatnonzero(packs > 0)
    every = lots(
        at,
        mean=mean[at],
        deviation=outlook.deviation(mean, days)[at],
        supply=there[at],
        anyway=np.zeros(len(at)),
        pack=pack[at],
        packs=packs[at],
        price=price[at],
        cost=cost[at],
    )
    every["rate"] = every["worth"] / every["value"].clip(lower=1e-9)
    every = every.sort_values(["rate", "turn", "row"], ascending=[False, True, True])
    total = every["value"].cumsum()
    if every.empty or total.iloc[-1] < short_by:
        every = every.head(0)
    else:
        every = every[: int((total < short_by).sum()) + 1]
    found = every.groupby("row", sort=False)[["packs", "value"]].sum().reset_index()
    line = found["row"].to_numpy(np.int64)
    return pd.DataFrame(
        {
            "product_id": demand.products[line],
            "packs": found["packs"].to_numpy(np.float64),
            "units": found["packs"].to_numpy(np.float64) * pack[line],
            "value": found["value"].to_numpy(np.float64),
        }
    )
