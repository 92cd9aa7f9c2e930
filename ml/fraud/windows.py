"""Orders in time, grouped by what links them: counts and distinct values in sliding windows.

Everything here is a handful of sorts and cumulative sums over whole columns, so that five million
orders take a minute and fifty take a millisecond; no window is ever walked row by row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.signedinteger[Any]]
"""Whole numbers; positions have 32 bits, of which five million orders need many columns."""

Floats = npt.NDArray[np.float64]


def codes_of(values: pd.Series) -> tuple[Ints, pd.Index]:
    """A whole number for each value, −1 for null, and the values that the numbers stand for."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes, found = values.cat.codes.to_numpy(), values.cat.categories
    else:
        # Of a plain array it takes a third of the time, which counts where there are few orders.
        plain: Any = values.to_numpy() if values.dtype == object else values
        codes, found = pd.factorize(plain)
    return np.asarray(codes, dtype=np.int64), pd.Index(found)


def places(values: pd.Index, wanted: pd.Index) -> Ints:
    """Where each wanted value is among values of which no two are equal; −1: it is not there.

    The smaller side is hashed: millions of orders are not, to find some chargebacks among them.
    """
    if len(values) <= len(wanted) or not wanted.is_unique:
        return np.asarray(values.get_indexer(wanted), dtype=np.int64)
    there = np.asarray(wanted.get_indexer(values), dtype=np.int64)
    found = np.full(len(wanted), -1, dtype=np.int64)
    at = np.flatnonzero(there >= 0)
    found[there[at]] = at
    return found


def instants(values: pd.Series) -> Ints:
    """Nanoseconds of naive UTC instants; the smallest whole number where there is none."""
    found: Ints = values.to_numpy("datetime64[ns]").astype(np.int64)
    return found


class Course:
    """All orders in the order in which they were placed; the same instant by their number.

    Attributes
    ----------
    rows : [n] row of the frame at each position in time.
    at : [n] nanoseconds, ascending.
    place : [n] position in time of each row of the frame.
    """

    def __init__(self, placed_at: pd.Series, order_id: pd.Series) -> None:
        at = instants(placed_at)
        rows = np.argsort(at, kind="stable")
        self.at: Ints = at[rows]
        self.rows: Ints = _ties_by_number(rows, self.at, order_id).astype(np.int32)
        self.place: Ints = np.empty_like(self.rows)
        self.place[self.rows] = np.arange(len(self.rows), dtype=np.int32)

    def __len__(self) -> int:
        return len(self.rows)

    def since(self, window: int) -> Ints:
        """[n] first position whose order lies at most `window` nanoseconds before each one."""
        return np.searchsorted(self.at, self.at - window, side="left").astype(np.int32)

    def before(self, moment: Ints) -> Ints:
        """Number of orders placed before each moment (nanoseconds)."""
        return np.searchsorted(self.at, moment, side="left")


