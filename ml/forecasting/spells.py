"""Spells: days in a row on which a product's price, promotion and stock were the same.

What was sold in a spell against what the category sold then is all that a price response can be
learned from; a few dozen spells stand for a thousand days, and 100,000 products fit in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from ml.contract import Frames
from ml.forecasting import together
from ml.forecasting.panel import UNCATEGORISED, ancestors
from ml.forecasting.types import Bools, Floats, Ints, Names

CHUNK = 4_000
"""Products whose days are laid out at once: about 200 MB."""

STEADY_AFTER = 56
"""Days after a launch until a product's level says something."""

CUT = 56
"""Longest spell in days, so that a drifting level is seen to drift."""

AFTER_DAYS = (3, 7, 14)
"""Last days of the three stretches after a promotion in which its echo is heard."""

SMALLEST = 0.005
"""Share by which a price must move to count as changed."""

SLIP = 0.5
"""Distance (logs) from a product's usual price beyond which a price is a slip of a digit or a
clearance: what sold at it says nothing about a price that anyone would plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The products that are learned from, sorted by number, and where each belongs."""

    products: Names  # [n]
    category: Ints  # [n] index into the categories
    categories: Names
    group: Names  # [n] variant group; a product's own number where it has none
    tier: Names  # [n] price tier or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spells:
    """One row a spell."""

    catalogue: Catalogue
    row: Ints  # product
    middle: Floats  # of the spell, in years before the last day (negative)
    sold: Floats  # orders (or units) of the spell
    usual: Floats  # days of the spell, weighted by what the category sold on them
    price: Floats  # log of the list price
    common: Floats  # log by which the category's prices lay above their usual then
    discount: Floats  # share off by a promotion, 0 outside
    after: Ints  # 1 to 3: stretch after a promotion; 0: none
    changes: Ints  # [n] changes of the list price with sales before and after
    largest: Floats  # [n] largest step of them, as a share
    promotions: Ints  # [n] promotions of the product

    def take(self, rows: Ints) -> Spells:
        """Spells of fewer products; `rows` sorted."""
        if len(rows) == len(self.catalogue.products):
            return self
        place = np.full(len(self.catalogue.products), -1, np.int32)
        place[rows] = np.arange(len(rows))
        kept = place[self.row] >= 0
        known = self.catalogue
        return Spells(
            catalogue=Catalogue(
                products=known.products[rows],
                category=known.category[rows],
                categories=known.categories,
                group=known.group[rows],
                tier=known.tier[rows],
            ),
            row=place[self.row[kept]],
            middle=self.middle[kept],
            sold=self.sold[kept],
            usual=self.usual[kept],
            price=self.price[kept],
            common=self.common[kept],
            discount=self.discount[kept],
            after=self.after[kept],
            changes=self.changes[rows],
            largest=self.largest[rows],
            promotions=self.promotions[rows],
        )


