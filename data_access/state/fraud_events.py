"""The orders seen lately, and chargebacks, by what links them; how far the shop has been read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Table, and_, delete, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from data_access.state.base import Json
from data_access.state.fraud_tables import (
    FraudAsked,
    FraudChargeback,
    FraudEvent,
    FraudMark,
    FraudProfile,
)

LINKS = ("customer", "device", "card", "address", "ip")

_Row = TypeVar("_Row")

Values = Mapping[str, Collection[str]]
"""Hashes (of customers: accounts) by link."""

IN_ONE = 500
"""Keys of one question: five links of them stay below what SQLite and PostgreSQL take."""


def add_events(session: Session, rows: Sequence[Mapping[str, Any]]) -> tuple[list[str], set[str]]:
    """Keep orders; returns those that were not there, and those that were but have changed.

    rows : the columns of `fraud_events`; `row` is the whole row of the orders frame in JSON.
    """
    new: list[Mapping[str, Any]] = []
    changed: set[str] = set()
    for part in _parts(rows):
        ids = [row["order_id"] for row in part]
        query = select(FraudEvent).where(FraudEvent.order_id.in_(ids))
        known = {event.order_id: event for event in session.scalars(query)}
        for row in part:
            event = known.get(row["order_id"])
            if event is None:
                new.append(row)
            elif event.row != row["row"]:
                changed.add(event.order_id)
                for name, value in row.items():
                    setattr(event, name, value)
    if new:
        # A program may ask for an order in the moment in which the worker finds it.
        _insert(session, FraudEvent, new)
        gone = [row["order_id"] for row in new]
        for some in _parts(gone):
            session.execute(delete(FraudAsked).where(FraudAsked.order_id.in_(some)))
    session.flush()
    return [row["order_id"] for row in new], changed


def remember_asked(
    session: Session, rows: Sequence[Mapping[str, Any]], *, now: datetime, forget: datetime
) -> None:
    """Keep whole orders as they were asked for last; those asked for before `forget` are dropped.

    rows : the columns of `fraud_events`.
    """
    ids = [row["order_id"] for row in rows]
    stale = FraudAsked.asked_at < forget
    for part in _parts(ids):
        session.execute(delete(FraudAsked).where(or_(FraudAsked.order_id.in_(part), stale)))
    _insert(session, FraudAsked, [{**row, "asked_at": now} for row in rows])


def events(session: Session, order_ids: Sequence[str]) -> dict[str, Json]:
    """The rows of the orders frame of those orders that the store holds."""
    found: dict[str, Json] = {}
    for part in _parts(order_ids):
        query = select(FraudEvent.order_id, FraudEvent.row).where(FraudEvent.order_id.in_(part))
        found.update((row.order_id, row.row) for row in session.execute(query))
    return found


def linked_events(
    session: Session, values: Values, *, coupons: Collection[str], since: datetime
) -> list[tuple[Any, ...]]:
    """Orders that share a link with the values, and those with a coupon since an instant.

    Columns: order_id, placed_at, amount (currency), coupon, and `LINKS`.
    """
    return _linked(session, FraudEvent, values, coupons, since)


def linked_asked(
    session: Session, values: Values, *, coupons: Collection[str], since: datetime
) -> list[tuple[Any, ...]]:
    """As `linked_events`, of whole orders that were asked for and that the shop does not have."""
    found = _linked(session, FraudAsked, values, coupons, since)
    there = events(session, [row[0] for row in found]) if found else {}
    return [row for row in found if row[0] not in there]


def _linked(
    session: Session,
    table: type[FraudEvent] | type[FraudAsked],
    values: Values,
    coupons: Collection[str],
    since: datetime,
) -> list[tuple[Any, ...]]:
    amount = table.row["amount"].as_float()
    links = [getattr(table, link) for link in LINKS]
    found: dict[str, tuple[Any, ...]] = {}
    for part in _conditions(table, values):
        query = select(table.order_id, table.placed_at, amount, table.coupon, *links).where(part)
        found.update((row[0], tuple(row)) for row in session.execute(query))
    for codes in _parts(sorted(coupons)):
        query = select(table.order_id, table.placed_at, amount, table.coupon, *links).where(
            and_(table.coupon.in_(codes), table.placed_at >= since)
        )
        found.update((row[0], tuple(row)) for row in session.execute(query))
    return list(found.values())


def tied_events(session: Session, values: Values) -> list[tuple[Any, ...]]:
    """Orders that share a customer, device or card: order_id, placed_at, customer, device, card."""
    table = FraudEvent
    wanted = {link: found for link, found in values.items() if link in LINKS[:3]}
    found: dict[str, tuple[Any, ...]] = {}
    for part in _conditions(table, wanted):
        query = select(
            table.order_id, table.placed_at, table.customer, table.device, table.card
        ).where(part)
        found.update((row[0], tuple(row)) for row in session.execute(query))
    return list(found.values())


def events_between(session: Session, since: datetime, until: datetime) -> list[Json]:
    """Rows of the orders frame of orders placed from one instant until before another."""
    query = select(FraudEvent.row).where(
        FraudEvent.placed_at >= since, FraudEvent.placed_at < until
    )
    return list(session.scalars(query))


def seen_since(session: Session, since: datetime) -> list[str]:
    """Numbers of the orders held that were placed at an instant or later, oldest first."""
    query = (
        select(FraudEvent.order_id)
        .where(FraudEvent.placed_at >= since)
        .order_by(FraudEvent.placed_at, FraudEvent.order_id)
    )
    return list(session.scalars(query))


def newest_event(session: Session) -> datetime | None:
    """When the newest order of the store was placed."""
    return session.scalar(
        select(FraudEvent.placed_at).order_by(FraudEvent.placed_at.desc()).limit(1)
    )


def forget_events(session: Session, until: datetime) -> None:
    """Drop orders placed before an instant."""
    session.execute(delete(FraudEvent).where(FraudEvent.placed_at < until))


def add_chargebacks(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Keep chargebacks by the order they are about; returns the orders that had none before.

    rows : the columns of `fraud_chargebacks`. The first that became known counts.
    """
    new: list[Mapping[str, Any]] = []
    for part in _parts(rows):
        ids = [row["order_id"] for row in part]
        query = select(FraudChargeback).where(FraudChargeback.order_id.in_(ids))
        known = {found.order_id: found for found in session.scalars(query)}
        for row in part:
            found = known.get(row["order_id"])
            if found is None:
                new.append(row)
            elif found.known_at != row["known_at"]:
                found.known_at = row["known_at"]
    if new:
        session.execute(insert(FraudChargeback), [dict(row) for row in new])
    session.flush()
    return [row["order_id"] for row in new]


