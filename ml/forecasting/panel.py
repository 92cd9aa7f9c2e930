"""The weekly panel as matrices: one row a product, one column a week.

Long frames hold only weeks with something to say; learning needs every week. Matrices of
32-bit numbers keep 100,000 products × 156 weeks in about 300 MB, and make row order irrelevant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from ml.contract import Frames
from ml.errors import NotEnoughData
from ml.forecasting import external, promotions, schema
from ml.forecasting.promotions import Promotions
from ml.forecasting.types import Bools, Floats, Ints, Names
from ml.forecasting.weeks import last_complete_week

STOCKOUT_UNSEEN_DAYS = 2
"""Days without stock in a week from which its sales say too little about what was wanted."""

MIN_WEEKS = 12
"""Complete weeks under which nothing is forecast: 8 for a mean and 4 to measure it on."""

NEVER = 32_000
"""Week index that no history reaches."""

UNCATEGORISED = "(none)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """What was known on a day, for n products, T complete weeks and H weeks ahead."""

    as_of: date  # the last local day that is known
    products: Names  # [n] sorted
    categories: Names  # [c] sorted
    category_of: Ints  # [n] index into categories
    groups: Names  # [g] category series: those with products, and the ones above them
    members: Bools  # [g, c] which categories a series sums
    weeks: Names  # [T] Mondays, datetime64[D], oldest first
    horizon: int  # H
    units: Floats  # [n, T] units sold, 0 where nothing was sold or it was not seen
    sold: Floats  # [n, T] units sold, stock-out weeks included
    group_sold: Floats  # [c + 1, T] the same summed by category, and the shop in the last row
    seen: Bools  # [n, T] on offer and in stock
    price: Floats  # [n, T] list price (or paid), carried forward; NaN before the first
    promotions: Promotions  # [n, T + H] planned weeks included, with when each became known
    stockout: Floats  # [n, T] share of the week without stock
    launch: Ints  # [n] index of the first week on offer
    end: Ints  # [n] index of the first week no longer on offer, NEVER while on offer
    holidays: Floats  # [T + H] public holidays in the week
    years: Floats  # [T + H] position in the year, 0 to 1
    to_christmas: Floats  # [T + H] weeks until Christmas, −26 to 26
    external_names: tuple[str, ...]  # [E] further columns that staff uploaded, sorted
    external: Floats  # [E, T + H] their weekly means; NaN where nothing is known
    external_from: Ints  # [E, T + H] index of the week by whose end that mean was known

    @property
    def n(self) -> int:
        return len(self.products)

    @property
    def n_weeks(self) -> int:
        return len(self.weeks)

    def week(self, index: int) -> np.datetime64:
        """Monday of a week, past or ahead."""
        return np.datetime64(self.weeks[0], "D") + np.timedelta64(7 * index, "D")

    def on_offer(self, origin: int) -> Bools:
        """[n] products that are forecast from `origin`: launched by then and not ended."""
        return np.asarray((self.launch <= origin) & (self.end > origin + 1))

    def take(self, rows: Ints) -> Panel:
        """The same panel with fewer products."""
        return Panel(
            as_of=self.as_of,
            products=self.products[rows],
            categories=self.categories,
            category_of=self.category_of[rows],
            groups=self.groups,
            members=self.members,
            weeks=self.weeks,
            horizon=self.horizon,
            units=self.units[rows],
            sold=self.sold[rows],
            group_sold=self.group_sold,  # of all products, also where few are looked at
            seen=self.seen[rows],
            price=self.price[rows],
            promotions=self.promotions.take(rows),
            stockout=self.stockout[rows],
            launch=self.launch[rows],
            end=self.end[rows],
            holidays=self.holidays,
            years=self.years,
            to_christmas=self.to_christmas,
            external_names=self.external_names,
            external=self.external,
            external_from=self.external_from,
        )

    def external_at(self, name: str, weeks: Ints, origin: int) -> Floats:
        """[len(weeks)] a further column in these weeks as known at the origin; NaN elsewhere."""
        weeks = np.asarray(weeks, int)
        if name not in self.external_names:
            return np.full(len(weeks), np.nan, np.float32)
        row = self.external_names.index(name)
        inside = np.clip(weeks, 0, self.external.shape[1] - 1)
        known = (weeks == inside) & (self.external_from[row, inside] <= origin)
        return np.where(known, self.external[row, inside], np.float32(np.nan))


def build(
    frames: Frames,
    *,
    as_of: date,
    horizon: int,
    categories: tuple[str, ...] = (),
    groups: tuple[str, ...] = (),
) -> Panel:
    """Everything known on `as_of`: later rows, plans and launches are left out.

    `categories` and `groups` keep the order that a model learned; new ones follow it.

    Raises `WrongFrame` where a frame breaks its contract and `NotEnoughData` where there are
    fewer than `MIN_WEEKS` complete weeks.
    """
    schema.check(frames)
    sales = frames["panel"]
    last = np.datetime64(last_complete_week(as_of), "D")
    week = sales["week"].to_numpy().astype("datetime64[D]")
    known = week <= last
    if not known.any():
        raise _too_short(0)
    first = week[known].min()
    span = int((last - first) // np.timedelta64(7, "D")) + 1
    if span < MIN_WEEKS:
        raise _too_short(span)

    details = _details(frames, sales[known], as_of)
    products = details.index.to_numpy(dtype=object)
    n = len(products)
    found = set(details["category_id"]) - set(categories)
    order = np.array([*categories, *sorted(found)], dtype=object)
    category_of = pd.Index(order).get_indexer(pd.Index(details["category_id"]))
    above = ancestors(frames)
    series, members = _groups(order, above, groups)
    row = _rows_of(sales["product_id"], products)[known]
    column = ((week[known] - first) // np.timedelta64(7, "D")).astype(np.int64)
    kept = row >= 0
    at = (row[kept], column[kept])

    sold = np.zeros((n, span), np.float32)
    np.add.at(sold, at, sales["units"].to_numpy(np.float32)[known][kept])
    stockout = np.zeros((n, span), np.float32)
    if "stockout_days" in sales:
        days = sales["stockout_days"].fillna(0).to_numpy(np.float32)[known][kept]
        stockout[at] = np.clip(days / 7, 0, 1)
    first_row = _first_row(row[kept], column[kept], n)
    launch = _week_index(details["launched_on"], first, default=first_row)
    launch = np.minimum(launch, first_row)  # a sale before the noted launch counts
    end = _week_index(details["ended_on"], first, default=np.full(n, NEVER))
    index = np.arange(span)
    on_offer = (index >= launch[:, None]) & (index < end[:, None])
    seen = on_offer & (stockout * 7 < STOCKOUT_UNSEEN_DAYS - 0.01)
    ahead = np.array([first + np.timedelta64(7 * i, "D") for i in range(span + horizon)])
    names, values, known_from = external.weekly(frames, ahead, as_of)
    return Panel(
        as_of=as_of,
        products=products,
        categories=order,
        category_of=category_of.astype(np.int32),
        groups=series,
        members=members,
        weeks=ahead[:span],
        horizon=horizon,
        units=np.where(seen, sold, np.float32(0)),
        sold=sold,
        group_sold=_group_sold(sold, category_of, len(order)),
        seen=seen,
        price=_prices(sales, known, kept, at, (n, span)),
        promotions=promotions.weekly(frames, details, above, ahead, as_of),
        stockout=stockout,
        launch=launch.astype(np.int32),
        end=end.astype(np.int32),
        holidays=_holidays(frames, ahead),
        years=_position_in_year(ahead),
        to_christmas=_weeks_to_christmas(ahead),
        external_names=names,
        external=values,
        external_from=known_from,
    )


def _too_short(found: int) -> NotEnoughData:
    return NotEnoughData(
        "Complete weeks of sales",
        found=found,
        needed=MIN_WEEKS,
        remedy=f"Wait until {MIN_WEEKS} weeks have passed, or import older orders.",
    )


def _details(frames: Frames, sales: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Category, launch and end by product; products ended by `as_of` stay for the history."""
    given = frames.get("products")
    if given is None or given.empty:
        details = sales[["product_id", "category_id"]].astype(object)
        details = details.drop_duplicates("product_id").assign(launched_on=None, ended_on=None)
    else:
        details = given[["product_id", "category_id", "launched_on", "ended_on"]].astype(object)
    details = details.drop_duplicates("product_id").set_index("product_id").sort_index()
    details["category_id"] = details["category_id"].fillna(UNCATEGORISED).astype(str)
    limit = pd.Timestamp(as_of)
    for name in ("launched_on", "ended_on"):
        details[name] = pd.to_datetime(details[name]).astype("datetime64[ns]")
    details.loc[details["ended_on"] > limit, "ended_on"] = pd.NaT  # not known to have ended
    sold = details.index.isin(sales["product_id"].astype(object).unique())
    return details[sold | (details["launched_on"] <= limit)]


