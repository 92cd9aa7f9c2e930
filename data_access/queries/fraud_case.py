"""What one case is read from: the shop's own database, live, and links out of a snapshot.

The live selects run on SQLite and PostgreSQL, use only keys that the shop has indexes for, and
leave personal columns out. The selects over a snapshot find orders by keyed hashes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func

from data_access.shop import tables as shop
from data_access.snapshots import tables as kept

MOST_EARLIER = 100
"""Orders of one customer that are read; wholesale buyers have thousands."""

_ORDER = ("order_id", "customer_id", "placed_at", "channel", "shipping_country", "shipping_fee",
          "discount_total")  # fmt: skip


def orders(order_ids: Sequence[str]) -> sa.Select[Any]:
    """Orders by their numbers: order_id · customer_id · placed_at · channel · shipping_country ·
    shipping_fee, discount_total (ten-thousandths)."""
    table = shop.orders
    return sa.select(*(table.c[name] for name in _ORDER)).where(table.c.order_id.in_(order_ids))


def orders_of_customer(customer_id: str) -> sa.Select[Any]:
    """The newest orders of an account, newest first; columns as `orders`."""
    table = shop.orders
    return (
        sa.select(*(table.c[name] for name in _ORDER))
        .where(table.c.customer_id == customer_id)
        .order_by(table.c.placed_at.desc(), table.c.order_id)
        .limit(MOST_EARLIER)
    )


def count_of_customer(customer_id: str) -> sa.Select[Any]:
    """One row: orders int, first_at of an account."""
    table = shop.orders
    columns: tuple[sa.ColumnElement[Any], ...] = (
        func.count().label("orders"),
        func.min(table.c.placed_at).label("first_at"),
    )
    return sa.select(*columns).where(table.c.customer_id == customer_id)


def goods(order_ids: Sequence[str]) -> sa.Select[Any]:
    """order_id · lines, units int · goods (ten-thousandths): what the lines of each come to."""
    items = shop.order_items
    return (
        sa.select(
            items.c.order_id,
            func.count().label("lines"),
            func.sum(items.c.units).label("units"),
            func.sum(items.c.units * items.c.unit_price).label("goods"),
        )
        .where(items.c.order_id.in_(order_ids))
        .group_by(items.c.order_id)
    )


def statuses(order_ids: Sequence[str]) -> sa.Select[Any]:
    """order_id · status · happened_at, oldest first."""
    changes = shop.order_status_changes
    return (
        sa.select(changes.c.order_id, changes.c.status, changes.c.happened_at)
        .where(changes.c.order_id.in_(order_ids))
        .order_by(changes.c.happened_at, changes.c.status)
    )


def chargebacks(order_ids: Sequence[str]) -> sa.Select[Any]:
    """order_id · amount (ten-thousandths) · reason · happened_at · known_at, oldest first."""
    table = shop.chargebacks
    return (
        sa.select(
            table.c.order_id, table.c.amount, table.c.reason, table.c.happened_at, table.c.known_at
        )
        .where(table.c.order_id.in_(order_ids))
        .order_by(table.c.known_at, table.c.chargeback_id)
    )


def refunds(order_ids: Sequence[str]) -> sa.Select[Any]:
    """order_id · amount (ten-thousandths) · reason · happened_at, oldest first."""
    table = shop.refunds
    return (
        sa.select(table.c.order_id, table.c.amount, table.c.reason, table.c.happened_at)
        .where(table.c.order_id.in_(order_ids))
        .order_by(table.c.happened_at, table.c.refund_id)
    )


def marks(order_ids: Sequence[str]) -> sa.Select[Any]:
    """What links orders, as it stands in the shop: order_id · customer_id · shipping_address ·
    device_id · ip · card. Personal: hashed by whoever reads it, never stored or shown as it is."""
    orders, payments = shop.orders, shop.payments
    return (
        sa.select(
            orders.c.order_id,
            orders.c.customer_id,
            orders.c.shipping_address,
            orders.c.device_id,
            orders.c.ip,
            func.max(payments.c.card_fingerprint).label("card"),
        )
        .outerjoin(payments, payments.c.order_id == orders.c.order_id)
        .where(orders.c.order_id.in_(order_ids))
        .group_by(
            orders.c.order_id,
            orders.c.customer_id,
            orders.c.shipping_address,
            orders.c.device_id,
            orders.c.ip,
        )
    )


def linked(keys: Mapping[str, str], *, most: int) -> sa.Select[Any]:
    """Orders of a snapshot that share one of these hashes, newest first.

    order_id · placed_at · customer · device · card · address · ip, hashes but for the account.
    keys : link ("customer", "device", "card", "address", "ip") to its value.
    """
    orders, payments = kept.orders, kept.payments
    columns = {
        "customer": orders.c.customer_id,
        "device": orders.c.device_id,
        "address": orders.c.shipping_address,
        "ip": orders.c.ip,
    }
    same = [columns[link] == value for link, value in keys.items() if link in columns]
    if "card" in keys:
        of_card = sa.select(payments.c.order_id).where(payments.c.card_fingerprint == keys["card"])
        same.append(orders.c.order_id.in_(of_card))
    newest = (
        sa.select(orders.c.order_id, orders.c.placed_at, *(c.label(n) for n, c in columns.items()))
        .where(sa.or_(*same))
        .order_by(orders.c.placed_at.desc(), orders.c.order_id)
        .limit(most)
        .subquery()
    )
    cards = (
        sa.select(payments.c.order_id, func.max(payments.c.card_fingerprint).label("card"))
        .where(payments.c.order_id.in_(sa.select(newest.c.order_id)))
        .group_by(payments.c.order_id)
        .subquery()
    )
    return (
        sa.select(newest, cards.c.card)
        .outerjoin(cards, cards.c.order_id == newest.c.order_id)
        .order_by(newest.c.placed_at.desc(), newest.c.order_id)
    )
