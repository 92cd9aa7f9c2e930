"""What is worth a mail on Monday: shortages, changed forecasts, large misses; for one category.

Each threshold is a figure with its reason: a digest that comes every week is soon not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

import pandas as pd
import sqlalchemy as sa

from app.services.digest import shortages
from app.services.forecasting import overrides, stored
from data_access.shop.tables import MONEY_SCALE
from data_access.snapshots import tables
from data_access.snapshots.analytics import PUBLISHED
from data_access.snapshots.duck import in_schema
from data_access.state.publications import list_publications
from data_access.state.tables import Publication
from ml.forecasting import KEY, last_complete_week

if TYPE_CHECKING:
    from app.context import Desk

CHANGE = 0.20
"""Share by which a forecast must have changed: less is within what the weather does."""

WEEKS = 4
"""Next weeks over which forecasts are compared: about what one order covers."""

WORTH_SHARE = 0.005
"""Of the category's expected revenue of these weeks that a change, a miss or a shortage must
matter: at most a few products of a category can reach it, and only those change its orders."""

WORTH_LEAST = 50.0
"""Units of the shop's currency below which nothing is worth a person's minute."""

WEEK_AGO = timedelta(days=6)
"""A forecast that old or older is what was believed a week ago."""

MOST = 8
"""Products of one kind in a mail; the page has the others."""

Kind = Literal["short", "changed", "missed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One product worth knowing of."""

    kind: Kind
    product_id: str
    product: str
    text: str  # what is so, with units and money
    money: float  # that is at stake, in the shop's currency


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryDigest:
    """What is worth knowing of a category; no note: nothing is."""

    category_id: str
    label: str
    notes: tuple[Note, ...]  # by kind, the most money first
    left_out: int  # notes beyond `MOST` of a kind


@dataclass(frozen=True, eq=False, kw_only=True)
class Material:
    """What the digests of one Monday are drawn from, read once for all of them."""

    snapshot: int
    now: Publication
    before: Publication | None  # of a week ago or longer
    short: pd.DataFrame  # as `shortages.read`
    currency: str


def gather(desk: Desk) -> Material | None:
    """None before the first forecast."""
    snapshot, (now, before) = desk.store.newest_number(), _forecasts(desk)
    if snapshot is None or now is None:
        return None
    return Material(
        snapshot=snapshot,
        now=now,
        before=before,
        short=shortages.read(desk, now),
        currency=desk.currency,
    )


