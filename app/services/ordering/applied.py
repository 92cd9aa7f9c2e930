"""Staff's word over the inputs: overrides of demand, uploaded stock, orders marked as placed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from app.services.ordering.inputs import Supplied
from data_access.queries import stock
from data_access.state.order_tables import PlacedLine, PlacedOrder
from data_access.state.stock_uploads import COLUMNS, holding_uploads, rows_of
from ml.ordering import Demand

if TYPE_CHECKING:
    from app.context import Desk

MONEY = 10_000
KNOTS = (1, 4, 13, 26)


@dataclass(frozen=True, eq=False)
class Uploaded:
    """Stock figures of uploads that hold, one row a product: the newest word about each."""

    rows: pd.DataFrame
    """`stock_uploads.COLUMNS` and counted_on, at; unit_cost in currency."""
    newest: str
    """Name of the newest file; empty: there is none."""


def overridden(demand: Demand, deltas: pd.DataFrame) -> Demand:
    """The demand with the weeks that staff overrode; its ranges grow or shrink alike.

    deltas : product_id · week · after (units), as `overrides.deltas` gives.
    """
    if deltas.empty:
        return demand
    rows = demand.index.get_indexer(pd.Index(deltas["product_id"]))
    since = (deltas["week"] - pd.Timestamp(demand.first_week)).dt.days.to_numpy() // 7
    inside = (rows >= 0) & (since >= 0) & (since < demand.mean.shape[1])
    rows, weeks = rows[inside], since[inside]
    mean = demand.mean.copy()
    mean[rows, weeks] = deltas["after"].to_numpy(np.float32)[inside]
    touched = np.unique(rows)
    away = demand.away.copy()
    for place, knot in enumerate(KNOTS):
        before = demand.mean[touched, :knot].sum(1)
        after = mean[touched, :knot].sum(1)
        share = np.where(before > 0, after / np.maximum(before, 1e-9), 1.0)
        away[touched, place] *= share[:, None]
    return Demand(demand.products, demand.first_week, mean, away)


def uploads(desk: Desk) -> tuple[int, ...]:
    """Numbers of the uploads that hold, oldest first."""
    with desk.state.read() as session:
        return tuple(sorted(each.upload_id for each in holding_uploads(session)))


def uploaded(desk: Desk, upload_ids: tuple[int, ...]) -> Uploaded:
    """The newest word about each product in these uploads; a blank cell leaves an older one."""
    with desk.state.read() as session:
        files = {
            each.upload_id: each
            for each in holding_uploads(session)
            if each.upload_id in upload_ids
        }
        found = rows_of(session, sorted(files)) if files else []
    rows = pd.DataFrame(found, columns=["upload_id", *COLUMNS])
    rows["counted_on"] = pd.to_datetime(rows["upload_id"].map(
        {number: each.counted_on for number, each in files.items()}
    ))  # fmt: skip
    rows["at"] = pd.to_datetime(
        rows["upload_id"].map({number: each.at for number, each in files.items()})
    )
    kept = rows.groupby("product_id", sort=False).last().reset_index()
    last = rows.drop_duplicates("product_id", keep="last").set_index("product_id")
    # What is on order belongs to its own count: a later count without it knows nothing of it.
    kept["on_order"] = kept["product_id"].map(last["on_order"])
    for name in ("on_hand", "on_order", "lead_time_days", "pack_size", "unit_cost"):
        kept[name] = kept[name].astype("float64")
    kept["unit_cost"] /= MONEY
    newest = files[max(files)].file_name if files else ""
    return Uploaded(rows=kept, newest=newest)


def with_uploads(
    desk: Desk, found: Supplied, uploaded: Uploaded
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Products and receipts of a snapshot with the uploaded figures put in.

    A count of stock holds where the shop knows none or an older one, less what was sold since.
    Lead time, pack, cost and supplier are staff's word and stand before the shop's.
    """
    products, receipts = found.products, found.receipts
    if uploaded.rows.empty:
        return products, receipts
    told = uploaded.rows.set_index("product_id")
    counted = told["counted_on"]
    sold = desk.analytics.frame(found.snapshot, stock.sold_after(counted.min().date()))
    since = sold[sold["local_day"] > sold["product_id"].map(counted)]
    gone = since.groupby("product_id")["units"].sum()
    ids = products["product_id"]
    count = (told["on_hand"] - gone.reindex(told.index).fillna(0)).clip(lower=0)
    own_day = products["changed_on"]
    newer = ids.map(counted) >= own_day
    takes = ids.isin(told.index) & (newer | own_day.isna())
    supplier = ids.map(told["supplier"])
    lead = ids.map(told["lead_time_days"])
    products = products.assign(
        on_hand=products["on_hand"].where(~takes, ids.map(count)),
        lead_sd_days=products["lead_sd_days"].where(
            lead.isna(), lead * (products["lead_sd_days"] / products["lead_days"])
        ),
        lead_days=lead.fillna(products["lead_days"]),
        pack=ids.map(told["pack_size"]).fillna(products["pack"]),
        unit_cost=ids.map(told["unit_cost"]).fillna(products["unit_cost"]),
        supplier_id=products["supplier_id"].where(supplier.isna(), supplier),
        supplier=products["supplier"].where(supplier.isna(), supplier),
        minimum_order=products["minimum_order"].where(supplier.isna()),
    )
    return products, _ordered_by_file(found, receipts, told, products)


