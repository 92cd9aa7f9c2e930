"""The usual amount of a category, and how common an e-mail domain is.

Both look at all orders until 31 days before, wherever they belong: nothing that a link could find.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.fraud.making import DAY, Making, whole
from ml.fraud.schema import RECENT_DAYS
from ml.fraud.windows import Floats, Group, Ints, instants

USUAL = ("category", "email_domain")
"""Columns of which all orders before `usual_until` are summed, and kinds of such profiles."""
ALL_ORDERS = ("shop", "all")
"""Kind and key of the profile that sums all orders before `usual_until`."""


def usual_until(placed_at: Ints) -> Ints:
    """Nanoseconds before which orders make up what is usual in a category.

    It is the beginning of a UTC day, so that a few sums a day serve every order of that day.
    """
    return placed_at // DAY * DAY - RECENT_DAYS * DAY


def usual(made: Making, column: str, profiles: pd.DataFrame | None) -> None:
    """The usual amount of a category, and how common an e-mail domain is, 31 days before."""
    if not made.has(column):
        return
    codes, words = made.codes(column)
    until = usual_until(made.course.at)
    if profiles is None:
        group = Group(codes)
        all_orders = made.course.before(until)
        ends = group.starts(all_orders)
        count = group.spread(ends - group.begin)
        amount = group.spread(group.sums(made.money, group.begin, ends))
        total = all_orders.astype(np.float64)
    else:
        own = np.array([*words, None], dtype=object)[codes]
        count, amount = _usual_of(profiles, column, own, until)
        count[codes < 0] = np.nan
        kind, key = ALL_ORDERS
        total, _ = _usual_of(profiles, kind, np.full(len(own), key, dtype=object), until)
    found = np.full(len(count), np.nan)
    if column == "email_domain":
        np.divide(count, total, out=found, where=total > 0)
        made.give("email_domain_share", found)
    else:
        np.divide(made.money * count, amount, out=found, where=(count > 0) & (amount > 0))
        made.give("amount_to_category", found)


def _usual_of(
    profiles: pd.DataFrame, kind: str, words: npt.NDArray[np.object_], until: Ints
) -> tuple[Floats, Floats]:
    """[n] orders and amount (ten-thousandths) of each word's profile of its day; 0 without one."""
    rows = np.flatnonzero(profiles["kind"].to_numpy(object) == kind)
    days = instants(profiles["before"])[rows].tolist()
    keys = zip(profiles["key"].to_numpy(object)[rows], days, strict=True)
    counts, amounts = profiles["orders"].to_numpy()[rows], whole(profiles["amount"])[rows]
    sums = dict(zip(keys, zip(counts, amounts, strict=True), strict=True))
    found = [sums.get(key, (0, 0)) for key in zip(words, until.tolist(), strict=True)]
    count, amount = np.array(found, dtype=np.float64).reshape(-1, 2).T
    return count.copy(), amount.copy()
