"""The event store: what the shop's new orders are scored on, kept up with the shop.

It holds no personal data, only the hashes of the snapshot, and asks the shop for nothing but rows
that changed. `ml.fraud.features.compute` makes the same numbers of it as of a whole snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.services.fraud import filling, long_ago, nothing
from app.services.fraud.filling import READ, ROLLED, ROWS_A_WRITE
from data_access.queries import fraud_live
from data_access.shop.tables import MONEY_SCALE
from data_access.snapshots.personal import key_mark
from data_access.state import fraud_events as store
from data_access.state import fraud_profiles as kept
from data_access.state.fraud_profiles import Sums
from data_access.state.fraud_tables import FraudMark
from ml.contract import Progress, silent
from ml.fraud.features import ALL_ORDERS, USUAL, usual_until
from ml.fraud.schema import LINKS
from ml.fraud.windows import instants

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.context import Desk
    from data_access.snapshots.manifest import Manifest

OVERLAP = timedelta(hours=1)
"""How far behind the newest change the shop is read again: a row may become visible that long
after the `updated_at` that its writer gave it."""

ASKED = timedelta(days=2)
"""How long a whole order is remembered that the shop's database does not have: a burst is over
within hours, and what never became an order should not weigh on others for weeks."""

Frame = pd.DataFrame


def anything_new(desk: Desk) -> bool:
    """Whether the shop has changed since the last `advance`, or there was none; one cheap query."""
    mark = _mark(desk)
    if mark is None:
        return _snapshot(desk) is not None
    with desk.shop_engine.connect() as shop:
        newest = fraud_live.newest_change(shop)
    return newest is not None and newest > mark.at


def advance(desk: Desk, *, now: datetime, progress: Progress = silent) -> list[str]:
    """Read new and changed orders and chargebacks of the shop, and roll up what has grown old.

    The first call fills the store from the newest snapshot, without which nothing happens. To be
    called by one process at a time.

    Returns
    -------
    Numbers of orders seen for the first time, oldest first; of those from the snapshot none.
    """
    mark = _mark(desk)
    if mark is None:
        manifest = _snapshot(desk)
        if manifest is None:
            return []
        filling.fill(desk, manifest, now=now, progress=progress)
        mark = _mark(desk)
        assert mark is not None
    with desk.shop_engine.connect() as shop:
        newest = fraud_live.newest_change(shop)
        if newest is None or newest <= mark.at:
            return []
        changed = fraud_live.changed_orders(shop, mark.at - OVERLAP)
        told = fraud_live.changed_chargebacks(shop, mark.at - OVERLAP)
    new: list[str] = []
    for start in range(0, len(changed), ROWS_A_WRITE):
        new += _take(desk, frame_of(desk, changed[start : start + ROWS_A_WRITE]), now)
    _take_chargebacks(desk, told)
    with desk.state.write() as session:
        latest = store.newest_event(session)
        if latest is not None:
            filling.roll(session, min(latest, now))
        store.set_mark(session, READ, newest, **mark.details)
    return new


def frame_of(desk: Desk, order_ids: Sequence[str]) -> Frame:
    """Rows of the orders frame as the shop has these orders now; unknown ones are left out."""
    with desk.shop_engine.connect() as shop:
        return fraud_live.orders(shop, order_ids, key=desk.hash_key, zone=desk.zone)


def hashed_rows(desk: Desk, raw: Sequence[Mapping[str, Any]]) -> Frame:
    """Rows of the orders frame for orders that are not in the shop yet.

    raw : `order_id`, `placed_at` (naive UTC), `amount` (currency), and any of: customer_id,
        signed_up_at, email, account_country, wholesale, channel, lines, units, dearest, category,
        discount, coupon, billing_country, shipping_country, ip_country, card_country, device_id,
        card_fingerprint, shipping_address, ip, method, avs, cvv, three_d_secure, attempts_failed.
    """
    return fraud_live.hashed(raw, key=desk.hash_key, zone=desk.zone)


def remember(desk: Desk, order_ids: Sequence[str], *, now: datetime) -> None:
    """Take orders that a program asks for into the store, where it lacks them: the next one that is
    asked for must know them, and the worker looks only now and then."""
    with desk.state.read() as session:
        lacking = set(order_ids) - store.events(session, order_ids).keys()
    if lacking:
        found = frame_of(desk, [order for order in order_ids if order in lacking])
        if len(found):
            _take(desk, found, now)


def remember_asked(desk: Desk, orders: Frame, *, now: datetime) -> None:
    """The same of whole orders (`hashed_rows`); they are forgotten after `ASKED`, unless the shop
    has them by then."""
    with desk.state.write() as session:
        store.remember_asked(session, filling.stored(orders), now=now, forget=now - ASKED)


def seen_since(desk: Desk, since: datetime) -> list[str]:
    """Numbers of the orders that the store holds and that were placed since then, oldest first."""
    with desk.state.read() as session:
        return store.seen_since(session, since)


def rows_for(
    desk: Desk, order_ids: Sequence[str], *, more: Frame | None = None
) -> tuple[Frame, Frame, Frame]:
    """Orders, chargebacks and profiles that `features.compute` needs for these orders.

    Parameters
    ----------
    order_ids : of orders in the store; what it lacks is read from the shop, and left out where
        the shop does not know it either.
    more : rows of the orders frame of orders that are in neither (`hashed_rows`), asked for too.
    """
    with desk.state.read() as session:
        known = {order: _row(row) for order, row in store.events(session, order_ids).items()}
    lacking = [order for order in order_ids if order not in known]
    for frame in (frame_of(desk, lacking) if lacking else None, more):
        if frame is not None:
            known |= {row["order_id"]: row for row in _records(frame)}
    empty = nothing.newest(desk)
    nothing.forget(known.values(), empty)
    asked = list(known.values())
    if not asked:
        return fraud_live.framed([]), _chargebacks([]), _profiles([])
    values = {link: _values(asked, link) for link in LINKS}
    first = min(row["placed_at"] for row in asked)
    with desk.state.read() as session:
        coupons, since = _values(asked, "coupon"), first - timedelta(days=1)
        linked = store.linked_events(session, values, coupons=coupons, since=since)
        linked += store.linked_asked(session, values, coupons=coupons, since=since)
        marked = store.chargebacks(session, values)
        usual = _Usual.read(session, asked, values)
    names = ("order_id", "placed_at", "amount", "coupon", *store.LINKS)
    others = [dict(zip(names, row, strict=True)) for row in linked if row[0] not in known]
    older = usual.links
    old = [row for row in asked if long_ago.is_long_ago(row, usual.rolled_until)]
    found = long_ago.linked(desk, old, usual.rolled_until) if old else None
    if found is not None:
        gone = _records(found)
        others += [row for row in gone if row["order_id"] not in known]
        _without(older, gone)
        usual.take_off(desk)
    nothing.forget(others, empty)
    profiles = [(kind, key, None, sums) for (kind, key), sums in older.items()] + usual.rows()
    return fraud_live.framed([*asked, *others]), _chargebacks(marked), _profiles(profiles)


def _mark(desk: Desk) -> FraudMark | None:
    """How far the shop was read; None where it never was, or under another key of hashes."""
    with desk.state.read() as session:
        found = store.mark(session, READ)
    if found is None or found.details.get("key") != key_mark(desk.hash_key):
        return None
    return found


def _snapshot(desk: Desk) -> Manifest | None:
    """The newest snapshot, if it was hashed as orders are hashed now; its hashes would link with
    no others for ever."""
    manifest = desk.store.newest()
    if manifest is None or manifest.key_mark != key_mark(desk.hash_key):
        return None
    return manifest


def _take(desk: Desk, orders: Frame, now: datetime) -> list[str]:
    """Keep orders that are not older than the store."""
    with desk.state.write() as session:
        mark = store.mark(session, ROLLED)
        if mark is not None:
            orders = orders[orders["placed_at"] >= mark.at]
        new, changed = store.add_events(session, filling.stored(orders))
        touched = orders[orders["order_id"].isin({*new, *changed})]
        filling.sum_again(session, [moment.to_pydatetime() for moment in touched["placed_at"]])
    return new


def _take_chargebacks(desk: Desk, told: Mapping[str, datetime]) -> None:
    if not told:
        return
    orders = frame_of(desk, sorted(told))
    rows = filling.stored(orders.assign(known_at=orders["order_id"].map(told)), "known_at")
    filling.add_chargebacks(desk, rows)


def _without(older: dict[tuple[str, str], Sums], gone: Sequence[Mapping[str, Any]]) -> None:
    """Take orders off profiles which would count them twice."""
    for row in gone:
        for link in LINKS:
            sums = older.pop((link, row[link]), None)
            if sums is not None and sums.orders > 1:
                amount = sums.amount - round(row["amount"] * MONEY_SCALE)
                older[link, row[link]] = replace(sums, orders=sums.orders - 1, amount=amount)


class _Usual:
    """Sums of all orders until `usual_until` of each day on which an order asked for was placed."""

    def __init__(self, asked: Sequence[Mapping[str, Any]], rolled_until: datetime) -> None:
        placed = pd.Series([row["placed_at"] for row in asked]).astype("datetime64[ns]")
        self.untils = sorted({pd.Timestamp(until) for until in usual_until(instants(placed))})
        self.keys = {kind: {k for k in _values(asked, kind) if kept.fits(k)} for kind in USUAL}
        self.keys[ALL_ORDERS[0]] = {ALL_ORDERS[1]}
        self.rolled_until = rolled_until
        self.links: dict[tuple[str, str], Sums] = {}  # profiles of the links
        self.rolled: dict[tuple[str, str], Sums] = {}
        self.days: list[tuple[str, str, pd.Timestamp, Sums]] = []  # of orders held
        self.taken: list[tuple[str, str, pd.Timestamp, Sums]] = []  # of orders rolled up

    @classmethod
    def read(
        cls,
        session: Session,
        asked: Sequence[Mapping[str, Any]],
        values: Mapping[str, set[str]],
    ) -> _Usual:
        """What the store has of these orders and of their links (`values`)."""
        mark = store.mark(session, ROLLED)
        usual = cls(asked, _NEVER if mark is None else mark.at)
        if mark is None:
            return usual
        # One question for all: there is one order to score more often than a thousand.
        for (kind, key), sums in kept.profiles(session, {**values, **usual.keys}).items():
            (usual.links if kind in values else usual.rolled)[kind, key] = sums
        days = [d.date() for d in pd.date_range(mark.at, usual.untils[-1], inclusive="left")]
        kinds = {kept.day_kind(kind, day): (kind, day) for kind in usual.keys for day in days}
        if kinds:
            every = {key for of in usual.keys.values() for key in of}
            for (name, key), sums in kept.day_profiles(session, list(kinds), every).items():
                kind, day = kinds[name]
                usual.days.append((kind, key, pd.Timestamp(day), sums))
        return usual

    def take_off(self, desk: Desk) -> None:
        """Read what was rolled up only after the earliest of the days."""
        self.taken = [
            (kind, key, pd.Timestamp(day), sums)
            for kind, key, day, sums in long_ago.summed_since(
                desk, self.untils[0].to_pydatetime(), self.rolled_until, self.keys
            )
        ]

    def rows(self) -> list[tuple[Any, ...]]:
        """kind · key · before · sums"""
        return [
            (kind, key, until, self._sums(kind, key, until))
            for until in self.untils
            for kind, keys in self.keys.items()
            for key in keys
        ]

    def _sums(self, kind: str, key: str, until: pd.Timestamp) -> Sums:
        total = self.rolled.get((kind, key), _NOTHING)
        for name, value, day, sums in self.days:
            if (name, value) == (kind, key) and day < until:
                total = total.plus(sums)
        for name, value, day, sums in self.taken:
            if (name, value) == (kind, key) and day >= until:
                total = replace(
                    total, orders=total.orders - sums.orders, amount=total.amount - sums.amount
                )
        return total


_NEVER = datetime(1970, 1, 1)
_NOTHING = Sums(orders=0, amount=0, first_at=_NEVER, last_at=_NEVER)


def _profiles(rows: Sequence[tuple[Any, ...]]) -> Frame:
    # Arrays, not series: there are a dozen rows, and an answer waits for them.
    return pd.DataFrame(
        {
            "kind": _objects([row[0] for row in rows]),
            "key": _objects([row[1] for row in rows]),
            "before": np.array([row[2] for row in rows], dtype="datetime64[ns]"),
            "orders": np.array([row[3].orders for row in rows], dtype=np.int64),
            "amount": np.array([row[3].amount / MONEY_SCALE for row in rows], dtype=np.float64),
            # Of a day's sums nobody asks when the last order was.
            "last_at": np.array(
                [None if row[2] is not None else row[3].last_at for row in rows],
                dtype="datetime64[ns]",
            ),
        }
    )


def _chargebacks(rows: Sequence[tuple[Any, ...]]) -> Frame:
    names = ("order_id", "known_at", *store.LINKS)
    told: dict[str, npt.NDArray[Any]] = {}
    for number, name in enumerate(names):
        values = [row[number] for row in rows]
        instant = name == "known_at"
        told[name] = np.array(values, dtype="datetime64[ns]") if instant else _objects(values)
    return pd.DataFrame(told)


def _objects(values: Sequence[Any]) -> npt.NDArray[np.object_]:
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def _values(rows: Sequence[Mapping[str, Any]], column: str) -> set[str]:
    return {row[column] for row in rows if row[column] is not None}


def _row(stored: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the orders frame out of its JSON."""
    row = dict(stored)
    for name in ("placed_at", "signed_up_at"):
        row[name] = None if row[name] is None else datetime.fromisoformat(row[name])
    return row


def _records(frame: Frame) -> list[dict[str, Any]]:
    return [_row(row["row"]) for row in filling.stored(frame)]
