"""Orders of the last weeks that share a hash with another one, and what became of their cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from data_access.state.fraud_tables import FraudCase, FraudEvent

LINKS = ("customer", "device", "card", "address", "ip")


def keys_of(session: Session, order_id: str) -> dict[str, str] | None:
    """The hashes of one order by link; None where the store does not hold it."""
    found = session.get(FraudEvent, order_id)
    return None if found is None else _keys(found)


def keys_of_orders(session: Session, order_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """The hashes of some orders by link, by order; those that the store does not hold left out."""
    found: dict[str, dict[str, str]] = {}
    columns = [getattr(FraudEvent, link) for link in LINKS]
    for start in range(0, len(order_ids), 500):
        part = list(order_ids[start : start + 500])
        query = select(FraudEvent.order_id, *columns).where(FraudEvent.order_id.in_(part))
        for order_id, *values in session.execute(query):
            found[order_id] = {
                link: value for link, value in zip(LINKS, values, strict=True) if value is not None
            }
    return found


def linked(
    session: Session, keys: Mapping[str, str], *, most: int
) -> list[tuple[str, dict[str, str]]]:
    """Orders that share one of the hashes, with their own, newest first."""
    same = [getattr(FraudEvent, link) == value for link, value in keys.items() if link in LINKS]
    if not same:
        return []
    query = select(FraudEvent).where(or_(*same)).order_by(FraudEvent.placed_at.desc()).limit(most)
    return [(row.order_id, _keys(row)) for row in session.scalars(query)]


def cases_of(session: Session, order_ids: Sequence[str]) -> dict[str, FraudCase]:
    """Cases of these orders, by order."""
    query = select(FraudCase).where(FraudCase.order_id.in_(order_ids))
    return {row.order_id: row for row in session.scalars(query)}


def _keys(row: FraudEvent) -> dict[str, str]:
    return {link: value for link in LINKS if (value := getattr(row, link)) is not None}
