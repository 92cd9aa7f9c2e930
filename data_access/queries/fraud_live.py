"""Orders for fraud review as the shop has them now: the rows that a snapshot would hold of them.

The selects run on SQLite and PostgreSQL, over primary keys and `updated_at` only. Personal columns
are hashed here, with the key and the purposes of extraction, so that the hashes are equal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from data_access.queries import fraud
from data_access.shop import tables as shop
from data_access.shop.tables import MONEY_SCALE
from data_access.snapshots import personal
from data_access.snapshots.extract import PURPOSES
from data_access.snapshots.identity import is_blank
from data_access.snapshots.local_time import local_columns

IN_ONE = 500
"""Keys of one question: below the number of bound values that every database takes."""

HASHED = {
    "device": "device_id",
    "card": "card_fingerprint",
    "address": "shipping_address",
    "ip": "ip",
}
"""Columns that hold keyed hashes, and the raw ones that they are made of."""

_RENAMED = {"customer": "customer_id", "secure": "three_d_secure"}

Raw = dict[str, Any]


def orders(
    connection: sa.Connection, order_ids: Sequence[str], *, key: bytes, zone: ZoneInfo
) -> pd.DataFrame:
    """As `queries.fraud.orders` of a snapshot, for these orders as the shop has them now.

    Orders that the shop does not have are left out; the others come in the order asked for.
    """
    rows: dict[str, Raw] = {}
    for ids in _parts(order_ids):
        rows |= _raw(connection, ids)
    return hashed([rows[order] for order in order_ids if order in rows], key=key, zone=zone)


def hashed(rows: Sequence[Mapping[str, Any]], *, key: bytes, zone: ZoneInfo) -> pd.DataFrame:
    """Rows of the orders frame made of raw fields; what is not given is null.

    rows : `order_id`, `placed_at` (naive UTC), `amount` (currency), and any of the frame's columns,
        but raw ones where the frame holds a hash: `email`, `device_id`, `card_fingerprint`,
        `shipping_address`, `ip`; also `customer_id` and `three_d_secure`.
    """
    columns: dict[str, npt.NDArray[Any]] = {}
    for name, kind in _columns():
        source = HASHED.get(name) or _RENAMED.get(name, name)
        values = [_known(row.get(source)) for row in rows]
        if name in HASHED:
            texts = pa.array(values, type=pa.string())
            purpose = PURPOSES.get(source, source)
            values = personal.hashed(texts, key, purpose).to_pylist()
        elif name == "email_domain":
            emails = pa.array([row.get("email") for row in rows], type=pa.string())
            values = personal.email_domains(emails).to_pylist()
        elif name == "hour":
            placed = pa.array([row["placed_at"] for row in rows], type=pa.timestamp("us"))
            values = local_columns(placed, zone)[2].to_pylist()
        columns[name] = _typed(values, kind)
    return pd.DataFrame(columns)


def _known(value: Any) -> Any:
    """As extraction has it: blank is unknown."""
    return None if isinstance(value, str) and is_blank(value) else value


def framed(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows of the orders frame, each a mapping by column, in the types that a snapshot gives."""
    return pd.DataFrame(
        {name: _typed([row.get(name) for row in rows], kind) for name, kind in _columns()}
    )


def newest_change(connection: sa.Connection) -> datetime | None:
    """When an order, a payment or a chargeback was written last; null in an empty shop."""
    found = [
        connection.scalar(sa.select(sa.func.max(table.c.updated_at)))
        for table in (shop.orders, shop.payments, shop.chargebacks)
    ]
    return max((moment for moment in found if moment is not None), default=None)


def changed_orders(connection: sa.Connection, since: datetime) -> list[str]:
    """Numbers of orders written since an instant, themselves or by a payment; oldest first."""
    o, p = shop.orders, shop.payments
    written = sa.select(o.c.order_id).where(o.c.updated_at >= since)
    paid = sa.select(p.c.order_id).where(p.c.updated_at >= since)
    ids = sa.union(written, paid).subquery()
    wanted = (
        sa.select(o.c.order_id)
        .join(ids, ids.c.order_id == o.c.order_id)
        .order_by(o.c.placed_at, o.c.order_id)
    )
    return list(connection.scalars(wanted))


def changed_chargebacks(connection: sa.Connection, since: datetime) -> dict[str, datetime]:
    """Orders with a chargeback written since an instant, and when their first became known."""
    c = shop.chargebacks
    written = sa.select(c.c.order_id).where(c.c.updated_at >= since)
    wanted = (
        sa.select(c.c.order_id, sa.func.min(c.c.known_at).label("known_at"))
        .where(c.c.order_id.in_(written))
        .group_by(c.c.order_id)
    )
    return {row.order_id: row.known_at for row in connection.execute(wanted)}


@lru_cache(maxsize=1)
def _columns() -> tuple[tuple[str, sa.types.TypeEngine[Any]], ...]:
    """Names and types of the orders frame; to build the select takes longer than to read by it."""
    return tuple((column.name, column.type) for column in fraud.orders().selected_columns)


