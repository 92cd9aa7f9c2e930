"""Features in the making: columns in time order on the way in, as asked for on the way out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.fraud.schema import NAMES, RECENT_DAYS
from ml.fraud.windows import Course, Floats, Ints, codes_of

HOUR = 3_600_000_000_000  # nanoseconds
DAY = 24 * HOUR
WINDOWS = {"hour": HOUR, "day": DAY, "month": RECENT_DAYS * DAY}
MONEY_SCALE = 10_000  # amounts are summed as whole ten-thousandths, so that no order of sums counts


class Making:
    """The features in the making; columns in time order on the way in, as asked on the way out."""

    def __init__(
        self,
        orders: pd.DataFrame,
        course: Course,
        wanted: Ints | None,
        known_by: pd.Timestamp | None,
    ) -> None:
        self.orders = orders
        self.course = course
        self.wanted = wanted  # rows of the frame that are asked for; None: all
        self.pick: Ints = course.place if wanted is None else course.place[wanted]
        self.known_by = known_by
        self.money: Ints = whole(orders["amount"])[course.rows]
        # Rows are features, so that each is written and read in one piece; a row takes memory
        # only when it is written, and by then most of what it was made of is forgotten.
        self._block: Floats = np.empty((len(NAMES), len(self.pick)))
        self._given: set[str] = set()
        self._codes: dict[str, tuple[Ints, pd.Index]] = {}
        self._since: dict[str, Ints] = {}

    def has(self, *columns: str) -> bool:
        return all(column in self.orders for column in columns)

    def number(self, column: str) -> Floats:
        """[n] a column of numbers in time order."""
        return self.orders[column].to_numpy(np.float64, na_value=np.nan)[self.course.rows]

    def codes(self, column: str) -> tuple[Ints, pd.Index]:
        """[n] a column of words as numbers in time order, and the words."""
        if column not in self._codes:
            codes, words = codes_of(self.orders[column])
            # Kept in 32 bits: with millions of orders a few columns are all that fits.
            self._codes[column] = codes.astype(np.int32)[self.course.rows], words
        return self._codes[column]

    def forget(self, column: str) -> None:
        """Give the memory of a column back that no later feature reads."""
        self._codes.pop(column, None)

    def since(self, window: str) -> Ints:
        if window not in self._since:
            self._since[window] = self.course.since(WINDOWS[window])
        return self._since[window]

    def give(self, feature: str, values: Floats) -> None:
        """Keep a feature's values ([n], in time order)."""
        self._given.add(feature)
        self._block[NAMES.index(feature)] = values[self.pick]

    def raise_to(self, feature: str, values: Floats) -> None:
        """Keep the greater of a feature's values and these."""
        if feature not in self._given:
            self.give(feature, values)
        row = self._block[NAMES.index(feature)]
        np.fmax(row, values[self.pick], out=row)

    def limit(self) -> Ints:
        """[n] a fact counts where so many orders, or fewer, were placed before it was known."""
        count = len(self.course)
        if self.known_by is None:
            return np.arange(count, dtype=np.int32)
        return np.full(count, count, dtype=np.int32)

    def frame(self) -> pd.DataFrame:
        for row, feature in enumerate(NAMES):
            if feature not in self._given:
                self._block[row] = np.nan
        ids = self.orders["order_id"].to_numpy(object)
        index = pd.Index(ids if self.wanted is None else ids[self.wanted], name="order_id")
        return pd.DataFrame(self._block.T, index=index, columns=list(NAMES), copy=False)


def whole(amounts: pd.Series) -> Ints:
    """Ten-thousandths of the currency."""
    found = np.nan_to_num(amounts.to_numpy(np.float64, na_value=np.nan))
    rounded: Ints = np.rint(found * MONEY_SCALE).astype(np.int64)
    return rounded
