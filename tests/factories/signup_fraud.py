"""The public data set of sign-up fraud as frames of fraud review.

Each row is the one purchase of an account, from January to December 2015. When a fraud became known
is not told; here 30 days after it.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from ml.contract import Frames

KNOWN_AFTER = timedelta(days=30)
FILE = "signup_fraud/fraud_data.csv"


def frames(folder: Path) -> tuple[Frames, date]:
    """Orders and labels, and the day on which everything is ripe."""
    raw = pd.read_csv(folder / FILE).dropna(subset=["user_id", "purchase_time", "class"])
    placed = pd.to_datetime(raw["purchase_time"], format="mixed").astype("datetime64[ns]")
    raw = raw.drop_duplicates("user_id")
    placed = placed.loc[raw.index]
    orders = pd.DataFrame(
        {
            "order_id": raw["user_id"].astype(int).astype(str).astype(object),
            "placed_at": placed,
            "amount": raw["purchase_value"].astype("float64"),
            "customer": raw["user_id"].astype(int).astype(str).astype(object),
            "signed_up_at": pd.to_datetime(raw["signup_time"], format="mixed").astype(
                "datetime64[ns]"
            ),
            "hour": placed.dt.hour.astype("int64"),
            "device": raw["device_id"].astype(object),
            "ip": raw["ip_address"].astype(str).astype(object),
        }
    ).reset_index(drop=True)
    bad = (raw["class"] == 1).to_numpy()
    labels = pd.DataFrame(
        {
            "order_id": orders["order_id"][bad].to_numpy(object),
            "known_at": (orders["placed_at"][bad] + KNOWN_AFTER).to_numpy(),
            "source": "chargeback",
            "fraud": True,
            "amount": orders["amount"][bad].to_numpy(),
        }
    )
    last = orders["placed_at"].max().date()
    return {"orders": orders, "labels": labels}, last + timedelta(days=90)