def _rows_of(ids: pd.Series, products: Names) -> Ints:
    """Row of each id among the products, −1 where it is none."""
    index = pd.Index(products)
    if isinstance(ids.dtype, pd.CategoricalDtype):  # millions of rows, few ids
        rows = index.get_indexer(ids.cat.categories.astype(object))
        return np.append(rows, -1)[ids.cat.codes.to_numpy()]
    return index.get_indexer(pd.Index(ids.astype(object)))


def ancestors(frames: Frames) -> dict[str, list[str]]:
    """Category → itself and every category above it, the nearest first."""
    given = frames.get("categories")
    if given is None or given.empty:
        return {}
    ids, parents = given["category_id"].astype(str), given["parent_id"]
    parent_of = {
        str(child): str(parent)
        for child, parent in zip(ids, parents, strict=True)
        if pd.notna(parent)
    }
    chains = {}
    for category in ids:
        chain = [category]
        while (above := parent_of.get(chain[-1])) is not None and above not in chain:
            chain.append(above)
        chains[category] = chain
    return chains


def _groups(
    categories: Names, above: dict[str, list[str]], learned: tuple[str, ...]
) -> tuple[Names, Bools]:
    """Category series with products below them, and which categories each of them sums."""
    chains = [above.get(str(name), [str(name)]) for name in categories]
    found = {name for chain in chains for name in chain} - set(learned)
    series = [*learned, *sorted(found)]
    members = np.array([[name in chain for chain in chains] for name in series], bool)
    return np.array(series, dtype=object), members.reshape(len(series), len(categories))