def chargebacks(session: Session, values: Values) -> list[tuple[Any, ...]]:
    """Chargebacks of orders that share a link with the values: order_id, known_at and `LINKS`."""
    table = FraudChargeback
    links = [getattr(table, link) for link in LINKS]
    found: dict[str, tuple[Any, ...]] = {}
    for part in _conditions(table, values):
        query = select(table.order_id, table.known_at, *links).where(part)
        found.update((row[0], tuple(row)) for row in session.execute(query))
    return list(found.values())


def mark(session: Session, name: str) -> FraudMark | None:
    """How far something was read; None: it has never been."""
    return session.get(FraudMark, name)


def set_mark(session: Session, name: str, at: datetime, **details: Any) -> None:
    """Note how far something was read."""
    found = session.get(FraudMark, name)
    if found is None:
        session.add(FraudMark(name=name, at=at, details=details))
    else:
        found.at, found.details = at, details
    session.flush()


def empty(session: Session, marks: Collection[str]) -> None:
    """Forget everything and these marks, as before the first filling."""
    for table in (FraudEvent, FraudAsked, FraudProfile, FraudChargeback):
        session.execute(delete(table))
    session.execute(delete(FraudMark).where(FraudMark.name.in_(marks)))


def _insert(
    session: Session, table: type[FraudEvent] | type[FraudAsked], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Add rows but those that somebody else has added meanwhile."""
    postgres = session.get_bind().dialect.name == "postgresql"
    made = (postgresql if postgres else sqlite).insert(cast(Table, table.__table__))
    session.connection().execute(made.on_conflict_do_nothing(), [dict(row) for row in rows])


def _conditions(
    table: type[FraudEvent] | type[FraudAsked] | type[FraudChargeback], values: Values
) -> Iterator[ColumnElement[bool]]:
    """Conditions that together find every row with one of the values; each by its indexes."""
    left = {link: sorted(values.get(link, ())) for link in LINKS}
    while any(left.values()):
        yield or_(
            *(getattr(table, link).in_(found[:IN_ONE]) for link, found in left.items() if found)
        )
        left = {link: found[IN_ONE:] for link, found in left.items()}


def _parts(rows: Sequence[_Row]) -> Iterator[Sequence[_Row]]:
    for start in range(0, len(rows), IN_ONE):
        yield rows[start : start + IN_ONE]
