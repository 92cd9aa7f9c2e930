"""What the orders of the same customer, device, card, address, IP or coupon tell about an order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.fraud.making import DAY, WINDOWS, Making, whole
from ml.fraud.schema import LINKS
from ml.fraud.windows import Group, Ints, instants, places

Bools = npt.NDArray[np.bool_]
NEVER = np.iinfo(np.int64).min


def linked(
    made: Making, link: str, facts: pd.DataFrame | None, profiles: pd.DataFrame | None
) -> None:
    """What the earlier orders of the same customer, device, card, address or IP tell."""
    codes, words = made.codes(link)
    group = Group(codes)
    starts = {window: group.starts(made.since(window)) for window in WINDOWS}
    for window, first in starts.items():
        made.give(f"{link}_orders_{window}", group.spread(group.earlier(first)))
    if link != "customer" and made.has("customer"):
        _distinct(made, group, starts, "customer", f"{link}_accounts", tuple(WINDOWS))
    if link in ("device", "customer") and made.has("card"):
        _distinct(made, group, starts, "card", f"{link}_cards", ("day", "month"))
    older = Older.of(profiles, link, words)
    count = group.earlier() + older.orders[group.codes]
    if link == "customer":
        _of_customer(made, group, starts["month"], older, count)
    _charged_back(made, link, group, count, facts)
    if link != "customer":
        made.forget(link)


def _distinct(
    made: Making,
    group: Group,
    starts: dict[str, Ints],
    of: str,
    name: str,
    windows: tuple[str, ...],
) -> None:
    codes, _ = made.codes(of)
    previous = group.previous(codes)
    for window in windows:
        found = group.distinct(starts[window], codes, previous)
        made.give(f"{name}_{window}", group.spread(found))


def _of_customer(made: Making, group: Group, month: Ints, older: Older, count: Ints) -> None:
    """What only an account's own history tells."""
    made.give("customer_orders", group.spread(count))
    made.give("first_order", group.spread(count == 0))
    spent = group.sums(made.money, group.begin, group.own)
    spent += older.amount[group.codes]
    mean = spent / np.maximum(count, 1)
    ratio = np.full(len(mean), np.nan)
    np.divide(made.money[group.rows], mean, out=ratio, where=(count > 0) & (mean > 0))
    made.give("amount_to_customer", group.spread(ratio))

    at = made.course.at[group.rows]
    last = np.where(group.own > group.begin, np.append(at[:1], at[:-1]), NEVER)
    last = np.maximum(last, older.last_at[group.codes])
    days = np.where(last == NEVER, np.nan, (at - last) / DAY)
    made.give("days_since_order", group.spread(days))

    for column, feature in (("device", "device_is_new"), ("address", "address_is_new")):
        if not made.has(column):
            continue
        codes, _ = made.codes(column)
        previous = group.previous(codes)
        # An account without orders lately has nothing to compare with.
        unknown = (codes[group.rows] < 0) | (month == group.own)
        made.give(feature, group.spread(np.where(unknown, np.nan, previous < month)))
        if column == "device":
            found = group.distinct(month, codes, previous)
            made.give("customer_devices_month", group.spread(found))


def _charged_back(
    made: Making, link: str, group: Group, count: Ints, facts: pd.DataFrame | None
) -> None:
    """Share of chargebacks among a link's orders, and the most that any link of an order has."""
    found = np.zeros(len(group.rows), dtype=np.int64)
    if facts is not None and link in facts:
        values, names = pd.factorize(facts[link].astype(object))
        codes = np.append(places(made.codes(link)[1], pd.Index(names)), -1)[values]
        known = instants(facts["known_at"])
        there = codes >= 0
        if made.known_by is not None:
            there &= known <= made.known_by.value
        first = made.course.before(known)
        found = group.known(codes[there], first[there], made.limit())
        found -= _of_itself(made, group, facts, there, first)
    share = np.minimum(found / np.maximum(count, 1), 1.0)
    made.give(f"{link}_chargeback_share", group.spread(share))
    made.raise_to("linked_chargebacks", group.spread(found, otherwise=0.0))


def _of_itself(made: Making, group: Group, facts: pd.DataFrame, there: Bools, first: Ints) -> Ints:
    """[m] 1 where an order's own chargeback is among those counted for it."""
    own = np.full(len(made.course), len(made.course) + 1, dtype=np.int32)
    position = facts["row"].to_numpy(np.int64)
    mine = there & (position >= 0)
    own[made.course.place[position[mine]]] = first[mine]
    return (own <= made.limit())[group.rows].astype(np.int32)


def coupon(made: Making) -> None:
    if made.has("coupon"):
        group = Group(made.codes("coupon")[0])
        found = group.earlier(group.starts(made.since("day")))
        made.give("coupon_orders_day", group.spread(found))


@dataclass(frozen=True, slots=True)
class Older:
    """[words] what the profiles sum up of each value of a link."""

    orders: Ints
    amount: Ints  # ten-thousandths
    last_at: Ints  # nanoseconds

    @classmethod
    def of(cls, profiles: pd.DataFrame | None, link: str, words: pd.Index) -> Older:
        made = cls(
            np.zeros(len(words), dtype=np.int64),
            np.zeros(len(words), dtype=np.int64),
            np.full(len(words), NEVER, dtype=np.int64),
        )
        rows = (
            None if profiles is None else np.flatnonzero(profiles["kind"].to_numpy(object) == link)
        )
        if profiles is None or rows is None or len(rows) == 0:
            return made
        at = places(words, pd.Index(profiles["key"].to_numpy(object)[rows]))
        rows, at = rows[at >= 0], at[at >= 0]
        made.orders[at] = profiles["orders"].to_numpy(np.int64)[rows]
        made.amount[at] = whole(profiles["amount"])[rows]
        made.last_at[at] = instants(profiles["last_at"])[rows]
        return made


def facts_of(orders: pd.DataFrame, chargebacks: pd.DataFrame | None) -> pd.DataFrame | None:
    """The first chargeback of each order with its links, and its row among the orders or −1."""
    if chargebacks is not None and "source" in chargebacks:
        chargebacks = chargebacks[chargebacks["source"] == "chargeback"]  # of all labels
    if chargebacks is None or chargebacks.empty:
        return None
    first = chargebacks.sort_values("known_at", kind="stable").drop_duplicates("order_id")
    row = places(pd.Index(orders["order_id"]), pd.Index(first["order_id"]))
    facts = first.assign(row=row).reset_index(drop=True)
    lacking = [link for link in LINKS if link in orders and link not in facts]
    if lacking:
        facts = facts[facts["row"] >= 0].reset_index(drop=True)
        found = orders[lacking].iloc[facts["row"]].reset_index(drop=True)
        facts = pd.concat([facts, found], axis=1)
    return facts