def of_category(desk: Desk, material: Material, category_id: str) -> CategoryDigest | None:
    """Compared with what was believed a week ago; None where the category is gone.

    Without a forecast of a week ago, what would need one is left out.
    """
    products = _products(desk, material.snapshot, category_id)
    if products is None:
        return None
    ahead = _expected(desk, material.now, products)
    known = products.set_index("product_id")
    worth = max(WORTH_SHARE * float((_sum(ahead) * known["price"]).sum()), WORTH_LEAST)
    of = _Of(products=known, worth=worth, currency=material.currency)
    notes = _short(material.short, of)
    if material.before is not None:
        earlier = _expected(
            desk, material.before, products, weeks=list(pd.DatetimeIndex(ahead["week"].unique()))
        )
        notes += _changed(ahead, earlier, of)
        last = last_complete_week(material.now.as_of)
        if material.before.as_of < last:
            said = _expected(desk, material.before, products, weeks=[pd.Timestamp(last)])
            notes += _missed(said, _sold(desk, material.snapshot, last), of)
    kept = _most(notes)
    return CategoryDigest(
        category_id=category_id,
        label=str(products["category"].iloc[0]),
        notes=tuple(kept),
        left_out=len(notes) - len(kept),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class _Of:
    """A category's products (by id: name, price) and what is worth telling of them."""

    products: pd.DataFrame
    worth: float  # currency
    currency: str

    def note(self, kind: Kind, product_id: object, text: str, money: float) -> Note:
        return Note(
            kind=kind,
            product_id=str(product_id),
            product=str(self.products["name"].get(product_id, product_id)),
            text=f"{text}: {self.currency} {abs(money):,.0f} {'more' if money > 0 else 'less'}."
            if kind != "short"
            else text,
            money=abs(float(money)),
        )


def _most(notes: list[Note]) -> list[Note]:
    kept: list[Note] = []
    for kind in ("short", "changed", "missed"):
        found = sorted((one for one in notes if one.kind == kind), key=lambda one: -one.money)
        kept += found[:MOST]
    return kept


def _forecasts(desk: Desk) -> tuple[Publication | None, Publication | None]:
    """The newest forecast, and the newest of those made a week or longer ago."""
    with desk.state.read() as session:
        found = list_publications(session, KEY, limit=1000)
    if not found:
        return None, None
    limit = found[0].as_of - WEEK_AGO
    before = next((one for one in found if one.as_of <= limit), None)
    return found[0], before


def _products(desk: Desk, snapshot: int, category_id: str) -> pd.DataFrame | None:
    """product_id · name · price (newest list price) · category (label of the one asked for)."""
    p, c, w = tables.products, tables.categories, tables.weekly_sales
    categories = desk.analytics.frame(snapshot, sa.select(c.c.category_id, c.c.parent_id, c.c.name))
    label = categories.loc[categories["category_id"] == category_id, "name"]
    if label.empty:
        return None
    inside = _below(categories, category_id)
    newest = (
        sa.select(
            w.c.product_id,
            sa.func.arg_max(w.c.list_price, w.c.local_week).label("price"),
        )
        .group_by(w.c.product_id)
        .subquery("newest")
    )
    frame = desk.analytics.frame(
        snapshot,
        sa.select(p.c.product_id, p.c.name, sa.cast(newest.c.price, sa.Double()).label("price"))
        .join(newest, newest.c.product_id == p.c.product_id)
        .where(p.c.category_id.in_(inside)),
    )
    price = frame["price"].fillna(0.0) / MONEY_SCALE
    return frame.assign(price=price, category=str(label.iloc[0])) if len(frame) else None


def _below(categories: pd.DataFrame, top: str) -> list[str]:
    """The category and all below it."""
    inside, fresh = {top}, {top}
    while fresh:
        fresh = set(categories.loc[categories["parent_id"].isin(fresh), "category_id"]) - inside
        inside |= fresh
    return sorted(inside)


def _expected(
    desk: Desk,
    publication: Publication,
    products: pd.DataFrame,
    weeks: Sequence[pd.Timestamp] | None = None,
) -> pd.DataFrame:
    """product_id · week · mean · lo95 · hi95 of the next weeks, overrides included."""
    source = stored.register(
        desk, publication, stored.table(publication.publication_id), stored.FILE
    )
    made = in_schema(source, PUBLISHED)
    statement = sa.select(
        made.c.series_id.label("product_id"), made.c.week, made.c.mean, made.c.lo95, made.c.hi95
    ).where(made.c.level == "product", made.c.series_id.in_(list(products["product_id"])))
    if weeks is None:
        statement = statement.where(made.c.ahead <= WEEKS)
    frame = desk.analytics.published_frame(statement)
    if weeks is not None:
        return frame[frame["week"].isin(weeks)]
    said = overrides.deltas(desk, publication)
    if said.empty:
        return frame
    merged = frame.merge(said[["product_id", "week", "after"]], how="left")
    return frame.assign(mean=merged["after"].fillna(merged["mean"]).to_numpy())


def _sum(rows: pd.DataFrame) -> pd.Series[float]:
    return rows.groupby("product_id")["mean"].sum()


def _short(short: pd.DataFrame, of: _Of) -> list[Note]:
    """Runs out before an order of today could arrive."""
    mine = short[short["product_id"].isin(of.products.index) & (short["too_late"] >= of.worth)]
    return [
        of.note(
            "short",
            row["product_id"],
            f"{max(row['on_hand'], 0):,.0f} in stock, {_runs_out(row['out_on'])} and an order of "
            f"today arrives about {_day(row['arrives_on'])}: {of.currency} "
            f"{row['too_late']:,.0f} of sales are missed before. "
            f"Proposed: {row['order']:,.0f} units.",
            row["too_late"],
        )
        for row in mine.to_dict("records")
    ]


def _runs_out(day: pd.Timestamp) -> str:
    return "none left soon" if pd.isna(day) else f"gone about {_day(day)}"


def _day(day: pd.Timestamp) -> str:
    return f"{day.day} {day:%b}"


def _changed(ahead: pd.DataFrame, earlier: pd.DataFrame, of: _Of) -> list[Note]:
    """The same calendar weeks, as expected now and as expected a week ago."""
    both = pd.DataFrame({"now": _sum(ahead), "then": _sum(earlier)}).dropna()
    units = both["now"] - both["then"]
    both["money"] = units * of.products["price"].reindex(both.index).fillna(0.0)
    moved = units.abs() > CHANGE * both["then"].clip(lower=1.0)
    found = both[moved & (both["money"].abs() >= of.worth)]
    return [
        of.note(
            "changed",
            name,
            f"{row['now']:,.0f} units expected in the next {WEEKS} weeks, a week ago it was "
            f"{row['then']:,.0f}",
            row["money"],
        )
        for name, row in zip(found.index, found.to_dict("records"), strict=True)
    ]


def _sold(desk: Desk, snapshot: int, week: date) -> pd.DataFrame:
    """product_id · units · stockout_days of one week."""
    w = tables.weekly_sales
    return desk.analytics.frame(
        snapshot,
        sa.select(
            w.c.product_id, sa.cast(w.c.units, sa.Double()).label("units"), w.c.stockout_days
        ).where(w.c.local_week == week),
    )


def _missed(said: pd.DataFrame, sold: pd.DataFrame, of: _Of) -> list[Note]:
    """Last week's sales beyond the 95 % range that was given before the week began."""
    both = said.merge(sold, on="product_id", how="left").fillna({"units": 0.0, "stockout_days": 0})
    prices = of.products["price"].reindex(both["product_id"]).fillna(0.0).to_numpy()
    both["money"] = (both["units"] - both["mean"]) * prices
    above = both["units"] > both["hi95"]
    # Without stock less is sold than wanted: that is no miss of the forecast.
    below = (both["units"] < both["lo95"]) & (both["stockout_days"] == 0)
    return [
        of.note(
            "missed",
            row["product_id"],
            f"{row['units']:,.0f} units sold last week, {row['mean']:,.0f} were expected "
            f"(95 % range {row['lo95']:,.0f} to {row['hi95']:,.0f})",
            row["money"],
        )
        for row in both[(above | below) & (both["money"].abs() >= of.worth)].to_dict("records")
    ]
