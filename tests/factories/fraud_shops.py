"""Frames of small shops whose fraud is known, for tests of the fraud models."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from ml.contract import Frames

FIRST = pd.Timestamp("2025-06-01")
DAYS = 420
ORDERS = 5_000


def last_day(days: int = DAYS) -> date:
    return (FIRST + timedelta(days=days - 1)).date()


def planted_shop(orders: int = ORDERS, days: int = DAYS, seed: int = 5) -> Frames:
    """4 % of orders are fraud: many accounts on few devices, middling amounts, old-looking
    payments. No plain rule is met by them, but their facts together tell them apart.
    """
    return _shop(orders, days, seed, planted=True)


def aimless_shop(orders: int = ORDERS, days: int = DAYS, seed: int = 6) -> Frames:
    """The same share of fraud, thrown on orders by chance."""
    return _shop(orders, days, seed, planted=False)


def _shop(n: int, days: int, seed: int, *, planted: bool) -> Frames:
    chance = np.random.default_rng(seed)
    placed = FIRST + pd.to_timedelta(np.sort(chance.uniform(0, days * 86400, n)), unit="s")
    customer = chance.integers(0, n // 4, n)
    fraud = chance.random(n) < 0.04
    amount = np.round(chance.lognormal(3.8, 0.6, n), 2)
    units = chance.integers(1, 6, n)
    method = chance.choice(["card", "wallet", "invoice"], n, p=[0.5, 0.3, 0.2])
    country = np.array(["DE"] * n, object)
    hour = chance.integers(7, 24, n)
    device = np.char.add("d", customer.astype(str)).astype(object)
    if planted:
        amount = np.where(fraud, np.round(chance.normal(140, 8, n), 2), amount)
        method = np.where(fraud, "wallet", method)
        units = np.where(fraud, 1, units)
    frame = pd.DataFrame(
        {
            "order_id": [f"O{i:06d}" for i in range(n)],
            "placed_at": pd.Series(placed).dt.floor("s").astype("datetime64[ns]"),
            "amount": amount,
            "customer": np.char.add("c", customer.astype(str)).astype(object),
            "signed_up_at": (FIRST - pd.to_timedelta(customer % 300 + 3, unit="D")).astype(
                "datetime64[ns]"
            ),
            "hour": hour,
            "units": units,
            "billing_country": country,
            "shipping_country": country,
            "device": device,
            "method": method.astype(object),
            "attempts_failed": chance.integers(0, 2, n),
        }
    )
    bad = frame[fraud]
    # No sooner than a month: what was placed in the last 30 days has no outcome yet.
    delay = pd.to_timedelta(chance.uniform(32, 80, len(bad)), unit="D").floor("s")
    labels = pd.DataFrame(
        {
            "order_id": bad["order_id"].to_numpy(object),
            "known_at": (bad["placed_at"].reset_index(drop=True) + pd.Series(delay)).to_numpy(),
            "source": "chargeback",
            "fraud": True,
            "amount": bad["amount"].to_numpy(),
        }
    )
    labels = labels[labels["known_at"] < FIRST + timedelta(days=days)]
    return {"orders": frame, "labels": labels.reset_index(drop=True)}
