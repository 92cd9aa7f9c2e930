"""What to order today: a row a product, from demand, stock, deliveries on their way and a policy.

Periodic review with an order-up-to level, (R, s, nQ) in the words of the field. On the day of
review the stock position (in stock + on order) must last until what is ordered on the *next* review
has come, so demand is looked at over lead time + review period:

    reorder point    = demand over lead time + review period + safety stock
    order-up-to level = reorder point + demand over the cover, if staff want one
    quantity          = order-up-to level − in stock − on order, rounded up to whole packs,
                        where the position lies below the reorder point; else nothing

Safety stock is the distance from the mean to the service level's quantile. Demand and lead time
miss independently, so their variances add (with d the demand a day, σ_L the lead time's deviation,
k the normal score of the service level, e the forecast's own distance at that quantile):

    safety stock = √(e² + (k · d · σ_L)²)

Source: Silver, Pyke & Thomas, "Inventory and Production Management in Supply Chains" (4th ed.),
§6.7 and §7.8 (safety stock over lead time + review period, variable lead times), §6.10 (packs).
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from ml.ordering import arrivals, shortage
from ml.ordering.demand import Demand
from ml.ordering.outlook import Outlook
from ml.ordering.schema import RECEIPTS, SUPPLY, check
from ml.ordering.types import Bools, Floats, Policy

LOW, HIGH = 0.10, 0.90
"""Quantiles of the 80 % range."""


def propose(
    demand: Demand, supply: pd.DataFrame, receipts: pd.DataFrame, *, policy: Policy, day: date
) -> pd.DataFrame:
    """One row a product of `demand`, in its order.

    product_id
    on_hand, on_order : units; on_hand is NaN where it is not known.
    lead_days, lead_sd_days : of its supplier.
    demand, demand_low, demand_high : units over lead time + review period, with the 80 % range.
    safety, reorder_point, up_to : units, whole.
    needed : units up to the level; negative where there is more than that.
    pack, packs, units : to order; units = packs × pack; 0 where stock is not known.
    unit_cost, price : currency a unit, as given.
    value : currency, units × unit cost; NaN where the cost is not known.
    missed : units expected to be missed before an order of the next review could arrive.
    anyway : units, the part of these that is missed before an order of today could arrive.
    at_risk : currency, missed × price: revenue at risk if nothing is ordered today.
    too_late : currency, anyway × price.
    saved : currency, the part of it that ordering `units` today saves.
    empty_in : days until stock is expected to run out; infinite: not within the forecast.
    short : it is expected to run out before an order of today could arrive.
    mean, deviation : of the demand over lead time + review period, units, not rounded.
    supply : units in stock or on their way that will be there within lead time + review period.

    Parameters
    ----------
    supply, receipts : see `schema`; a product without a row has unknown stock.
    day : today, the first local day whose sales are not in the stock figures.
    """
    rows, outlook = look(demand, supply, receipts, day)
    known = rows["on_hand"].notna().to_numpy()
    lead = rows["lead_days"].to_numpy(np.float64)
    reach = lead + policy.review_days
    mean = outlook.between(reach)
    expected = _whole(mean)
    level = np.maximum(_whole(outlook.bound(mean, reach, policy.service_level)), expected)
    up_to = level
    if policy.cover_days:
        up_to = level + _whole(outlook.between(reach + policy.cover_days) - mean)
    on_order = outlook.arrivals.total
    position = outlook.stock + on_order
    needed = up_to - position
    pack = np.maximum(np.nan_to_num(rows["pack"].to_numpy(np.float64), nan=1.0), 1.0)
    wanted = known & (position < level) & (needed > 0)
    packs = np.where(wanted, np.ceil(needed / pack), 0.0)
    units = packs * pack
    cost, price = (rows[name].to_numpy(np.float64) for name in ("unit_cost", "price"))
    deviation = outlook.deviation(mean, reach)
    empty = outlook.runs_out()
    return pd.DataFrame(
        {
            "product_id": demand.products,
            "on_hand": np.where(known, outlook.stock, np.nan),
            "on_order": on_order,
            "lead_days": lead,
            "lead_sd_days": outlook.spread,
            "demand": expected,
            "demand_low": _whole(outlook.bound(mean, reach, LOW)),
            "demand_high": _whole(outlook.bound(mean, reach, HIGH)),
            "safety": level - expected,
            "reorder_point": level,
            "up_to": up_to,
            "needed": np.where(known, needed, np.nan),
            "pack": pack,
            "packs": packs,
            "units": units,
            "unit_cost": cost,
            "price": price,
            "value": units * cost,
            **_money(outlook, mean, deviation, reach, lead, units, price, known),
            "empty_in": np.where(known, empty, np.nan),
            "short": known & (empty < lead),
            "mean": mean,
            "deviation": deviation,
            "supply": outlook.stock + outlook.arrivals.by(reach),
        },
        copy=False,
    )


def look(
    demand: Demand, supply: pd.DataFrame, receipts: pd.DataFrame, day: date
) -> tuple[pd.DataFrame, Outlook]:
    """The rows of `supply` in the order of the products, and the outlook from today."""
    rows = _aligned(demand, supply)
    check(RECEIPTS, receipts)
    return rows, Outlook(
        demand=demand,
        start=float((day - demand.first_week).days),
        stock=np.nan_to_num(rows["on_hand"].to_numpy(np.float64)),
        arrivals=arrivals.of(demand.index, receipts),
        spread=rows["lead_sd_days"].to_numpy(np.float64),
    )


def _aligned(demand: Demand, supply: pd.DataFrame) -> pd.DataFrame:
    """The rows of the products; those that are in order already stay as they are."""
    if np.array_equal(supply["product_id"].to_numpy(), demand.products):
        check(SUPPLY, supply, keyed=False)
        return supply
    check(SUPPLY, supply)
    return supply.set_index("product_id").reindex(demand.index).reset_index()


def _whole(units: Floats) -> Floats:
    """To the nearest whole unit: sales are whole, and half a unit is the step's middle."""
    return np.asarray(np.floor(units + 0.5))


def _money(
    outlook: Outlook,
    mean: Floats,
    deviation: Floats,
    reach: Floats,
    lead: Floats,
    units: Floats,
    price: Floats,
    known: Bools,
) -> dict[str, Floats]:
    """What is missed without an order, before one of today could arrive, and what one saves."""
    early = outlook.between(lead)
    too_late = outlook.missed(early, outlook.deviation(early, lead), lead)
    whole = np.maximum(outlook.missed(mean, deviation, reach), too_late)
    left = whole.copy()
    at = np.flatnonzero(units > 0)
    supplied = outlook.stock[at] + outlook.arrivals.by(reach[at], at) + units[at]
    left[at] = np.maximum(shortage.expected(mean[at], deviation[at], supplied), too_late[at])
    unknown = np.where(known, 1.0, np.nan)
    return {
        "missed": whole * unknown,
        "anyway": too_late * unknown,
        "at_risk": whole * price * unknown,
        "too_late": too_late * price * unknown,
        "saved": np.maximum(whole - left, 0.0) * price * unknown,
    }
