"""What the event store lacks for an order of long ago, from the newest snapshot.

A case that waits for weeks, or an order that a new model looks at again, reaches back to orders
that were rolled up. The snapshot still has them all, only a question of its takes a second where
one of the store takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from data_access.queries import fraud as queries
from data_access.shop.tables import MONEY_SCALE
from data_access.state.fraud_profiles import Sums
from ml.fraud.features import ALL_ORDERS, USUAL
from ml.fraud.schema import LINKS, RECENT_DAYS

if TYPE_CHECKING:
    from app.context import Desk

Row = Mapping[str, Any]


def is_long_ago(row: Row, held_since: datetime) -> bool:
    """Whether an order looks back beyond what the store holds."""
    begins: datetime = row["placed_at"] - timedelta(days=RECENT_DAYS)
    return begins < held_since


def linked(desk: Desk, asked: Sequence[Row], held_since: datetime) -> pd.DataFrame | None:
    """Orders older than the store that share a link with those asked, or a coupon within a day.

    Columns as of the orders frame; None where there is no snapshot.
    """
    manifest = desk.store.newest()
    if manifest is None:
        return None
    values = {link: {row[link] for row in asked if row[link] is not None} for link in LINKS}
    coupons = {row["coupon"] for row in asked if row["coupon"] is not None}
    first = min(row["placed_at"] for row in asked) - timedelta(days=1)
    wanted = queries.orders_linked(values, coupons=coupons, coupons_since=first)
    found = desk.analytics.frame(manifest.number, wanted)
    return found[found["placed_at"] < held_since]


def summed_since(
    desk: Desk, since: datetime, until: datetime, keys: Mapping[str, Collection[str]]
) -> list[tuple[str, str, datetime, Sums]]:
    """Kind, key, day and sums of orders placed from one instant until before another, by days.

    keys : wanted of each kind of `USUAL` and of `ALL_ORDERS`.
    """
    manifest = desk.store.newest()
    if manifest is None or since >= until:
        return []
    rows = desk.analytics.frame(manifest.number, queries.orders_placed(since, until))
    rows["shop"] = ALL_ORDERS[1]
    rows["day"] = rows["placed_at"].dt.floor("D")
    rows["amount"] = (rows["amount"] * MONEY_SCALE).round().astype("int64")
    found: list[tuple[str, str, datetime, Sums]] = []
    for kind in (*USUAL, ALL_ORDERS[0]):
        some = rows[rows[kind].isin(list(keys.get(kind, ())))]
        grouped = some.groupby([kind, "day"], as_index=False).agg(
            orders=("amount", "size"),
            amount=("amount", "sum"),
            first_at=("placed_at", "min"),
            last_at=("placed_at", "max"),
        )
        columns = [grouped[name].tolist() for name in grouped.columns]
        for key, day, orders, amount, first_at, last_at in zip(*columns, strict=True):
            sums = Sums(orders=orders, amount=amount, first_at=first_at, last_at=last_at)
            found.append((kind, key, day.to_pydatetime(), sums))
    return found
