"""Filling the event store from a snapshot, and rolling up what it need not hold any longer.

The store holds the orders of the last `KEPT_DAYS` days, counted back from the newest one: the 31
that features look back, and two weeks in which an order can be scored, or arrive late. What
is older is summed into profiles. One instant parts the two, so that no order is in both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from app.services.fraud import inputs
from data_access.queries import fraud as queries
from data_access.shop.tables import MONEY_SCALE
from data_access.snapshots.manifest import Manifest
from data_access.snapshots.personal import key_mark
from data_access.state import fraud_events as store
from data_access.state import fraud_profiles as kept
from data_access.state.fraud_profiles import Sums
from ml.contract import Progress, silent
from ml.fraud.features import ALL_ORDERS, USUAL
from ml.fraud.schema import LINKS, RECENT_DAYS

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.context import Desk

KEPT_DAYS = RECENT_DAYS + 14
SUMMED_DAYS = 21  # of the oldest ones held, of which the usual amount is summed a day
ROWS_A_WRITE = 5_000  # one transaction: other writers wait for it
READ, ROLLED = "orders", "rolled"
"""Marks: the newest change of the shop that was read, and the instant that parts store and sums."""

Row = Mapping[str, Any]


def fill(desk: Desk, manifest: Manifest, *, now: datetime, progress: Progress = silent) -> None:
    """Fill the store anew from a snapshot.

    Broken off, it is as if it had never begun: the marks are written last, and whoever comes
    next begins again.
    """
    with desk.state.write() as session:
        store.empty(session, (READ, ROLLED))
    orders = inputs.orders(desk, manifest)
    progress("Orders of long ago", 0.3)
    labels = inputs.labels(desk, manifest)
    told = labels[labels["source"] == "chargeback"].groupby("order_id")["known_at"].min()
    marked = orders[orders["order_id"].isin(told.index)]
    marked = marked.assign(known_at=marked["order_id"].map(told))

    until = _parting(_newest(orders["placed_at"], min(manifest.as_of, now)))
    old = orders[orders["placed_at"] < until]
    for kind in ("customer", *USUAL):
        _insert(desk, kind, _grouped(old, old[kind]))
    everything = pd.Series(ALL_ORDERS[1], index=old.index)
    _insert(desk, ALL_ORDERS[0], _grouped(old, everything))
    for link in LINKS:
        if link != "customer":
            charged = old[old[link].isin(marked[link].dropna().unique())]
            _insert(desk, link, _grouped(charged, charged[link]))

    progress("Orders of the last weeks", 0.7)
    for rows in _parts(stored(orders[orders["placed_at"] >= until])):
        with desk.state.write() as session:
            store.add_events(session, rows)
    for rows in _parts(stored(marked, "known_at")):
        with desk.state.write() as session:
            store.add_chargebacks(session, rows)
    with desk.state.write() as session:
        _sum_days(session, _days(until))
        store.set_mark(session, ROLLED, until)
        store.set_mark(session, READ, _read_until(manifest), key=key_mark(desk.hash_key))
    progress("Orders of the last weeks", 1.0)


def roll(session: Session, newest: datetime) -> None:
    """Sum up and drop what has become too old, where `newest` is the newest order held."""
    mark = store.mark(session, ROLLED)
    until = _parting(newest)
    if mark is None or until <= mark.at:
        return
    rows = store.events_between(session, mark.at, until)
    kept.add_profiles(session, _summed(session, rows))
    store.forget_events(session, until)
    before = _days(mark.at)
    kept.forget_days(session, [day for day in before if _start(day) < until])
    _sum_days(session, [day for day in _days(until) if day not in before])
    store.set_mark(session, ROLLED, until)


def sum_again(session: Session, placed: Iterable[datetime]) -> None:
    """Sum those days anew on which one of these orders was placed, where days are summed."""
    mark = store.mark(session, ROLLED)
    if mark is not None:
        touched = {moment.date() for moment in placed}
        _sum_days(session, [day for day in _days(mark.at) if day in touched])


def add_chargebacks(desk: Desk, rows: Sequence[Row]) -> None:
    """Keep chargebacks, and sum the old orders of links that had none until now.

    rows : order_id, known_at, and the links of their orders.
    """
    with desk.state.write() as session:
        new = set(store.add_chargebacks(session, rows))
    for link in LINKS:
        values = {row[link] for row in rows if row["order_id"] in new and row[link] is not None}
        if link != "customer" and values:
            _sum_link(desk, link, values)


def stored(orders: pd.DataFrame, *more: str) -> list[dict[str, Any]]:
    """Rows of the orders frame as `fraud_events` keeps them; with `more` as `fraud_chargebacks`:
    order_id, those columns, and the links."""
    rows = []
    for record in orders.astype(object).to_dict("records"):
        plain = {str(name): _plain(value) for name, value in record.items()}
        row: dict[str, Any] = {"order_id": plain["order_id"]}
        row |= {link: plain.get(link) for link in LINKS}
        if more:
            row |= {name: plain[name] for name in more}
        else:
            whole = {k: _text(v) for k, v in plain.items()}
            row |= {"placed_at": plain["placed_at"], "coupon": plain["coupon"], "row": whole}
        rows.append(row)
    return rows


def _summed(session: Session, rows: Sequence[Row]) -> dict[tuple[str, str], Sums]:
    """Sums of orders that leave the store, of the kinds that are kept."""
    values = {link: {row[link] for row in rows if row[link] is not None} for link in LINKS}
    marked = store.chargebacks(session, values)
    charged = {link: {row[2 + number] for row in marked} for number, link in enumerate(store.LINKS)}
    sums: dict[tuple[str, str], Sums] = {}
    for row in rows:
        one = _one(row)
        names = [("customer", row["customer"]), ALL_ORDERS, *((k, row[k]) for k in USUAL)]
        names += [
            (link, row[link]) for link in LINKS if link != "customer" and row[link] in charged[link]
        ]
        for kind, key in names:
            if key is not None and kept.fits(key):
                before = sums.get((kind, key))
                sums[kind, key] = one if before is None else before.plus(one)
    return sums


def _sum_days(session: Session, days: Iterable[date]) -> None:
    for day in days:
        sums: dict[tuple[str, str], Sums] = {}
        for row in store.events_between(session, _start(day), _start(day) + timedelta(days=1)):
            one = _one(row)
            for kind, key in (ALL_ORDERS, *((kind, row[kind]) for kind in USUAL)):
                if key is not None and kept.fits(key):
                    before = sums.get((kind, key))
                    sums[kind, key] = one if before is None else before.plus(one)
        kept.replace_day(session, day, sums)


def _sum_link(desk: Desk, link: str, values: set[str]) -> None:
    """Count old orders of values that were charged back for the first time, in the snapshot."""
    with desk.state.read() as session:
        mark = store.mark(session, ROLLED)
        values = values - kept.known_keys(session, link, values)
    manifest = desk.store.newest()
    if mark is None or manifest is None or not values:
        return
    found = desk.analytics.frame(manifest.number, queries.orders_linked({link: values}))
    old = found[(found["placed_at"] < mark.at) & found[link].isin(values)]
    _insert(desk, link, _grouped(old, old[link]))


def _grouped(orders: pd.DataFrame, keys: pd.Series) -> pd.DataFrame:
    """key · orders · amount (ten-thousandths) · first_at · last_at of each key."""
    amounts = (orders["amount"] * MONEY_SCALE).round().astype("int64")
    rows = pd.DataFrame({"amount": amounts, "at": orders["placed_at"]})
    found = rows.groupby(keys, observed=True).agg(
        orders=("amount", "size"),
        amount=("amount", "sum"),
        first_at=("at", "min"),
        last_at=("at", "max"),
    )
    return found.rename_axis("key").reset_index()


def _insert(desk: Desk, kind: str, sums: pd.DataFrame) -> None:
    columns = [sums[name].tolist() for name in ("key", "orders", "amount", "first_at", "last_at")]
    rows = [
        (
            str(key),
            Sums(
                orders=orders,
                amount=amount,
                first_at=first_at.to_pydatetime(),
                last_at=last_at.to_pydatetime(),
            ),
        )
        for key, orders, amount, first_at, last_at in zip(*columns, strict=True)
        if kept.fits(str(key))
    ]
    for part in _parts(rows):
        with desk.state.write() as session:
            kept.insert_profiles(session, {(kind, key): one for key, one in part})


def _one(row: Row) -> Sums:
    at = datetime.fromisoformat(row["placed_at"])
    return Sums(orders=1, amount=round(row["amount"] * MONEY_SCALE), first_at=at, last_at=at)


def _newest(placed: pd.Series, latest: datetime) -> datetime:
    """When the newest order was placed, none of which lies in the future."""
    found = placed[placed <= latest].max()
    return latest if pd.isna(found) else pd.Timestamp(found).to_pydatetime()


def _read_until(manifest: Manifest) -> datetime:
    marks = [manifest.tables[name].watermark for name in ("orders", "payments", "chargebacks")]
    return max((mark for mark in marks if mark is not None), default=manifest.as_of)


def _parting(newest: datetime) -> datetime:
    return _start(newest.date()) - timedelta(days=KEPT_DAYS)


def _days(until: datetime) -> list[date]:
    """Days from the parting on of which sums are kept, though their orders are still held."""
    return [until.date() + timedelta(days=number) for number in range(SUMMED_DAYS)]


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def _plain(value: Any) -> Any:
    if value is None or value != value or value is pd.NaT:
        return None
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _parts(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), ROWS_A_WRITE):
        yield rows[start : start + ROWS_A_WRITE]
