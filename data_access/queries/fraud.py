"""Orders, chargebacks and sums of old orders for fraud review, from a snapshot."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func

from data_access.queries.selection import currency
from data_access.snapshots import tables

PAID_WITHIN = timedelta(hours=1)
"""Attempts to pay count as part of an order until then: an invoice that is paid ten days later was
not known when the order had to be judged."""


Conditions = Sequence[sa.ColumnElement[bool]]


def orders(ids: sa.Select[Any] | None = None, *, lines: Conditions = ()) -> sa.Select[Any]:
    """One row an order, declined ones too, in no order.

    ids : numbers of the orders wanted, as a select of one column; None: all.
    lines : conditions that all their lines meet, which spare the reading of others.

    order_id str · placed_at, signed_up_at datetime · amount, dearest, discount float (currency) ·
    customer, email_domain, account_country, channel, category, coupon, billing_country,
    shipping_country, ip_country, card_country, method, avs, cvv, secure str · device, card,
    address, ip str (keyed hashes) · wholesale, declined bool · hour, lines, units, attempts_failed
    int; all but order_id, placed_at, amount may be null.
    The payment is the last attempt until an hour after the order; `attempts_failed` are those
    before it. `category` is that of the dearest line, the first of equally dear ones.
    Source: orders, customers, order_items, products, payments.
    """
    o, c = tables.orders, tables.customers
    basket, paid = _baskets(ids, lines), _payments(ids)
    found = sa.select(
        o.c.order_id,
        o.c.placed_at,
        currency(
            func.coalesce(basket.c.total, 0) - o.c.discount_total + o.c.shipping_fee
        ).label("amount"),
        o.c.customer_id.label("customer"),
        c.c.signed_up_at,
        c.c.email_domain,
        c.c.country.label("account_country"),
        func.coalesce(c.c.kind == "wholesale", sa.false()).label("wholesale"),
        o.c.channel,
        o.c.hour,
        basket.c.lines,
        basket.c.units,
        currency(basket.c.dearest).label("dearest"),
        basket.c.category,
        currency(o.c.discount_total).label("discount"),
        o.c.coupon,
        o.c.billing_country,
        o.c.shipping_country,
        o.c.ip_country,
        paid.c.card_country,
        o.c.device_id.label("device"),
        paid.c.card,
        o.c.shipping_address.label("address"),
        o.c.ip,
        paid.c.method,
        paid.c.avs,
        paid.c.cvv,
        paid.c.secure,
        paid.c.attempts_failed,
        (o.c.status == "declined").label("declined"),
    ).select_from(
        o.outerjoin(c, c.c.customer_id == o.c.customer_id)
        .outerjoin(basket, basket.c.order_id == o.c.order_id)
        .outerjoin(paid, paid.c.order_id == o.c.order_id)
    )  # fmt: skip
    return found if ids is None else found.where(o.c.order_id.in_(ids))


def orders_between(first: date | None, after: date | None) -> sa.Select[Any]:
    """As `orders`, those of local days from `first` until before `after`; None: no such end."""
    o, i = tables.orders, tables.order_items
    of_order, of_line = _days(o.c.local_day, first, after), _days(i.c.local_day, first, after)
    # Lines bear their order's day: by it only the parts of these days are read.
    return orders(sa.select(o.c.order_id).where(*of_order), lines=of_line)


def orders_placed(since: datetime, until: datetime) -> sa.Select[Any]:
    """As `orders`, those placed from one instant until before another."""
    o = tables.orders
    return orders(sa.select(o.c.order_id).where(o.c.placed_at >= since, o.c.placed_at < until))


def orders_linked(
    values: Mapping[str, Collection[str]],
    *,
    coupons: Collection[str] = (),
    coupons_since: datetime | None = None,
) -> sa.Select[Any]:
    """As `orders`, those that share a value with the ones given.

    values : of customer, device, card, address, ip: the hashes (customer: the account).
    coupons : codes, of orders placed at `coupons_since` or later.
    """
    o, p = tables.orders, tables.payments
    columns = {
        "customer": (o.c.order_id, o.c.customer_id),
        "device": (o.c.order_id, o.c.device_id),
        "address": (o.c.order_id, o.c.shipping_address),
        "ip": (o.c.order_id, o.c.ip),
        "card": (p.c.order_id, p.c.card_fingerprint),
    }
    found = [
        sa.select(order_id.label("order_id")).where(column.in_(list(values[link])))
        for link, (order_id, column) in columns.items()
        if values.get(link)
    ]
    if coupons and coupons_since is not None:
        late = sa.select(o.c.order_id).where(o.c.placed_at >= coupons_since)
        found.append(late.where(o.c.coupon.in_(list(coupons))))
    nothing = sa.select(o.c.order_id).where(sa.false())
    ids = sa.union(*found).subquery("ids") if found else nothing.subquery("ids")
    return orders(sa.select(ids.c.order_id))


def chargebacks() -> sa.Select[Any]:
    """One row a chargeback: order_id str · known_at datetime · amount float (currency) · kind str
    (the shop's reason, or null)."""
    c = tables.chargebacks
    return sa.select(
        c.c.order_id, c.c.known_at, currency(c.c.amount).label("amount"), c.c.reason.label("kind")
    ).order_by(c.c.known_at, c.c.chargeback_id)


def _baskets(ids: sa.Select[Any] | None, lines: Conditions) -> sa.Subquery:
    i, p = tables.order_items, tables.products
    dearest = func.arg_max(func.row(p.c.category_id), func.row(i.c.unit_price, -i.c.line))
    return (
        sa.select(
            i.c.order_id,
            func.count().label("lines"),
            sa.cast(func.sum(i.c.units), sa.BigInteger()).label("units"),
            sa.cast(func.sum(i.c.units * i.c.unit_price), sa.BigInteger()).label("total"),
            func.max(i.c.unit_price).label("dearest"),
            _part(dearest, 1, p.c.category_id.type).label("category"),
        )
        .select_from(i.outerjoin(p, p.c.product_id == i.c.product_id))
        .where(*_among(i.c.order_id, ids), *lines)
        .group_by(i.c.order_id)
        .subquery("baskets")
    )


def _payments(ids: sa.Select[Any] | None) -> sa.Subquery:
    p, o = tables.payments, tables.orders
    columns = {
        "method": p.c.method,
        "card": p.c.card_fingerprint,
        "card_country": p.c.card_country,
        "avs": p.c.avs,
        "cvv": p.c.cvv,
        "secure": p.c.three_d_secure,
        "succeeded": p.c.succeeded,
    }
    last = func.arg_max(func.row(*columns.values()), func.row(p.c.attempted_at, p.c.payment_id))
    tried = (
        sa.select(
            p.c.order_id,
            last.label("last"),
            func.count().filter(p.c.succeeded.is_(False)).label("failed"),
        )
        .select_from(p.join(o, o.c.order_id == p.c.order_id))
        .where(p.c.attempted_at <= o.c.placed_at + PAID_WITHIN, *_among(p.c.order_id, ids))
        .group_by(p.c.order_id)
        .subquery("tried")
    )
    part = {
        name: _part(tried.c["last"], number, column.type)
        for number, (name, column) in enumerate(columns.items(), start=1)
    }
    failed = tried.c.failed - sa.case((part["succeeded"].is_(False), 1), else_=0)
    return sa.select(
        tried.c.order_id,
        *(part[name].label(name) for name in columns if name != "succeeded"),
        failed.label("attempts_failed"),
    ).subquery("paid")


def _among(
    column: sa.ColumnElement[Any], ids: sa.Select[Any] | None
) -> tuple[sa.ColumnElement[bool], ...]:
    return () if ids is None else (column.in_(ids),)


def _days(
    column: sa.ColumnElement[Any], first: date | None, after: date | None
) -> tuple[sa.ColumnElement[bool], ...]:
    begins = () if first is None else (column >= first,)
    return begins if after is None else (*begins, column < after)


def _part(row: sa.ColumnElement[Any], number: int, kind: Any) -> sa.ColumnElement[Any]:
    """The field of that number, from 1, of a row that was made by `func.row`."""
    return func.struct_extract(row, sa.literal_column(str(number)), type_=kind)
