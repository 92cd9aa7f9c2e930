"""Sums of the orders that the event store holds no longer, or that are usual in a category.

Kinds of profiles
-----------------
customer                        every account with an order that was rolled up
device, card, address, ip       only values with a chargeback: of others no feature asks
category, email_domain, shop    all orders that were rolled up
c…, e…, s… with a day           those of one day that is still in the store, of the same three
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, delete, insert, or_, select
from sqlalchemy.orm import Session

from data_access.state.fraud_tables import FraudProfile

IN_ONE = 500
DATED = {"category": "c", "email_domain": "e", "shop": "s"}
"""Kinds of which the days in the store are summed too, and the letter of such a day's kind."""

LONGEST_KEY = 64  # characters that a key can hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Orders of one value, summed."""

    orders: int
    amount: int  # ten-thousandths of the currency
    first_at: datetime
    last_at: datetime

    def plus(self, other: Sums) -> Sums:
        return Sums(
            orders=self.orders + other.orders,
            amount=self.amount + other.amount,
            first_at=min(self.first_at, other.first_at),
            last_at=max(self.last_at, other.last_at),
        )


Profiles = Mapping[tuple[str, str], Sums]
"""By kind and key."""


def day_kind(kind: str, day: date) -> str:
    """The kind of a day's sums."""
    return DATED[kind] + day.isoformat()


def fits(key: str) -> bool:
    """Whether a profile can be kept of it; longer ones (no mail server has them) have none."""
    return 0 < len(key) <= LONGEST_KEY


def profiles(
    session: Session, wanted: Mapping[str, Collection[str]]
) -> dict[tuple[str, str], Sums]:
    """Those of the wanted kinds and keys that there are."""
    pairs = [(kind, key) for kind, keys in wanted.items() for key in sorted(keys)]
    found: dict[tuple[str, str], Sums] = {}
    for start in range(0, len(pairs), IN_ONE):
        by_kind: dict[str, list[str]] = {}
        for kind, key in pairs[start : start + IN_ONE]:
            by_kind.setdefault(kind, []).append(key)
        query = select(FraudProfile).where(
            or_(
                *(
                    and_(FraudProfile.kind == kind, FraudProfile.key.in_(keys))
                    for kind, keys in by_kind.items()
                )
            )
        )
        found.update(((row.kind, row.key), _sums(row)) for row in session.scalars(query))
    return found


def day_profiles(
    session: Session, kinds: Sequence[str], keys: Collection[str]
) -> dict[tuple[str, str], Sums]:
    """Those of kinds with a day and any of the keys."""
    found: dict[tuple[str, str], Sums] = {}
    for part in _parts(sorted(keys)):
        query = select(FraudProfile).where(FraudProfile.kind.in_(kinds), FraudProfile.key.in_(part))
        found.update(((row.kind, row.key), _sums(row)) for row in session.scalars(query))
    return found


def add_profiles(session: Session, sums: Profiles) -> None:
    """Add sums to what there is."""
    by_kind: dict[str, dict[str, Sums]] = {}
    for (kind, key), one in sums.items():
        by_kind.setdefault(kind, {})[key] = one
    for kind, of in by_kind.items():
        known = {row.key: row for row in _rows(session, kind, sorted(of))}
        for key, row in known.items():
            total = _sums(row).plus(of[key])
            row.orders, row.amount = total.orders, total.amount
            row.first_at, row.last_at = total.first_at, total.last_at
        insert_profiles(session, {(kind, k): one for k, one in of.items() if k not in known})
    session.flush()


def insert_profiles(session: Session, sums: Profiles) -> None:
    """Keep sums that are known not to be there yet."""
    rows = [
        {
            "kind": kind, "key": key, "orders": one.orders, "amount": one.amount,
            "first_at": one.first_at, "last_at": one.last_at,
        }
        for (kind, key), one in sums.items()
    ]  # fmt: skip
    if rows:
        session.execute(insert(FraudProfile), rows)


def replace_day(session: Session, day: date, sums: Profiles) -> None:
    """Keep one day's sums, of the kinds in `DATED`, in place of those there are."""
    forget_days(session, [day])
    insert_profiles(session, {(day_kind(kind, day), key): s for (kind, key), s in sums.items()})


def forget_days(session: Session, days: Iterable[date]) -> None:
    """Drop the sums of days."""
    kinds = [day_kind(kind, day) for day in days for kind in DATED]
    session.execute(delete(FraudProfile).where(FraudProfile.kind.in_(kinds)))


def known_keys(session: Session, kind: str, keys: Collection[str]) -> set[str]:
    """Which of the keys have a profile of that kind."""
    return {row.key for row in _rows(session, kind, sorted(keys))}


def _rows(session: Session, kind: str, keys: Sequence[str]) -> Iterator[FraudProfile]:
    for part in _parts(keys):
        query = select(FraudProfile).where(FraudProfile.kind == kind, FraudProfile.key.in_(part))
        yield from session.scalars(query)


def _sums(row: FraudProfile) -> Sums:
    return Sums(orders=row.orders, amount=row.amount, first_at=row.first_at, last_at=row.last_at)


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), IN_ONE):
        yield keys[start : start + IN_ONE]
