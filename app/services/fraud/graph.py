"""Accounts, devices, cards, addresses and IPs that an order shares with others, as a graph.

Everything here is keyed hashes and order numbers: who sees the graph sees that two orders came from
one device, not which device it was.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from app.access import Identity, Permission, require
from app.services.fraud import nothing
from app.services.fraud.case_facts import OrderBrief
from app.services.fraud.case_reading import briefs
from data_access.queries import fraud_case as queries
from data_access.snapshots.personal import hashed
from data_access.state import fraud_links

if TYPE_CHECKING:
    from app.context import Desk

LINKS = {
    "customer": "Account",
    "device": "Device",
    "card": "Card",
    "address": "Address",
    "ip": "IP",
}
MOST = 60
"""Orders that are drawn: more cannot be told apart. The newest are kept."""

NEAR, FAR = 1.0, 2.0
"""Radii of the two rings: what links, and the orders that it links."""

Keys = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkNode:
    """A thing that the order was placed with."""

    link: str  # a key of LINKS
    orders: int  # others that share it, those not drawn too
    accounts: int  # other accounts that share it
    charged_back: int  # of the others that are drawn
    x: float
    y: float

    @property
    def label(self) -> str:
        return LINKS[self.link]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNode:
    """An order that shares at least one thing with the one in the middle."""

    order: OrderBrief
    links: tuple[str, ...]  # what it shares
    same_account: bool
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The order in the middle (0, 0), what it was placed with, and who shares that."""

    order_id: str
    links: tuple[LinkNode, ...]
    orders: tuple[OrderNode, ...]
    left_out: int  # linked orders that are not drawn

    @property
    def other_accounts(self) -> int:
        """Accounts besides the order's own among those drawn."""
        return len({n.order.customer_id for n in self.orders if not n.same_account})


Linked = tuple[tuple[str, Keys], ...]
"""Orders that share something, with their own hashes; the newest first."""


def keys_of(desk: Desk, order_id: str) -> Keys:
    """The hashes of one order by link, read live; empty where the shop has no such order."""
    with desk.state.read() as session:
        known = fraud_links.keys_of(session, order_id)
    empty = nothing.newest(desk)
    if known is not None:
        return {link: value for link, value in known.items() if value not in empty.get(link, ())}
    with desk.shop_engine.connect() as shop:
        row = shop.execute(queries.marks([order_id])).mappings().first()
    if row is None:
        return {}
    found: Keys = {} if not (row["customer_id"] or "").strip() else {"customer": row["customer_id"]}
    # The purposes of extraction: equal ones make equal hashes, in the snapshot and in the store.
    for link, column, purpose in (
        ("device", "device_id", "device"),
        ("card", "card", "card"),
        ("address", "shipping_address", "address"),
        ("ip", "ip", "ip"),
    ):
        if row[column] is not None:
            value = hashed(pa.array([row[column]]), desk.hash_key, purpose)[0].as_py()
            if value is not None and value not in empty.get(link, ()):
                found[link] = str(value)
    return found


def linked_in_snapshot(desk: Desk, snapshot: int, keys: Mapping[str, str]) -> Linked:
    """Orders of a snapshot that share one of these hashes, the newest first."""
    if not keys:
        return ()
    frame = desk.analytics.frame(snapshot, queries.linked(keys, most=4 * MOST))
    return tuple(
        (str(row["order_id"]), {link: row[link] for link in LINKS if isinstance(row[link], str)})
        for row in frame.to_dict("records")
    )


