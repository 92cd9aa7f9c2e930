"""Reading the order list: a page of it, one product's why and course, the summary for Home."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from app.services.ordering import applied, inputs, lists
from app.services.ordering.views import Figures, Filter, OrderList, OrderQuestion
from app.services.settings import setting_value
from data_access.snapshots.manifest import Manifest
from data_access.state.publications import newest_publication
from data_access.state.tables import Publication
from ml.contract import Preview
from ml.ordering import Course, course, fill_up, from_forecast
from ml.ordering import compare as compare_demand

if TYPE_CHECKING:
    from app.context import Desk

KEY = "forecasting"
COURSE_WEEKS = 8
"""Weeks beyond the delivery that the course of stock is drawn for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The sum that leads to one quantity; whole units, signs as they are added."""

    product_id: str
    product: str
    parts: tuple[tuple[str, int], ...]  # name and units, they sum to `needed`
    needed: int
    pack: int
    packs: int
    proposed: int  # units, packs × pack
    sentence: str


def newest(desk: Desk) -> Publication | None:
    """The publication whose forecast the list follows; None before the first."""
    with desk.state.read() as session:
        return newest_publication(session, KEY)


def default_service_level(desk: Desk) -> float:
    """The service level of the settings, a share."""
    value = setting_value(desk.state, "service_level")
    assert isinstance(value, int | float)
    return float(value)


def build(desk: Desk, manifest: Manifest, question: OrderQuestion) -> OrderList:
    """The list without any cache, for jobs and exports."""
    publication = newest(desk)
    assert publication is not None
    return lists.order_list(
        desk,
        inputs.demand(desk, publication),
        inputs.supplied(desk, manifest),
        applied.uploaded(desk, applied.uploads(desk)),
        question,
    )


def filtered(found: OrderList, wanted: Filter) -> pd.DataFrame:
    """Rows of the list that a filter lets through, in the list's order."""
    rows = found.rows
    keep = np.ones(len(rows), bool)
    if wanted.shown == "order" and found.has_stock:
        keep &= ((rows["order"] > 0) | rows["edited"]).to_numpy()
    if wanted.shown == "unsure":
        keep &= (rows["unsure"] & (rows["would"] > 0)).to_numpy()
    if wanted.supplier is not None:
        keep &= (rows["supplier_id"] == wanted.supplier).to_numpy()
    if wanted.category:
        keep &= (rows["category"] == wanted.category).to_numpy()
    rows = rows[keep]
    for word in wanted.search.lower().split():
        inside = rows["product"].str.lower().str.contains(word, regex=False)
        rows = rows[inside | rows["product_id"].str.lower().str.contains(word, regex=False)]
    return rows


def categories(found: OrderList) -> list[str]:
    """Names of the categories in the list."""
    return sorted(str(name) for name in found.rows["category"].dropna().unique())


def row_of(found: OrderList, product_id: str) -> pd.Series | None:
    """The row of one product; None where the list has none."""
    rows = found.rows[found.rows["product_id"] == product_id]
    return None if rows.empty else rows.iloc[0]


def why(found: OrderList, product_id: str) -> Why | None:
    """How the proposed quantity of one product comes about; None where its stock is unknown."""
    row = row_of(found, product_id)
    if row is None or pd.isna(row["on_hand"]):
        return None
    days = round(float(row["lead_days"])) + found.review_days
    demand, safety = int(row["demand"]), int(row["safety"])
    cover = int(row["up_to"] - row["reorder_point"])
    parts = [(f"demand over {days} days", demand), ("safety stock", safety)]
    if cover:
        parts.append(("cover besides", cover))
    parts += [("in stock", -int(row["on_hand"])), ("on order", -int(row["on_order"]))]
    needed, pack = int(row["needed"]), int(row["pack"])
    packs, proposed = int(row["packs"]), int(row["units"])
    would = int(row["would"])
    taken = ("in stock", "on order")
    sum_ = " ".join(
        f"{'−' if name in taken else '+'} {abs(units):,} {name}" for name, units in parts
    ).removeprefix("+ ")
    end = (
        f"{packs:,} {'pack' if packs == 1 else 'packs'} of {pack:,}: {proposed:,} to order."
        if proposed and pack > 1
        else f"{proposed:,} to order."
        if proposed
        else f"{would:,} would be ordered, but the forecast is too unsure: nothing is proposed."
        if would
        else "nothing to order."
    )
    return Why(
        product_id=product_id,
        product=str(row["product"]),
        parts=tuple(parts),
        needed=needed,
        pack=pack,
        packs=packs,
        proposed=proposed,
        sentence=f"{sum_} = {f'{needed:,}'.replace('-', '−')}; {end}",
    )


