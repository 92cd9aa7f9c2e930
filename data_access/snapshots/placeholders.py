"""Values that join many accounts which have nothing else in common: they link nothing.

A shop's programs write something where they know nothing: a fixed device id, the address of the
shop's own proxy. No list of words knows them all, but what they do is the same everywhere: over
weeks they join accounts that live at different addresses and use different devices, and hardly
one of their orders is charged back. A ring of fraudsters is over within days, or is charged back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import func

from data_access.snapshots import tables
from data_access.snapshots.build import Workbench
from data_access.snapshots.manifest import Check, Manifest

NAME = "values that link orders"
LEAST_ACCOUNTS = 50
LEAST_DAYS = 14  # on which it was used
APART = 0.5  # of its accounts have something of their own: another address, device or IP
MOST_CHARGED_BACK = 0.05  # of its orders

_WORDS = {"device": "a device", "card": "a card", "address": "an address", "ip": "an IP address"}
_OTHERS = {
    "device": ("shipping_address", "ip"),
    "card": ("shipping_address", "device_id", "ip"),
    "address": ("device_id", "ip"),
    "ip": ("shipping_address", "device_id"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholder:
    """One value that stands for nothing."""

    link: str
    value: str  # keyed hash
    orders: int
    accounts: int
    example: str  # number of an order that has it


def of_refresh(
    bench: Workbench, before: Manifest | None, orders: int
) -> tuple[Check, dict[str, tuple[str, ...]]]:
    """What staff should know, and the hashes by link.

    A full refresh (`before` is None) looks for them; an incremental one keeps what it found.
    """
    if before is not None:
        kept = next((c for c in before.checks if c.name == NAME), None)
        if kept is not None:
            return kept, before.placeholders
    found = find(bench)
    by_link: dict[str, tuple[str, ...]] = {}
    for one in found:
        by_link[one.link] = (*by_link.get(one.link, ()), one.value)
    return check(found, orders), by_link


def find(bench: Workbench) -> list[Placeholder]:
    """The placeholders of the snapshot in the making, the most used first."""
    found = [one for link in _WORDS for one in _of_link(bench, link)]
    return sorted(found, key=lambda one: (-one.orders, one.link, one.value))


def check(found: list[Placeholder], orders: int) -> Check:
    """What staff should know of them, with their share."""
    named = [
        f"{_WORDS[one.link]} in {one.orders:,} of {orders:,} orders ({one.orders / orders:.1%}) of "
        f"{one.accounts:,} accounts, such as order {one.example}"
        for one in found
    ]
    return Check(
        name=NAME,
        severity="soft",
        passed=not found,
        detail=f"{len(found)} join accounts that have nothing else in common, and link nothing in "
        f"fraud review: {'; '.join(named[:5])}{' …' if named[5:] else ''}."
        if found
        else "No device, card, address or IP joins many accounts that have nothing in common.",
        rows_found=sum(one.orders for one in found),
        sample=tuple(one.example for one in found[:5]),
        remedy="See what the shop writes there where it knows nothing, and leave it empty."
        if found
        else "",
    )


def _of_link(bench: Workbench, link: str) -> Iterator[Placeholder]:
    o, p, c = tables.orders, tables.payments, tables.chargebacks
    source: sa.FromClause = o
    if link == "card":
        value, source = p.c.card_fingerprint, p.join(o, o.c.order_id == p.c.order_id)
        counted = p
    else:
        value = {"device": o.c.device_id, "address": o.c.shipping_address, "ip": o.c.ip}[link]
        counted = o
    # Counting rows is cheap; only what is used so often is looked at more closely.
    often = (
        sa.select(value.label("value"))
        .select_from(counted)
        .where(value.is_not(None))
        .group_by(value)
        .having(func.count() >= LEAST_ACCOUNTS)
    )
    charged = sa.select(c.c.order_id).distinct().subquery("charged")
    accounts = func.count(o.c.customer_id.distinct())
    orders = func.count(o.c.order_id.distinct())
    others = [func.count(o.c[name].distinct()) for name in _OTHERS[link]]
    back = func.count(charged.c.order_id.distinct())
    statement = (
        sa.select(value, orders, accounts, func.min(o.c.order_id))
        .select_from(source.outerjoin(charged, charged.c.order_id == o.c.order_id))
        .where(value.in_(often))
        .group_by(value)
        .having(
            accounts >= LEAST_ACCOUNTS,
            func.count(o.c.local_day.distinct()) >= LEAST_DAYS,
            # Where the shop tells nothing else of its orders, accounts are all there is.
            sa.or_(
                *(other >= APART * accounts for other in others),
                sa.and_(*(other == 0 for other in others)),
            ),
            back <= MOST_CHARGED_BACK * orders,
        )
    )
    for row in bench.rows(statement):
        yield Placeholder(
            link=link, value=row[0], orders=row[1], accounts=row[2], example=str(row[3])
        )
