"""Key totals of a snapshot beside the same totals of the shop database as it is now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import func

from data_access.shop import tables as shop
from data_access.snapshots import tables
from data_access.snapshots.analytics import Analytics
from data_access.snapshots.manifest import Manifest
from data_access.snapshots.source import reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """One total on both sides."""

    name: str
    unit: Literal["count", "money"]  # money in the shop currency
    shop: float
    snapshot: float
    difference: float  # snapshot − shop; not 0 means that one of them is wrong


_SUMS: tuple[tuple[str, str, str | None, str], ...] = (
    # name, table, what is added up (None: rows), the instant that dates a row
    ("Orders", "orders", None, "placed_at"),
    ("Shipping fees", "orders", "shipping_fee", "placed_at"),
    ("Coupons", "orders", "discount_total", "placed_at"),
    ("Order lines", "order_items", None, "updated_at"),
    ("Units", "order_items", "units", "updated_at"),
    ("Value of lines", "order_items", "value", "updated_at"),
    ("Payments", "payments", "amount", "attempted_at"),
    ("Refunds", "refunds", "amount", "happened_at"),
    ("Chargebacks", "chargebacks", "amount", "happened_at"),
    ("Reviews", "reviews", None, "happened_at"),
    ("Products", "products", None, "updated_at"),
    ("Customers", "customers", None, "updated_at"),
)
_PLAIN = frozenset({None, "units"})


def reconcile(
    shop_engine: sa.Engine, manifest: Manifest, analytics: Analytics
) -> tuple[Total, ...]:
    """Compare a snapshot with the shop.

    What the shop added after the newest row that the snapshot knows is left out on the shop's
    side, so that a living shop does not look like a mistake. Declined and cancelled orders are
    in these totals, on both sides.
    """
    found: list[Total] = []
    with reading(shop_engine) as reader:
        for name, table, amount, instant in _SUMS:
            ours = tables.snapshot_metadata.tables[table]
            theirs = shop.metadata.tables[table]
            known = _figure(ours, amount).add_columns(func.max(ours.c[instant]).label("until"))
            row = analytics.frame(manifest.number, known).iloc[0]
            statement = _figure(theirs, amount)
            if row["until"] == row["until"]:  # not missing: the snapshot has rows
                until = row["until"].to_pydatetime(warn=False)
                statement = statement.where(theirs.c[instant] <= until)
            there = float(reader.rows(statement)[0]["figure"])
            here = float(row["figure"])
            scale = 1.0 if amount in _PLAIN else float(shop.MONEY_SCALE)
            found.append(
                Total(
                    name=name,
                    unit="count" if amount in _PLAIN else "money",
                    shop=there / scale,
                    snapshot=here / scale,
                    difference=(here - there) / scale,
                )
            )
    return tuple(found)


def _figure(table: sa.Table, amount: str | None) -> sa.Select[Any]:
    value: Any
    if amount is None:
        value = func.count()
    elif amount == "value":
        value = func.coalesce(func.sum(table.c.units * table.c.unit_price), 0)
    else:
        value = func.coalesce(func.sum(table.c[amount]), 0)
    return sa.select(sa.cast(value, sa.BigInteger()).label("figure")).select_from(table)