def stock_course(found: OrderList, product_id: str) -> Course | None:
    """Expected stock of one product day by day, with and without the order that stands."""
    row = row_of(found, product_id)
    place = found.demand.index.get_indexer(pd.Index([product_id]))[0]
    if row is None or place < 0 or pd.isna(row["on_hand"]):
        return None
    return course(
        found.demand.take(np.array([place])),
        float(row["on_hand"]),
        found.receipts[found.receipts["product_id"] == product_id],
        order=float(row["order"]),
        lead_days=float(row["lead_days"]),
        day=found.day,
        weeks=COURSE_WEEKS,
    )


def summary(found: OrderList) -> Figures:
    """Products and money to order and at risk, for Home and other pages."""
    return found.figures


def compare(
    desk: Desk,
    current: pd.DataFrame,
    proposed: pd.DataFrame,
    manifest: Manifest,
    *,
    current_totals: pd.DataFrame | None = None,
    proposed_totals: pd.DataFrame | None = None,
) -> Preview:
    """What changes in the order list between two forecasts, as a preview before an activation.

    Parameters
    ----------
    current, proposed : frames of `predict` (level · series_id · week · ahead · mean · bounds).
    current_totals, proposed_totals : of their sums of weeks; without both, neither is used, so
        that like is compared with like.
    manifest : snapshot whose stock, open orders and suppliers count.
    """
    both = current_totals is not None and proposed_totals is not None
    found = inputs.supplied(desk, manifest)
    uploaded = applied.uploaded(desk, applied.uploads(desk))
    products, receipts = applied.with_uploads(desk, found, uploaded)
    question = OrderQuestion(
        publication=0, snapshot=manifest.number, service_level=default_service_level(desk)
    )
    return compare_demand(
        from_forecast(current, current_totals if both else None),
        from_forecast(proposed, proposed_totals if both else None),
        products,
        receipts,
        policy=lists.policy_of(desk, question),
        day=found.day,
    )


def fill(found: OrderList, supplier_id: str) -> pd.DataFrame:
    """Further packs that bring one supplier's order to its minimum.

    product_id · product · packs · units · value (currency) · order (units with them) · proposed ·
    version; empty where nothing is missing, or nothing sensible would do.
    """
    group = next((one for one in found.suppliers if one.supplier_id == supplier_id), None)
    if group is None or group.short_by <= 0:
        return found.rows.head(0)
    rows = found.rows[found.rows["supplier_id"] == supplier_id].sort_values("product_id")
    places = found.demand.index.get_indexer(pd.Index(rows["product_id"]))
    more = fill_up(
        found.demand.take(places),
        rows[["product_id", "on_hand", "lead_days", "lead_sd_days", "pack", "unit_cost", "price"]],
        found.receipts[found.receipts["product_id"].isin(rows["product_id"])],
        rows["order"].to_numpy(np.float64),
        group.short_by,
        day=found.day,
    )
    known = rows[["product_id", "product", "order", "proposed", "version"]]
    told = more.merge(known, on="product_id", how="left")
    return told.assign(order=told["order"] + told["units"])
