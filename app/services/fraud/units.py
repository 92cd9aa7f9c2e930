"""What decisions about orders hang together by: customers that share a device or a card.

An experiment gives all orders of a unit to one arm, or whoever is refused by one model would try
the other with his next order. The unit bears the name of its earliest order's customer; once an
order of it was decided within an experiment, it keeps the name that it had then, so that what
joins it later changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.services.experiments.arms import UNIT, unit_of
from data_access.state import fraud_events as store
from data_access.state.predictions import refs_since

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy.orm import Session

    from app.context import Desk
    from app.services.experiments import Running

TIES = ("customer", "device", "card")
"""Links by which customers are one unit; an address or an IP may be that of a whole town."""

HOPS = 6
MOST = 2_000
"""How far and how wide a unit is followed: beyond, customers are strangers to each other."""

Row = Mapping[str, Any]  # order_id · placed_at · customer · device · card


def units(desk: Desk, orders: pd.DataFrame, asked: Sequence[str], running: Running) -> list[str]:
    """The unit of each order asked for, in the order asked for.

    orders : rows of the orders frame, those asked for among them, and others linked with them.
    """
    names = ["order_id", "placed_at", *(tie for tie in TIES if tie in orders)]
    rows: dict[str, Row] = {
        str(row["order_id"]): {str(name): value for name, value in row.items()}
        for row in orders[names].to_dict("records")
    }
    with desk.state.read() as session:
        _follow(session, rows)
        unit = _joined(rows.values())
        members: dict[str, list[Row]] = {}
        for order_id in rows:
            members.setdefault(unit[order_id], []).append(rows[order_id])
        wanted = {unit[one] for one in asked}
        known = _known(session, [row for one in wanted for row in members[one]], running)
    named = {one: _name(members[one], known) for one in wanted}
    return [named[unit[one]] for one in asked]


def _follow(session: Session, rows: dict[str, Row]) -> None:
    """Add the orders that share a customer, device or card, and those that share with them."""
    seen: dict[str, set[str]] = {tie: set() for tie in TIES}
    fresh: Iterable[Row] = list(rows.values())
    for _ in range(HOPS):
        values = {tie: {row[tie] for row in fresh if _given(row.get(tie))} for tie in TIES}
        wanted = {tie: found - seen[tie] for tie, found in values.items()}
        if not any(wanted.values()) or len(rows) > MOST:
            return
        for tie, found in wanted.items():
            seen[tie] |= found
        fresh = []
        for order_id, placed_at, *links in store.tied_events(session, wanted):
            if order_id not in rows:
                told = dict(zip(TIES, links, strict=True))
                rows[order_id] = {"order_id": order_id, "placed_at": placed_at, **told}
                fresh.append(rows[order_id])


def _joined(rows: Iterable[Row]) -> dict[str, str]:
    """By order the root of its unit: orders that share a customer, device or card are joined."""
    root: dict[str, str] = {}

    def find(one: str) -> str:
        root.setdefault(one, one)
        while root[one] != one:
            root[one] = root[root[one]]
            one = root[one]
        return one

    orders = []
    for row in rows:
        order = f"order:{row['order_id']}"
        orders.append((str(row["order_id"]), order))
        for tie in TIES:
            if _given(row.get(tie)):
                root[find(f"{tie}:{row[tie]}")] = find(order)
    return {order_id: find(order) for order_id, order in orders}


def _known(session: Session, rows: Sequence[Row], running: Running) -> dict[str, str]:
    """By order the unit under which it was decided since the experiment began."""
    entities = [f"order:{row['order_id']}" for row in rows]
    found = refs_since(session, "fraud", entities, since=running.started_at, prefix=UNIT)
    return {entity.removeprefix("order:"): unit_of(entity, ref) for entity, ref in found.items()}


def _name(rows: Sequence[Row], known: Mapping[str, str]) -> str:
    ordered = sorted(rows, key=lambda row: (_instant(row["placed_at"]), str(row["order_id"])))
    for row in ordered:
        if str(row["order_id"]) in known:
            return known[str(row["order_id"])]
    first = ordered[0]
    for tie in TIES:
        if _given(first.get(tie)):
            return f"{tie}:{first[tie]}"
    return f"order:{first['order_id']}"


def _instant(moment: Any) -> datetime:
    found: datetime = getattr(moment, "to_pydatetime", lambda: moment)()
    return found


def _given(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


__all__ = ["HOPS", "MOST", "TIES", "units"]
