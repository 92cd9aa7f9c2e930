"""Staff's decisions about the order list: quantities, orders marked as placed, and the way back.

Every one is one transaction with its audit entry; nothing is half done.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from app.access import Identity, Permission, require
from app.services.ordering.views import UNKNOWN_SUPPLIER, Conflict, Edit, OrderList, Saved
from app.services.settings import Change
from data_access.errors import DataError
from data_access.state import orders
from data_access.state.engine import DecisionSession, StaleWriteError, utc_now
from data_access.state.order_tables import OrderEdit
from data_access.state.orders import Line
from data_access.state.tables import AuditEntry

if TYPE_CHECKING:
    from app.context import Desk

MOST_UNITS = 1_000_000
"""Units of one line: more is a slip of the hand."""

LONGEST_NOTE = 500
MONEY = 10_000
EDITED, PLACED = "order.edited", "order.placed"


def save_edits(desk: Desk, by: Identity, *, week: date, edits: Sequence[Edit]) -> Saved:
    """Put quantities in place of the proposed ones, all in one transaction.

    An edit of a line that somebody else has set meanwhile is not saved but given back, with what
    stands now; all others are.

    Raises
    ------
    AccessDenied, DataError : nothing was saved.
    """
    require(by, Permission.decide_commerce)
    for edit in edits:
        _check(edit)
    now = utc_now()
    conflicts: list[Conflict] = []
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    if not edits:
        return Saved(saved=0, conflicts=(), entry_id=None, text="Nothing was changed.")
    with desk.state.decide(by.name, EDITED, f"order-list:{week:%Y-%m-%d}") as session:
        standing = orders.get_edits(session, week, [edit.product_id for edit in edits])
        for edit in edits:
            row = standing.get(edit.product_id)
            if edit.version != (row.version if row else 0):
                conflicts.append(_conflict(edit, row))
                continue
            before[edit.product_id] = _told(row)
            orders.write_edit(
                session,
                week=week,
                product_id=edit.product_id,
                proposed=edit.proposed,
                units=edit.units,
                note=(edit.note or "").strip() or None,
                by=by.name,
                now=now,
            )
            after[edit.product_id] = (
                None if edit.units is None else {"units": edit.units, "note": edit.note}
            )
        session.before, session.after = {"edits": before}, {"edits": after}
    number = len(after)
    return Saved(
        saved=number,
        conflicts=tuple(conflicts),
        entry_id=session.entry_id if number else None,
        text=f"{number} {'quantity was' if number == 1 else 'quantities were'} set.",
    )


def mark_ordered(desk: Desk, by: Identity, found: OrderList, product_ids: Sequence[str]) -> Change:
    """Write down that these lines of the list have been ordered, an order a supplier.

    Quantities are those that stand in `found`; from then on they count as on order.

    Raises
    ------
    AccessDenied, DataError : nothing was written down.
    StaleWriteError : somebody has ordered one of them, or changed its quantity, meanwhile.
    """
    require(by, Permission.decide_commerce)
    wanted = set(product_ids)
    lines = found.rows[found.rows["product_id"].isin(wanted) & (found.rows["order"] > 0)]
    if lines.empty:
        raise DataError(
            "There is nothing to order among these lines.",
            remedy="Choose lines with a quantity above 0.",
        )
    ids = [str(one) for one in lines["product_id"]]
    now = utc_now()
    name = f"order-list:{found.week:%Y-%m-%d}"
    with desk.state.decide(by.name, PLACED, name) as session:
        _nobody_else(session, found, lines, ids)
        kept = {key: _told(row) for key, row in orders.get_edits(session, found.week, ids).items()}
        numbers = []
        for supplier, part in lines.groupby("supplier_id", sort=True):
            order = orders.place_order(
                session,
                week=found.week,
                supplier_id=None if supplier == UNKNOWN_SUPPLIER else str(supplier),
                lines=[_line(row, found.day) for row in part.to_dict("records")],
                by=by.name,
                now=now,
                known_until=found.known_until,
            )
            numbers.append(order.order_id)
        orders.drop_edits(session, found.week, ids)
        session.before = {"edits": kept}
        session.after = {"orders": numbers, "products": len(ids)}
    return Change(
        entry_id=session.entry_id,
        text=f"{_counted(len(ids), 'product')} from {_counted(len(numbers), 'supplier')} "
        "marked as ordered.",
    )


def undo(desk: Desk, by: Identity, *, entry_id: int) -> Change:
    """Take back edits or orders, if nobody has changed them since.

    Raises
    ------
    DataError : the entry is no such act. StaleWriteError : it was changed again meanwhile.
    """
    require(by, Permission.decide_commerce)
    with desk.state.read() as session:
        entry = session.get(AuditEntry, entry_id)
    if entry is None or entry.act not in (EDITED, PLACED):
        raise DataError("This cannot be taken back.", remedy="Set the quantities by hand.")
    week = date.fromisoformat(entry.object.partition(":")[2])
    now = utc_now()
    before, after = entry.before or {}, entry.after or {}
    with desk.state.decide(by.name, f"{entry.act}.undone", entry.object) as session:
        session.before, session.after = after, before
        if entry.act == PLACED:
            for number in after["orders"]:
                orders.undo_order(session, number, by=by.name, now=now)
        _restore(session, week, before.get("edits", {}), after.get("edits", {}), by.name, now)
    what = "order" if entry.act == PLACED else "change of quantities"
    return Change(entry_id=session.entry_id, text=f"The {what} was taken back.")


def undo_order(desk: Desk, by: Identity, order_id: int) -> Change:
    """Take one order back: its products are proposed again.

    Raises
    ------
    DataError, StaleWriteError : there is none such, or it was taken back already.
    """
    require(by, Permission.decide_commerce)
    with desk.state.decide(by.name, "order.placed.undone", f"order:{order_id}") as session:
        order = orders.undo_order(session, order_id, by=by.name, now=utc_now())
        session.before = {"by": order.by, "week": order.week.isoformat()}
    return Change(entry_id=session.entry_id, text=f"Order {order_id} was taken back.")


def _check(edit: Edit) -> None:
    units = edit.units
    if units is not None and (
        isinstance(units, bool) or not isinstance(units, int) or not 0 <= units <= MOST_UNITS
    ):
        raise DataError(
            f"{units!r} cannot be ordered of {edit.product_id}.",
            remedy=f"Give a whole number from 0 to {MOST_UNITS:,}.",
        )
    if edit.note is not None and len(edit.note) > LONGEST_NOTE:
        raise DataError(
            f"The note on {edit.product_id} is too long.",
            remedy=f"Use at most {LONGEST_NOTE} characters.",
        )


def _conflict(edit: Edit, row: OrderEdit | None) -> Conflict:
    return Conflict(
        edit=edit,
        units=row.units if row else None,
        by=row.by if row else "somebody",
        version=row.version if row else 0,
    )


def _told(row: OrderEdit | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"units": row.units, "note": row.note, "proposed": row.proposed, "by": row.by}


def _nobody_else(
    session: DecisionSession, found: OrderList, lines: pd.DataFrame, ids: list[str]
) -> None:
    """Refuse where the list that the person saw is not the one that stands."""
    placed = orders.placed_since(session, found.newest_order, ids)
    if placed:
        order, line = placed[0]
        raise StaleWriteError(
            f"{order.by} has marked {_counted(len(placed), 'of these lines', 'of these lines')} "
            f"as ordered meanwhile, {line.product_id} among them; nothing was marked again.",
            remedy="Reload the list: what is ordered is no longer in it.",
        )
    standing = orders.get_edits(session, found.week, ids)
    seen = dict(zip(lines["product_id"], lines["version"], strict=True))
    moved = [
        each
        for each in ids
        if int(seen[each]) != (standing[each].version if each in standing else 0)
    ]
    if moved:
        raise StaleWriteError(
            f"The quantity of {moved[0]} was changed meanwhile; nothing was marked.",
            remedy="Reload the list, look at the quantity, and mark it again.",
        )


def _line(row: Mapping[Any, Any], day: date) -> Line:
    cost = row["unit_cost"]
    return Line(
        product_id=str(row["product_id"]),
        proposed=int(row["proposed"]),
        units=int(row["order"]),
        unit_cost=None if pd.isna(cost) else round(float(cost) * MONEY),
        expected_on=day + timedelta(days=math.ceil(float(row["lead_days"]))),
    )


def _restore(
    session: DecisionSession,
    week: date,
    before: dict[str, Any],
    after: dict[str, Any],
    by: str,
    now: datetime,
) -> None:
    """Set edits as they were, if they are still what the act left behind."""
    ids = sorted({*before, *after})
    standing = orders.get_edits(session, week, ids)
    for product_id in ids:
        row, left = standing.get(product_id), after.get(product_id)
        now_units = row.units if row else None
        if now_units != (left["units"] if left else None):
            raise StaleWriteError(
                f"The quantity of {product_id} was changed again meanwhile; nothing was taken "
                "back.",
                remedy="Look at the newest quantity and set it by hand.",
            )
        was = before.get(product_id)
        orders.write_edit(
            session,
            week=week,
            product_id=product_id,
            proposed=was["proposed"] if was else 0,
            units=was["units"] if was else None,
            note=was["note"] if was else None,
            by=was["by"] if was else by,
            now=now,
        )


def _counted(number: int, thing: str, things: str | None = None) -> str:
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"