def _ordered_by_file(
    found: Supplied, receipts: pd.DataFrame, told: pd.DataFrame, products: pd.DataFrame
) -> pd.DataFrame:
    """Receipts with those of the file, which stand before the shop's own; a file names no days, so
    half a lead time is taken: an order on its way is on average half way."""
    own = told["on_order"].dropna()
    waits = products.set_index("product_id")["lead_days"].reindex(own.index) / 2
    passed = (pd.Timestamp(found.day) - told["counted_on"].reindex(own.index)).dt.days - 1
    left = waits - passed
    open_ = own[(own > 0) & (left > -waits)]
    new = pd.DataFrame(
        {
            "product_id": open_.index,
            "units": open_.to_numpy(),
            "days": left.reindex(open_.index).clip(lower=1.0).fillna(1.0).to_numpy(),
        }
    )
    kept = receipts[~receipts["product_id"].isin(own.index)]
    return pd.concat([kept, new], ignore_index=True) if len(new) else kept


def marked(
    desk: Desk,
    found: Supplied,
    lines: list[tuple[PlacedOrder, PlacedLine]],
    uploaded: Uploaded,
) -> pd.DataFrame:
    """What was marked as ordered and is not known to the shop yet: product_id · units · days.

    An order of the shop's own that appears after a mark stands for it, unit by unit, oldest mark
    first; so does a later file that says what is on order.
    """
    if not lines:
        return pd.DataFrame({"product_id": [], "units": [], "days": []})
    first = min(order.known_until for order, _ in lines)
    appeared = desk.analytics.frame(found.snapshot, stock.purchases_since(first))
    own: dict[str, list[tuple[datetime, float]]] = {}
    for row in appeared.to_dict("records"):
        ordered = pd.Timestamp(row["ordered_at"]).to_pydatetime()
        own.setdefault(str(row["product_id"]), []).append((ordered, float(row["units"])))
    told = uploaded.rows.dropna(subset=["on_order"]).set_index("product_id")["at"]
    kept: list[tuple[str, float, float]] = []
    for order, line in lines:
        if line.product_id in told.index and told[line.product_id] >= order.at:
            continue
        left = _unmatched(float(line.units), order.known_until, own.get(line.product_id, []))
        if left > 0:
            days = max((line.expected_on - found.day).days, 1)
            kept.append((line.product_id, left, float(days)))
    return pd.DataFrame(kept, columns=["product_id", "units", "days"])


def _unmatched(units: float, after: datetime, own: list[tuple[datetime, float]]) -> float:
    """Units of a mark for which no order of the shop has appeared; takes them off the list."""
    for place, (ordered_at, there) in enumerate(own):
        if units <= 0:
            break
        if ordered_at > after and there > 0:
            taken = min(units, there)
            units -= taken
            own[place] = (ordered_at, there - taken)
    return units


def oldest_expected(day: date, grace: int) -> date:
    """Marked orders expected before that day have come, or nobody waits for them any more."""
    return day - timedelta(days=grace)
