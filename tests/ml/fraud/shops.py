"""Tiny shops that hypothesis invents: few people, few devices, many orders at the same moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from hypothesis import strategies as st

Row = dict[str, Any]
FIRST = datetime(2026, 1, 5, 21, 30)


def _of(*values: str) -> st.SearchStrategy[str | None]:
    return st.sampled_from([*values, None])


# Steps that lie on the ends of every window, beside them, and far apart.
steps = st.sampled_from(
    [0, 0, 1, 59, 1_800, 3_599, 3_600, 3_601, 40_000, 86_399, 86_400, 86_401, 400_000, 2_592_000]
)


@st.composite
def shops(draw: st.DrawFn, most: int = 25) -> tuple[list[Row], list[Row]]:
    """Orders in an order of their own, and chargebacks."""
    count = draw(st.integers(1, most))
    moment = FIRST
    orders: list[Row] = []
    for number in draw(st.permutations(range(count))):
        moment += timedelta(seconds=draw(steps))
        orders.append({"order_id": f"O{number:02}", "placed_at": moment} | draw(_rest))
    chargebacks = [
        {"order_id": order["order_id"], "known_at": order["placed_at"] + timedelta(days=days)}
        for order in orders
        if (days := draw(st.sampled_from([None, None, 0.1, 1, 20, 60]))) is not None
    ]
    return draw(st.permutations(orders)), chargebacks


_rest = st.fixed_dictionaries(
    {
        "amount": st.sampled_from([0.0, 0.1, 0.3, 9.99, 19.9, 250.0]),
        "discount": st.sampled_from([0.0, 1.5]),
        "customer": _of("ann", "bob", "cy"),
        "signed_up_at": st.sampled_from([None, FIRST, FIRST + timedelta(days=3)]),
        "email_domain": _of("a.example", "b.example"),
        "account_country": _of("DE"),
        "wholesale": st.booleans(),
        "channel": _of("web", "pigeon"),
        "hour": st.sampled_from([0, 4, 5, 23]),
        "lines": st.integers(1, 3),
        "units": st.integers(1, 9),
        "dearest": st.sampled_from([0.1, 100.0]),
        "category": _of("mugs", "bowls"),
        "coupon": _of("NEW"),
        "billing_country": _of("DE", "FR"),
        "shipping_country": _of("DE", "FR"),
        "ip_country": _of("FR"),
        "card_country": _of("DE"),
        "device": _of("d1", "d2"),
        "card": _of("c1", "c2", "c3"),
        "address": _of("a1", "a2"),
        "ip": _of("i1"),
        "method": _of("card", "wallet", "beads"),
        "avs": _of("match", "none"),
        "cvv": _of("none"),
        "secure": _of("absent"),
        "attempts_failed": st.integers(0, 3),
        "declined": st.booleans(),
    }
)


def frame(orders: list[Row]) -> pd.DataFrame:
    """The orders frame of rows."""
    found = pd.DataFrame(orders)
    for name in ("placed_at", "signed_up_at"):
        found[name] = pd.to_datetime(found[name]).astype("datetime64[ns]")
    return found


def told(chargebacks: list[Row]) -> pd.DataFrame:
    """The chargebacks' frame of rows."""
    return pd.DataFrame(
        {
            "order_id": pd.Series([row["order_id"] for row in chargebacks], dtype=object),
            "known_at": pd.Series([row["known_at"] for row in chargebacks], dtype="datetime64[ns]"),
        }
    )