def _first_row(row: Ints, column: Ints, n: int) -> Ints:
    first = np.full(n, NEVER, np.int64)
    np.minimum.at(first, row, column)
    return first


def _week_index(days: pd.Series, first: np.datetime64, *, default: Ints) -> Ints:
    values = days.to_numpy().astype("datetime64[D]")
    missing = np.isnat(values)
    values = np.where(missing, first, values)
    index = ((values - first) // np.timedelta64(7, "D")).astype(np.int64)
    return np.where(missing, default, np.clip(index, -NEVER, NEVER))


def _prices(
    sales: pd.DataFrame, known: Bools, kept: Bools, at: tuple[Ints, Ints], shape: tuple[int, int]
) -> Floats:
    price = np.full(shape, np.nan, np.float32)
    for name in ("price", "list_price"):  # the list price wins where both are there
        if name in sales:
            value = sales[name].to_numpy(np.float32)[known][kept]
            good = np.isfinite(value) & (value > 0)
            price[at[0][good], at[1][good]] = value[good]
    for i in range(1, shape[1]):  # carried forward
        gap = np.isnan(price[:, i])
        price[gap, i] = price[gap, i - 1]
    return price


def _group_sold(sold: Floats, category_of: Ints, n_categories: int) -> Floats:
    rows = [sold[category_of == i].sum(0, dtype=np.float64) for i in range(n_categories)]
    return np.stack([*rows, sold.sum(0, dtype=np.float64)])


def _holidays(frames: Frames, ahead: Names) -> Floats:
    given = frames.get("holidays")
    count = np.zeros(len(ahead), np.float32)
    if given is None or given.empty:
        return count
    days = np.unique(pd.to_datetime(given["day"]).to_numpy().astype("datetime64[D]"))
    index = ((days - ahead[0]) // np.timedelta64(7, "D")).astype(np.int64)
    index = index[(index >= 0) & (index < len(ahead))]
    np.add.at(count, index, np.float32(1))
    return count


def _position_in_year(ahead: Names) -> Floats:
    middle = ahead + np.timedelta64(3, "D")
    year = middle.astype("datetime64[Y]")
    days = (middle - year.astype("datetime64[D]")) / np.timedelta64(1, "D")
    return np.asarray(days / 365.25, np.float32)


def _weeks_to_christmas(ahead: Names) -> Floats:
    middle = ahead + np.timedelta64(3, "D")
    year = middle.astype("datetime64[Y]")
    christmas = year.astype("datetime64[D]") + np.timedelta64(358, "D")
    weeks = (christmas - middle) / np.timedelta64(7, "D")
    return np.asarray(np.where(weeks > 26, weeks - 52.18, weeks), np.float32)