class Group:
    """The orders that have a value in one column, by that value and then in time.

    Its arrays have one entry a member; `spread` lays them back over all positions in time.

    Parameters
    ----------
    codes : [n] number of the value at each position in time, −1 where there is none.
    """

    def __init__(self, codes: Ints) -> None:
        self.length = len(codes)
        order = np.argsort(codes, kind="stable").astype(np.int32)
        self.rows: Ints = order[np.count_nonzero(codes < 0) :]  # positions in time
        self.codes: Ints = codes[self.rows].astype(np.int32)
        # One ascending number for value and time: every window is found by bisection in it.
        self._keys: Ints = self._base() + self.rows
        new = np.ones(len(self.rows), dtype=bool)
        new[1:] = self.codes[1:] != self.codes[:-1]
        self.begin: Ints = np.maximum.accumulate(np.where(new, self.own, 0))

    @property
    def own(self) -> Ints:
        """[m] the members themselves."""
        return np.arange(len(self.rows), dtype=np.int32)

    def starts(self, first: Ints) -> Ints:
        """[m] the member from which on a value's orders lie at or after a position in time.

        first : [n] that position, for each position.
        """
        wanted = self._base()
        wanted += first[self.rows]
        return np.searchsorted(self._keys, wanted, side="left").astype(np.int32)

    def earlier(self, starts: Ints | None = None) -> Ints:
        """[m] orders of the same value before each one, from `starts` on (all: None)."""
        return self.own - (self.begin if starts is None else starts)

    def sums(self, amounts: Ints, starts: Ints, ends: Ints) -> Ints:
        """[m] sum of amounts ([n], at positions in time) over members from starts to ends."""
        total = np.concatenate([[0], np.cumsum(amounts[self.rows])])
        found: Ints = total[ends] - total[starts]
        return found

    def previous(self, codes: Ints) -> Ints:
        """[m] the last member before each one with the same value and the same code; −1: none.

        codes : [n] of another column, at positions in time; −1 never equals anything.
        """
        other = codes[self.rows]
        pairs = self.codes.astype(np.int64) * (int(codes.max(initial=-1)) + 2) + other
        order = np.argsort(pairs, kind="stable").astype(np.int32)
        same = np.zeros(len(order), dtype=bool)
        same[1:] = (pairs[order[1:]] == pairs[order[:-1]]) & (other[order[1:]] >= 0)
        found = np.full(len(order), -1, dtype=np.int32)
        found[order[same]] = order[np.flatnonzero(same) - 1]
        return found

    def distinct(self, starts: Ints, codes: Ints, previous: Ints) -> Ints:
        """[m] how many codes occur among members from `starts` to each one, itself included.

        A code is counted by its last occurrence up to the member. As such an occurrence counts
        from itself until the code occurs again or leaves the window, all counts together are
        one sum of beginnings and ends.

        codes : [n] at positions in time, −1 is not counted; previous : of these codes.
        """
        count = len(self.rows)
        # `starts` ascends: the first member whose window begins after this one.
        ends = np.cumsum(np.bincount(starts, minlength=count)[:count], dtype=np.int32)
        repeated = np.flatnonzero(previous >= 0).astype(np.int32)
        before = previous[repeated]
        ends[before] = np.minimum(ends[before], repeated)
        counted = codes[self.rows] >= 0
        steps = counted.astype(np.int32)
        steps -= np.bincount(ends[counted], minlength=count + 1)[:count].astype(np.int32)
        return np.cumsum(steps, dtype=np.int32)

    def known(self, codes: Ints, known: Ints, limit: Ints) -> Ints:
        """[m] facts about a member's value that were known when its order was placed.

        codes, known : of each fact its value's number, and the number of orders placed before it
            was known; limit : [n] facts count for a position whose limit is not below `known`.
        """
        facts = np.sort(codes * (self.length + 1) + known)
        base = self._base()
        first = np.searchsorted(facts, base, side="left")
        return np.searchsorted(facts, base + limit[self.rows], side="right") - first

    def spread(self, values: npt.NDArray[Any], otherwise: float = np.nan) -> Floats:
        """[n] the members' values at their positions in time, `otherwise` elsewhere."""
        found: Floats = np.full(self.length, otherwise)
        found[self.rows] = values
        return found

    def _base(self) -> Ints:
        """[m] the number below every key of a member's value."""
        return self.codes.astype(np.int64) * (self.length + 1)


def _ties_by_number(rows: Ints, at: Ints, order_id: pd.Series) -> Ints:
    """Rows in time order, those of one instant by their order's number."""
    same = np.zeros(len(at), dtype=bool)
    same[1:] = at[1:] == at[:-1]
    tied = np.flatnonzero(same | np.append(same[1:], False))
    if len(tied) == 0:
        return rows
    ids = order_id.iloc[rows[tied]].astype(str).to_numpy(object)
    order = np.lexsort((pd.factorize(ids, sort=True)[0], at[tied]))
    result: Ints = rows.copy()
    result[tied] = rows[tied][order]
    return result