def build(frames: Frames, *, as_of: date) -> Spells | None:
    """Spells of every product with a list price; None where no prices are known.

    Reads `daily` (product_id, day, orders or units), `prices` (product_id, day, price from that
    day on), and where they are there `stock_outs`, `promotions`, `products`, `categories`.
    """
    daily, prices = frames.get("daily"), frames.get("prices")
    if daily is None or prices is None or daily.empty or prices.empty:
        return None
    last = np.datetime64(as_of, "D")
    day = daily["day"].to_numpy().astype("datetime64[D]")
    known = day <= last
    if not known.any():
        return None
    first = day[known].min()
    span = int((last - first) // np.timedelta64(1, "D")) + 1
    catalogue, launch, end = _catalogue(frames, prices, first, span)
    made = _Days(catalogue, launch, end, first, span)
    measure = "orders" if "orders" in daily else "units"
    made.sales(daily[known], day[known], measure)
    made.prices(prices)
    made.outs(frames.get("stock_outs"))
    made.plans(frames, as_of)
    return made.spells()


def _catalogue(
    frames: Frames, prices: pd.DataFrame, first: np.datetime64, span: int
) -> tuple[Catalogue, Ints, Ints]:
    priced = pd.Index(prices["product_id"].astype(object).unique())
    given = frames.get("products")
    if given is None:
        given = pd.DataFrame({"product_id": priced})
    details = given.drop_duplicates("product_id").set_index("product_id").sort_index()
    details = details[details.index.isin(priced)]

    def text(name: str, default: str) -> Names:
        if name not in details:
            return np.full(len(details), default, object)
        return details[name].astype(object).where(details[name].notna(), default).to_numpy(object)

    category = text("category_id", UNCATEGORISED).astype(str)
    names, index = np.unique(category, return_inverse=True)
    group = text("variant_group", "")
    group = np.where(group == "", details.index.to_numpy(object), group)

    def at(name: str, default: int) -> Ints:
        if name not in details:
            return np.full(len(details), default)
        days = pd.to_datetime(details[name]).to_numpy().astype("datetime64[D]")
        return np.clip(_place(days, first, default), -span, span)

    found = Catalogue(
        products=details.index.to_numpy(object),
        category=index.astype(np.int32),
        categories=names,
        group=group,
        tier=text("price_tier", ""),
    )
    return found, at("launched_on", -span), at("ended_on", span)


def _place(day: Names, first: np.datetime64, missing: int) -> Ints:
    """Days since the first; `missing` where a day is not known."""
    known = np.where(np.isnat(day), first, day)
    place = ((known - first) // np.timedelta64(1, "D")).astype(np.int64)
    return np.where(np.isnat(day), missing, place)


class _Days:
    """Events by product and day, laid out a chunk of products at a time."""

    def __init__(
        self, catalogue: Catalogue, launch: Ints, end: Ints, first: np.datetime64, span: int
    ) -> None:
        self.catalogue, self.launch, self.end = catalogue, launch, end
        self.first, self.span = first, span
        self.index = pd.Index(catalogue.products)
        self.n = len(self.index)
        self.wide: list[tuple[Bools, int, int, float]] = []
        self.narrow = (np.empty(0, int), np.empty(0, int), np.empty(0, int), np.empty(0))
        self.unclear = np.zeros(span, bool)
        self.out = (np.empty(0, int), np.empty(0, int), np.empty(0, int))

    def rows(self, ids: pd.Series) -> Ints:
        """Row of each id, −1 where it is not learned from."""
        if isinstance(ids.dtype, pd.CategoricalDtype):
            places = self.index.get_indexer(ids.cat.categories.astype(object))
            return np.append(places, -1)[ids.cat.codes.to_numpy()]
        return self.index.get_indexer(pd.Index(ids.astype(object)))

    def days(self, values: pd.Series) -> Ints:
        day = pd.to_datetime(values).to_numpy().astype("datetime64[D]")
        return _place(day, self.first, self.span)

    def sales(self, daily: pd.DataFrame, day: Names, measure: str) -> None:
        row = self.rows(daily["product_id"])
        place = ((day - self.first) // np.timedelta64(1, "D")).astype(np.int32)
        count = daily[measure].to_numpy(np.float32)
        kept = row >= 0
        order = np.argsort(row[kept], kind="stable")
        self.sale = (row[kept][order].astype(np.int32), place[kept][order], count[kept][order])
        total = np.bincount(place, count, self.span)
        weeks = np.arange(self.span) // 7
        mean = np.bincount(weeks, total) / np.bincount(weeks)
        self.rhythm = total / np.maximum(mean[weeks], 1e-9)  # days of a week against each other

    def prices(self, prices: pd.DataFrame) -> None:
        row, day = self.rows(prices["product_id"]), self.days(prices["day"])
        price = prices["price"].to_numpy(float)
        kept = (row >= 0) & (day < self.span) & (price > 0)
        order = np.lexsort((day[kept], row[kept]))
        day = np.maximum(day[kept][order], 0)
        self.price = (row[kept][order], day, np.log(price[kept][order]))

    def outs(self, outs: pd.DataFrame | None) -> None:
        if outs is None or outs.empty:
            return
        row = self.rows(outs["product_id"])
        low = np.maximum(self.days(outs["first_day"]), 0)
        high = np.minimum(self.days(outs["last_day"]), self.span - 1)
        kept = (row >= 0) & (low <= high)
        self.out = (row[kept], low[kept], high[kept])

    def plans(self, frames: Frames, as_of: date) -> None:
        plans = frames.get("promotions")
        if plans is None or plans.empty:
            return
        told = pd.to_datetime(plans["announced_at"]).to_numpy().astype("datetime64[D]")
        plans = plans[told <= np.datetime64(as_of, "D")]
        low = np.maximum(self.days(plans["starts_on"]), 0)
        high = np.minimum(self.days(plans["ends_on"]), self.span - 1)
        discount = plans["discount"].to_numpy(float)
        single = plans["product_id"].notna().to_numpy()
        row = self.rows(plans["product_id"])
        kept = single & (row >= 0) & (low <= high)
        self.narrow = (row[kept], low[kept], high[kept], discount[kept])
        above = ancestors(frames)
        chains = [set(above.get(str(c), [str(c)])) for c in self.catalogue.categories]
        for i in np.flatnonzero(~single & (low <= high)):
            category = plans["category_id"].iloc[i]
            if pd.isna(category):
                # Everything is cheaper at once, on days that are special anyhow: nothing to
                # compare with, so nothing is learned from them.
                self.unclear[low[i] : high[i] + 1 + AFTER_DAYS[-1]] = True
            else:
                inside = np.array([str(category) in chain for chain in chains], bool)
                members = inside[self.catalogue.category]
                self.wide.append((members, int(low[i]), int(high[i]), float(discount[i])))

    def spells(self) -> Spells:
        weeks = -(-self.span // 7)
        base_sold = np.zeros((self.n, weeks), np.float32)
        base_days = np.zeros((self.n, weeks), np.float32)
        base_price = np.zeros((self.n, weeks), np.float32)
        parts = []
        for low in range(0, self.n, CHUNK):
            chunk = slice(low, min(low + CHUNK, self.n))
            parts.append(self._chunk(chunk, base_sold, base_days, base_price))
        joined = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
        row, start, stop, sold, price, discount, after = joined
        kinds = self.catalogue.category, len(self.catalogue.categories)
        factor = together.factors(base_sold, base_days, *kinds)
        by_day = factor[:, np.arange(self.span) // 7] * self.rhythm * ~self.unclear
        category = self.catalogue.category[row]
        usual = together.over_spells(by_day, category, start, stop)
        moved = together.common_price(base_sold, base_days, base_price, *kinds)
        common = together.over_spells(
            by_day * moved[:, np.arange(self.span) // 7], category, start, stop
        )
        kept = (usual > 0) & np.isfinite(usual)
        weight = np.maximum(np.bincount(row[kept], usual[kept], self.n), 1e-9)
        typical = np.bincount(row[kept], usual[kept] * price[kept], self.n) / weight
        kept &= np.abs(price - typical[row]) < SLIP
        row, price = row[kept], price[kept]
        changes, largest = _changes(row, price, self.n)
        found = np.bincount(self.narrow[0].astype(int), minlength=self.n)
        for members, *_ in self.wide:
            found = found + members
        return Spells(
            catalogue=self.catalogue,
            row=row,
            middle=((start[kept] + stop[kept]) / 2 - self.span) / 365.25,
            sold=sold[kept].astype(float),
            usual=usual[kept],
            price=price,
            common=common[kept] / usual[kept],
            discount=discount[kept],
            after=after[kept],
            changes=changes,
            largest=largest,
            promotions=found,
        )

    def _chunk(
        self, chunk: slice, base_sold: Floats, base_days: Floats, base_price: Floats
    ) -> tuple[Floats, ...]:
        low, high = chunk.start, chunk.stop
        n, span, index = high - low, self.span, np.arange(self.span)
        sold = np.zeros((n, span), np.float32)
        row, place, count = self.sale
        at = slice(*np.searchsorted(row, [low, high]))
        np.add.at(sold, (row[at] - low, place[at]), count[at])
        price = self._prices_of(low, high)
        discount = self._discounts_of(low, high)
        promoted = np.where(discount > 0, index, -1_000)
        since = index - np.maximum.accumulate(promoted, axis=1)
        after = np.where(discount > 0, 0, np.digitize(since, [1, *(d + 1 for d in AFTER_DAYS)]))
        after[after > len(AFTER_DAYS)] = 0
        good = (index >= self.launch[chunk, None] + STEADY_AFTER) & np.isfinite(price)
        good &= (index < self.end[chunk, None]) & ~self.unclear & ~self._out_of(low, high)
        calm = good & (discount == 0) & (after == 0)
        starts = np.arange(0, span, 7)
        base_sold[chunk] = np.add.reduceat(sold * calm, starts, axis=1)
        days = calm * self.rhythm.astype(np.float32)
        base_days[chunk] = np.add.reduceat(days, starts, axis=1)
        known = np.where(calm, price, 0)
        usual = known.sum(1, keepdims=True) / np.maximum(calm.sum(1, keepdims=True), 1)
        base_price[chunk] = np.add.reduceat((known - usual) * days, starts, axis=1)
        new = np.zeros((n, span), bool)
        new[:, ::CUT] = True
        for state in (price, discount, after, good):
            new[:, 1:] |= state[:, 1:] != state[:, :-1]
        first = np.flatnonzero(new.ravel())
        total = np.add.reduceat(sold.ravel(), first)
        stop = np.append(first[1:], n * span)
        kept = good.ravel()[first]
        first, stop, total = first[kept], stop[kept], total[kept]
        begin = first % span
        return (
            (first // span + low).astype(np.int32),
            begin.astype(np.int32),
            (begin + stop - first).astype(np.int32),
            total,
            price.ravel()[first],
            discount.ravel()[first],
            after.ravel()[first].astype(np.int8),
        )

    def _prices_of(self, low: int, high: int) -> Floats:
        row, day, value = self.price
        at = slice(*np.searchsorted(row, [low, high]))
        price = np.full((high - low, self.span), np.nan, np.float32)
        price[row[at] - low, day[at]] = value[at]
        held = np.where(np.isfinite(price), np.arange(self.span), 0)
        held = np.maximum.accumulate(held, axis=1)
        return np.take_along_axis(price, held, axis=1)

    def _discounts_of(self, low: int, high: int) -> Floats:
        discount = np.zeros((high - low, self.span), np.float32)
        for members, begin, close, share in self.wide:
            rows = np.flatnonzero(members[low:high])
            part = discount[rows, begin : close + 1]
            discount[rows, begin : close + 1] = np.maximum(part, share)
        row, first, last, shares = self.narrow
        for i in np.flatnonzero((row >= low) & (row < high)):
            days = discount[row[i] - low, first[i] : last[i] + 1]
            np.maximum(days, shares[i], out=days)
        return discount

    def _out_of(self, low: int, high: int) -> Bools:
        row, first, last = self.out
        inside = (row >= low) & (row < high)
        step = np.zeros((high - low, self.span + 1), np.int16)
        np.add.at(step, (row[inside] - low, first[inside]), 1)
        np.add.at(step, (row[inside] - low, last[inside] + 1), -1)
        return np.cumsum(step[:, :-1], axis=1) > 0


def _changes(row: Ints, price: Floats, n: int) -> tuple[Ints, Floats]:
    """[n] steps of the list price between spells, and the largest, as shares."""
    step = np.diff(price)
    counted = (np.diff(row) == 0) & (np.abs(step) > SMALLEST)
    count = np.bincount(row[1:][counted], minlength=n)
    largest = np.zeros(n)
    np.maximum.at(largest, row[1:][counted], np.abs(np.expm1(step[counted])))
    return count, largest
