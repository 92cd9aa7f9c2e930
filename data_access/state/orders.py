"""Order lists: quantities that people set, and orders that they marked as placed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from data_access.errors import DataError
from data_access.state.engine import stale
from data_access.state.order_tables import OrderEdit, PlacedLine, PlacedOrder

IN_ONE = 500
"""Keys of one question: below the number of bound values that SQLite takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One product of an order."""

    product_id: str
    proposed: int  # units
    units: int
    unit_cost: int | None  # ten-thousandths of the currency
    expected_on: date


def read_edits(session: Session, week: date) -> list[OrderEdit]:
    """What people set in the list of that week (Monday)."""
    return list(session.scalars(select(OrderEdit).where(OrderEdit.week == week)))


def get_edits(session: Session, week: date, products: Sequence[str]) -> dict[str, OrderEdit]:
    """Those of some products."""
    found: dict[str, OrderEdit] = {}
    for start in range(0, len(products), IN_ONE):
        part = products[start : start + IN_ONE]
        rows = session.scalars(
            select(OrderEdit).where(OrderEdit.week == week, OrderEdit.product_id.in_(part))
        )
        found |= {row.product_id: row for row in rows}
    return found


def write_edit(
    session: Session,
    *,
    week: date,
    product_id: str,
    proposed: int,
    units: int | None,
    note: str | None,
    by: str,
    now: datetime,
    expected_version: int | None = None,
) -> None:
    """Put a quantity in place of the proposed one; None brings the proposal back.

    ``expected_version`` is the version that the person saw (0: none); another one now raises
    `StaleWriteError`.
    """
    row = session.get(OrderEdit, (week, product_id))
    if expected_version is not None and expected_version != (row.version if row else 0):
        raise stale()
    if units is None:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(
            OrderEdit(
                week=week,
                product_id=product_id,
                proposed=proposed,
                units=units,
                note=note,
                by=by,
                at=now,
            )
        )
    else:
        row.proposed, row.units, row.note, row.by, row.at = proposed, units, note, by, now
    session.flush()


def drop_edits(session: Session, week: date, products: Sequence[str]) -> None:
    """Edits of lines that have been ordered hold no longer."""
    for start in range(0, len(products), IN_ONE):
        part = products[start : start + IN_ONE]
        session.execute(
            delete(OrderEdit).where(OrderEdit.week == week, OrderEdit.product_id.in_(part))
        )


def place_order(
    session: Session,
    *,
    week: date,
    supplier_id: str | None,
    lines: Iterable[Line],
    by: str,
    now: datetime,
    known_until: datetime,
) -> PlacedOrder:
    """Write down an order to one supplier with its lines."""
    order = PlacedOrder(week=week, supplier_id=supplier_id, by=by, at=now, known_until=known_until)
    session.add(order)
    session.flush()
    session.add_all(
        PlacedLine(
            order_id=order.order_id,
            product_id=line.product_id,
            proposed=line.proposed,
            units=line.units,
            unit_cost=line.unit_cost,
            expected_on=line.expected_on,
        )
        for line in lines
    )
    session.flush()
    return order


def newest_order(session: Session) -> int:
    """Number of the newest order, undone or not; 0 before the first."""
    found = session.scalar(
        select(PlacedOrder.order_id).order_by(PlacedOrder.order_id.desc()).limit(1)
    )
    return found or 0


def placed_since(
    session: Session, seen: int, products: Sequence[str]
) -> list[tuple[PlacedOrder, PlacedLine]]:
    """Lines of these products in orders after number ``seen`` that hold."""
    found: list[tuple[PlacedOrder, PlacedLine]] = []
    for start in range(0, len(products), IN_ONE):
        part = products[start : start + IN_ONE]
        rows = session.execute(
            select(PlacedOrder, PlacedLine)
            .join(PlacedLine, PlacedLine.order_id == PlacedOrder.order_id)
            .where(
                PlacedOrder.order_id > seen,
                PlacedOrder.undone_at.is_(None),
                PlacedLine.product_id.in_(part),
            )
        )
        found += [(order, line) for order, line in rows]
    return found


def open_lines(session: Session, *, expected_from: date) -> list[tuple[PlacedOrder, PlacedLine]]:
    """Lines of orders that hold and are expected on that day or later, oldest order first."""
    rows = session.execute(
        select(PlacedOrder, PlacedLine)
        .join(PlacedLine, PlacedLine.order_id == PlacedOrder.order_id)
        .where(PlacedOrder.undone_at.is_(None), PlacedLine.expected_on >= expected_from)
        .order_by(PlacedOrder.order_id, PlacedLine.product_id)
    )
    return [(order, line) for order, line in rows]


def orders_of_week(session: Session, week: date) -> list[PlacedOrder]:
    """Orders of that week's list that hold, newest first."""
    return list(
        session.scalars(
            select(PlacedOrder)
            .where(PlacedOrder.week == week, PlacedOrder.undone_at.is_(None))
            .order_by(PlacedOrder.order_id.desc())
        )
    )


def lines_of(session: Session, order_id: int) -> list[PlacedLine]:
    """Lines of one order, by product."""
    return list(
        session.scalars(
            select(PlacedLine)
            .where(PlacedLine.order_id == order_id)
            .order_by(PlacedLine.product_id)
        )
    )


def undo_order(session: Session, order_id: int, *, by: str, now: datetime) -> PlacedOrder:
    """Take an order back; its lines stay written down.

    Raises
    ------
    DataError : there is no such order. StaleWriteError : it was taken back already.
    """
    order = session.get(PlacedOrder, order_id)
    if order is None:
        raise DataError(f"There is no order number {order_id}.", remedy="Reload the page.")
    if order.undone_at is not None:
        raise stale()
    order.undone_at, order.undone_by = now, by
    session.flush()
    return order
