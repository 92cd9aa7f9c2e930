"""Single records that must be current, read from the shop database itself.

These selects are over the canonical tables and run on SQLite and PostgreSQL. Their answers are
never cached. Personal columns are left out unless asked for; who may ask is the service's check.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from data_access.shop import tables as shop


def one_order(order_id: str, *, personal: bool = False) -> sa.Select[Any]:
    """One order as the shop has it now: the columns of `orders`; money in ten-thousandths."""
    return _record(shop.orders, shop.orders.c.order_id == order_id, personal)


def lines_of_order(order_id: str) -> sa.Select[Any]:
    """Its lines with the product's name, ordered by line; money in ten-thousandths."""
    items = shop.order_items
    return (
        sa.select(items, shop.products.c.name.label("product"))
        .outerjoin(shop.products, shop.products.c.product_id == items.c.product_id)
        .where(items.c.order_id == order_id)
        .order_by(items.c.line)
    )


def history_of_order(order_id: str) -> sa.Select[Any]:
    """Its changes of status, oldest first: status, happened_at, known_at."""
    changes = shop.order_status_changes
    return (
        sa.select(changes.c.status, changes.c.happened_at, changes.c.known_at)
        .where(changes.c.order_id == order_id)
        .order_by(changes.c.happened_at, changes.c.status)
    )


def payments_of_order(order_id: str, *, personal: bool = False) -> sa.Select[Any]:
    """Its attempts to pay, oldest first; money in ten-thousandths."""
    payments = shop.payments
    return _record(payments, payments.c.order_id == order_id, personal).order_by(
        payments.c.attempted_at, payments.c.payment_id
    )


def refunds_of_order(order_id: str) -> sa.Select[Any]:
    """Its refunds, oldest first; money in ten-thousandths."""
    refunds = shop.refunds
    return (
        sa.select(refunds)
        .where(refunds.c.order_id == order_id)
        .order_by(refunds.c.happened_at, refunds.c.refund_id)
    )


def one_customer(customer_id: str, *, personal: bool = False) -> sa.Select[Any]:
    """One customer as the shop has them now."""
    return _record(shop.customers, shop.customers.c.customer_id == customer_id, personal)


def _record(table: sa.Table, condition: sa.ColumnElement[bool], personal: bool) -> sa.Select[Any]:
    columns = [c for c in table.columns if personal or not c.info.get("personal")]
    return sa.select(*columns).where(condition)
