"""Promotions, past and planned, by product and week: the deepest, and since when it was known.

Where a deeper one is announced after a shallower one, an origin between the two knows of the
shallower, so that is kept too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from ml.contract import Frames
from ml.forecasting.types import Floats, Ints, Names

WEEK = np.timedelta64(7, "D")


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotions:
    """[n, weeks] each; a value is discount × share of the week."""

    deepest: Floats
    deepest_from: Ints  # index of the week by which it was known
    earlier: Floats  # the deepest of those known before the deepest was; 0: none
    earlier_from: Ints

    @classmethod
    def none(cls, shape: tuple[int, int]) -> Promotions:
        values, weeks = np.zeros(shape, np.float32), np.zeros(shape, np.int16)
        return cls(
            deepest=values, deepest_from=weeks, earlier=values.copy(), earlier_from=weeks.copy()
        )

    def take(self, rows: Ints) -> Promotions:
        return Promotions(
            deepest=self.deepest[rows],
            deepest_from=self.deepest_from[rows],
            earlier=self.earlier[rows],
            earlier_from=self.earlier_from[rows],
        )

    def known(self, weeks: Ints | slice, origin: int) -> Floats:
        """[n, weeks] what had been announced by the origin, past ones told late left out."""
        before = np.where(
            self.earlier_from[:, weeks] <= origin, self.earlier[:, weeks], np.float32(0)
        )
        return np.where(self.deepest_from[:, weeks] <= origin, self.deepest[:, weeks], before)

    def add(self, rows: Ints, week: int, value: float, told: int) -> None:
        """One plan over some products in one week."""
        depth, since = self.deepest[rows, week], self.deepest_from[rows, week]
        wins = (depth < value) | ((depth == value) & (since > told))
        lost = np.where(wins, depth, value)
        lost_from, won_from = np.where(wins, since, told), np.where(wins, told, since)
        kept = (lost_from < won_from) & (lost > self.earlier[rows, week])
        self.earlier[rows[kept], week] = lost[kept]
        self.earlier_from[rows[kept], week] = lost_from[kept]
        self.deepest[rows[wins], week], self.deepest_from[rows[wins], week] = value, told


def weekly(
    frames: Frames, details: pd.DataFrame, above: dict[str, list[str]], ahead: Names, as_of: date
) -> Promotions:
    """Where several overlap the deepest counts, of equal ones the one announced first.

    Parameters
    ----------
    details : `category_id` by product, in the order of the rows.
    above : category → itself and every category above it.
    ahead : Mondays of all weeks, past and to come.
    as_of : plans announced later are left out.
    """
    found = Promotions.none((len(details), len(ahead)))
    plans = frames.get("promotions")
    if plans is None or plans.empty:
        return found
    announced = pd.to_datetime(plans["announced_at"]).to_numpy().astype("datetime64[D]")
    plans = plans[announced <= np.datetime64(as_of, "D")]
    spans = _by_week(plans, announced[announced <= np.datetime64(as_of, "D")], ahead)
    plan, week, value, told = spans
    single = plans["product_id"].notna().to_numpy()
    row = details.index.get_indexer(pd.Index(plans["product_id"].astype(object)))
    own = np.flatnonzero(single[plan] & (row[plan] >= 0))
    cell = row[plan] * len(ahead) + week
    for values, since in (
        (found.deepest.ravel(), found.deepest_from.ravel()),
        (found.earlier.ravel(), found.earlier_from.ravel()),
    ):
        own = own[np.lexsort((told[own], -value[own], cell[own]))]
        at, first = np.unique(cell[own], return_index=True)
        values[at], since[at] = value[own[first]], told[own[first]]
        own = own[told[own] < since[cell[own]]]  # the next round: what was known before these

    members = _members(plans, details, above)
    category = plans["category_id"].astype(object).to_numpy()
    for i in np.flatnonzero(~single[plan]):  # a category's, or the whole shop's
        wanted = category[plan[i]]
        rows = members[str(wanted)] if pd.notna(wanted) else np.arange(len(details))
        found.add(rows, int(week[i]), float(value[i]), int(told[i]))
    return found


def _by_week(
    plans: pd.DataFrame, announced: Names, ahead: Names
) -> tuple[Ints, Ints, Floats, Ints]:
    """One entry a plan and week: which plan, which week, how deep, known by which week."""
    start, stop = (
        pd.to_datetime(plans[name]).to_numpy().astype("datetime64[D]")
        for name in ("starts_on", "ends_on")
    )
    low = np.maximum((start - ahead[0]) // WEEK, 0).astype(np.int64)
    high = np.minimum((stop - ahead[0]) // WEEK, len(ahead) - 1).astype(np.int64)
    count = np.maximum(high - low + 1, 0)
    plan = np.repeat(np.arange(len(plans)), count)
    week = low[plan] + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    begins, closes = ahead[week], ahead[week] + np.timedelta64(6, "D")
    day = np.timedelta64(1, "D")
    days = (np.minimum(stop[plan], closes) - np.maximum(start[plan], begins)) / day + 1
    value = (plans["discount"].to_numpy(float)[plan] * days / 7).astype(np.float32)
    # Known at an origin when announced by the Sunday that ends the origin's week.
    told = np.clip((announced - ahead[0]) // WEEK, 0, np.iinfo(np.int16).max).astype(np.int16)
    return plan, week, value, told[plan]


def _members(
    plans: pd.DataFrame, details: pd.DataFrame, above: dict[str, list[str]]
) -> dict[str, Ints]:
    """Rows of the products in each category that a plan names, or below it."""
    category = details["category_id"].to_numpy(str)
    chains = {name: above.get(name, [name]) for name in np.unique(category)}
    found: dict[str, Ints] = {}
    for wanted in plans["category_id"].dropna().astype(str).unique():
        below = [name for name, chain in chains.items() if wanted in chain]
        found[wanted] = np.flatnonzero(np.isin(category, below))
    return found