def graph(
    desk: Desk, by: Identity, order_id: str, keys: Mapping[str, str], older: Linked = ()
) -> Graph:
    """The graph around one order: the last 31 days from the store, `older` from the snapshot.

    Raises
    ------
    AccessDenied : the role may not read pages.
    """
    require(by, Permission.read_pages)
    with desk.state.read() as session:
        recent = fraud_links.linked(session, keys, most=4 * MOST)
    others = {one: own for one, own in older if one != order_id}
    others |= {one: own for one, own in recent if one != order_id}  # the store is the newer one
    shared = {
        one: tuple(link for link in LINKS if link in keys and own.get(link) == keys[link])
        for one, own in others.items()
    }
    known = [one for one in briefs(desk, list(others)) if shared[one.order_id]]
    drawn = _most_telling(known, shared)
    links = _link_nodes(keys, known, shared, drawn)
    return Graph(
        order_id=order_id,
        links=links,
        orders=_order_nodes(drawn, shared, links, keys.get("customer")),
        left_out=len(known) - len(drawn),
    )


def _most_telling(
    known: Sequence[OrderBrief], shared: Mapping[str, tuple[str, ...]]
) -> list[OrderBrief]:
    """The orders to draw: those of other accounts and those that ended badly before the rest."""
    if len(known) <= MOST:
        return list(known)
    ranked = sorted(  # stable: within a rank the newest stay first
        known,
        key=lambda one: (
            one.outcome not in ("charged back", "declined", "in review"),
            shared[one.order_id] == ("customer",),
        ),
    )
    return ranked[:MOST]


def _link_nodes(
    keys: Mapping[str, str],
    known: Sequence[OrderBrief],
    shared: Mapping[str, tuple[str, ...]],
    drawn: Sequence[OrderBrief],
) -> tuple[LinkNode, ...]:
    links = [link for link in LINKS if link in keys]
    nodes = []
    for number, link in enumerate(links):
        angle = _angle(number, len(links))
        having = [one for one in known if link in shared[one.order_id]]
        accounts = {one.customer_id for one in having} - {keys.get("customer"), None}
        nodes.append(
            LinkNode(
                link=link,
                orders=len(having),
                accounts=len(accounts),
                charged_back=sum(o.charged_back for o in drawn if link in shared[o.order_id]),
                x=NEAR * math.cos(angle),
                y=NEAR * math.sin(angle),
            )
        )
    return tuple(nodes)


def _order_nodes(
    drawn: Sequence[OrderBrief],
    shared: Mapping[str, tuple[str, ...]],
    links: Sequence[LinkNode],
    account: str | None,
) -> tuple[OrderNode, ...]:
    """On the outer ring, each as near to what it shares as there is room."""
    at = {node.link: (node.x, node.y) for node in links}

    def wish(one: OrderBrief) -> float:
        points = [at[link] for link in shared[one.order_id]]
        angle = math.atan2(sum(y for _, y in points), sum(x for x, _ in points))
        return angle % (2 * math.pi)

    ordered = sorted(drawn, key=lambda one: (wish(one), one.order_id))
    angles = _apart([wish(one) for one in ordered])
    return tuple(
        OrderNode(
            order=one,
            links=shared[one.order_id],
            same_account=account is not None and one.customer_id == account,
            # Every second one a little farther out, so that neighbours do not touch.
            x=(FAR + 0.22 * (number % 2)) * math.cos(angle),
            y=(FAR + 0.22 * (number % 2)) * math.sin(angle),
        )
        for number, (one, angle) in enumerate(zip(ordered, angles, strict=True))
    )


def _angle(number: int, of: int) -> float:
    """Evenly around, beginning at the top, clockwise."""
    return (math.pi / 2 - 2 * math.pi * number / max(of, 1)) % (2 * math.pi)


def _apart(wishes: Sequence[float]) -> list[float]:
    """Angles near the wished ones, in their order, with room between them.

    A few passes of pushing neighbours apart; with many orders the ring is simply full.
    """
    count = len(wishes)
    if count < 2:
        return list(wishes)
    room = min(0.16, 2 * math.pi / count)
    angles = list(wishes)
    for _ in range(60):
        for one in range(count):
            after = (one + 1) % count
            gap = (angles[after] - angles[one]) + (2 * math.pi if after == 0 else 0.0)
            if gap < room:
                push = (room - gap) / 2
                angles[one] -= push
                angles[after] += push
    return angles
