"""What is known of an order at an instant: fraud, good, or neither yet.

A chargeback says fraud whenever it comes, an analyst's verdict as soon as it is given. Good needs
time: only when the window of chargebacks has passed without one. What the bank declined earns no
chargeback, so it is neither, unless somebody said so.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ml.fraud.schema import RIPE_DAYS

MOST_WEIGHT = 20.0
"""Orders that one released order may stand for: with more, one lucky draw would rule the model."""


def known(
    orders: pd.DataFrame,
    labels: pd.DataFrame | None,
    releases: pd.DataFrame | None,
    at: pd.Timestamp,
) -> pd.DataFrame:
    """What `at` an instant was known of each order.

    Parameters
    ----------
    orders : order_id, placed_at, amount, perhaps declined.
    labels, releases : as `ml.fraud.schema` declares them; None: there are none.
    at : naive UTC; what becomes known at it or later is not seen.

    Returns
    -------
    Rows as `orders`: order_id · fraud (1, 0, NaN: not known) · weight (1, or more where chance
    released it) · money (lost where fraud: what was charged back, else the amount) · kind (object,
    where said).
    """
    ids = orders["order_id"].astype(object)
    ripe = orders["placed_at"] + pd.Timedelta(days=RIPE_DAYS) <= at
    declined = (
        orders["declined"].fillna(False).astype(bool)
        if "declined" in orders
        else pd.Series(False, index=orders.index)
    )
    said = _said(labels, at)
    fraud = ids.map(said["fraud"]).astype("float64")
    # An approval is a belief: it turns into good as every other order does, by time.
    good = ripe & ~declined & (fraud != 1.0)
    state = np.where(fraud == 1.0, 1.0, np.where(good, 0.0, np.nan))
    charged = ids.map(said["amount"]).astype("float64").fillna(0.0)
    amount = orders["amount"].astype("float64").fillna(0.0)
    return pd.DataFrame(
        {
            "order_id": ids.to_numpy(),
            "fraud": state,
            "weight": _weights(ids, releases),
            "money": np.where(charged > 0, charged, amount),
            "kind": ids.map(said["kind"]).to_numpy(dtype=object),
        },
        index=orders.index,
    )


def _said(labels: pd.DataFrame | None, at: pd.Timestamp) -> dict[str, dict[Any, Any]]:
    """By order: the last word; a chargeback that says fraud stands above every verdict."""
    if labels is None or labels.empty:
        return {"fraud": {}, "amount": {}, "kind": {}}
    seen = labels[labels["known_at"] < at].copy()
    seen["order_id"] = seen["order_id"].astype(object)
    seen["fraud"] = seen["fraud"].astype(bool)
    seen["above"] = (seen["source"].astype(str) == "chargeback") & seen["fraud"]
    if "kind" not in seen:
        seen["kind"] = None
    seen["kind"] = seen["kind"].astype(object)
    seen = seen.sort_values(["order_id", "above", "known_at", "fraud"], kind="stable")
    last = seen.drop_duplicates("order_id", keep="last").set_index("order_id")
    return {
        "fraud": last["fraud"].astype("float64").to_dict(),
        "amount": seen.groupby("order_id")["amount"].max().to_dict(),
        "kind": last.loc[last["kind"].notna(), "kind"].to_dict(),
    }


def _weights(ids: pd.Series, releases: pd.DataFrame | None) -> np.ndarray:
    if releases is None or releases.empty:
        return np.ones(len(ids))
    share = releases.drop_duplicates("order_id").set_index("order_id")["share"].astype("float64")
    of_each = ids.map(share.to_dict()).astype("float64").to_numpy()
    weight = 1.0 / np.clip(of_each, 1.0 / MOST_WEIGHT, 1.0)
    return np.where(np.isnan(weight), 1.0, weight)


def chargebacks(orders: pd.DataFrame, labels: pd.DataFrame | None) -> pd.DataFrame | None:
    """Order_id, known_at and what links its order, for features of past chargebacks."""
    from ml.fraud.schema import LINKS

    if labels is None or labels.empty:
        return None
    seen = labels[(labels["source"].astype(str) == "chargeback") & labels["fraud"].astype(bool)]
    links = [link for link in LINKS if link in orders]
    rows = seen[["order_id", "known_at"]].copy()
    rows["order_id"] = rows["order_id"].astype(object)
    of = orders[["order_id", *links]].copy()
    of["order_id"] = of["order_id"].astype(object)
    return rows.merge(of, on="order_id", how="inner")