def _raw(connection: sa.Connection, ids: Sequence[str]) -> dict[str, Raw]:
    o, c = shop.orders, shop.customers
    names = ("order_id", "customer_id", "placed_at", "channel", "coupon", "billing_country")
    more = ("shipping_country", "shipping_address", "device_id", "ip")
    wanted = (
        sa.select(
            *(o.c[name] for name in (*names, *more, "discount_total", "shipping_fee")),
            c.c.signed_up_at,
            c.c.email,
            c.c.country.label("account_country"),
            c.c.kind,
        )
        .select_from(o.outerjoin(c, c.c.customer_id == o.c.customer_id))
        .where(o.c.order_id.in_(ids))
    )
    baskets, paid = _baskets(connection, ids), _payments(connection, ids)
    s = shop.order_status_changes
    declined = set(
        connection.scalars(
            sa.select(s.c.order_id).where(s.c.order_id.in_(ids), s.c.status == "declined")
        )
    )
    rows: dict[str, Raw] = {}
    for found in connection.execute(wanted).mappings():
        row = dict(found)
        order = row["order_id"]
        kind, discount = row.pop("kind"), row.pop("discount_total")
        basket = baskets.get(order, {})
        row["wholesale"] = kind == "wholesale"
        row["amount"] = (basket.pop("total", 0) - discount + row.pop("shipping_fee")) / MONEY_SCALE
        row["discount"] = discount / MONEY_SCALE
        row["declined"] = order in declined
        rows[order] = row | basket | _last_payment(paid[order], row["placed_at"])
    return rows


def _baskets(connection: sa.Connection, ids: Sequence[str]) -> dict[str, Raw]:
    """Lines, units, total (ten-thousandths), dearest (currency), category of each order."""
    i, p = shop.order_items, shop.products
    wanted = (
        sa.select(i.c.order_id, i.c.line, i.c.units, i.c.unit_price, p.c.category_id)
        .select_from(i.outerjoin(p, p.c.product_id == i.c.product_id))
        .where(i.c.order_id.in_(ids))
    )
    lines = defaultdict(list)
    for line in connection.execute(wanted):
        lines[line.order_id].append(line)
    baskets: dict[str, Raw] = {}
    for order, found in lines.items():
        dearest = max(found, key=lambda line: (line.unit_price, -line.line))
        baskets[order] = {
            "lines": len(found),
            "units": sum(line.units for line in found),
            "total": sum(line.units * line.unit_price for line in found),
            "dearest": dearest.unit_price / MONEY_SCALE,
            "category": dearest.category_id,
        }
    return baskets


def _payments(connection: sa.Connection, ids: Sequence[str]) -> defaultdict[str, list[Raw]]:
    p = shop.payments
    wanted = sa.select(
        p.c.order_id, p.c.payment_id, p.c.method, p.c.card_fingerprint, p.c.card_country, p.c.avs,
        p.c.cvv, p.c.three_d_secure, p.c.succeeded, p.c.attempted_at,
    ).where(p.c.order_id.in_(ids))  # fmt: skip
    found: defaultdict[str, list[Raw]] = defaultdict(list)
    for row in connection.execute(wanted).mappings():
        found[row["order_id"]].append(dict(row))
    return found


def _last_payment(attempts: Iterable[Raw], placed_at: datetime) -> Raw:
    """The last attempt within an hour after the order, and how many failed before it."""
    counted = [row for row in attempts if row["attempted_at"] <= placed_at + fraud.PAID_WITHIN]
    if not counted:
        return {}
    *before, last = sorted(counted, key=lambda row: (row["attempted_at"], row["payment_id"]))
    names = ("method", "card_fingerprint", "card_country", "avs", "cvv", "three_d_secure")
    failed = sum(row["succeeded"] is False for row in before)
    return {name: last[name] for name in names} | {"attempts_failed": failed}


def _typed(values: Sequence[Any], kind: sa.types.TypeEngine[Any]) -> npt.NDArray[Any]:
    """The values in the type in which a snapshot's frame has them.

    Arrays, not series: for the few rows of one order, to make thirty series takes longer than all
    that is computed of them.
    """
    if isinstance(kind, sa.DateTime):
        return np.array(values, dtype="datetime64[ns]")
    if isinstance(kind, sa.Boolean):
        complete = all(value is not None for value in values)
        return np.array(values, dtype=bool if complete else object)
    if isinstance(kind, sa.String):
        return _objects(values)
    numbers = np.array(values, dtype=np.float64)  # None is not a number
    whole = isinstance(kind, sa.Integer) and not np.isnan(numbers).any()
    return numbers.astype(np.int64) if whole else numbers


def _objects(values: Sequence[Any]) -> npt.NDArray[np.object_]:
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), IN_ONE):
        yield values[start : start + IN_ONE]
