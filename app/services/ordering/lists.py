"""The order list: proposals, what staff set in their place, and what has been ordered."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from app.services.forecasting.overrides import deltas
from app.services.ordering import applied, sureness
from app.services.ordering.applied import Uploaded
from app.services.ordering.inputs import Supplied, default_days
from app.services.ordering.views import (
    UNKNOWN_SUPPLIER,
    Figures,
    OrderList,
    OrderQuestion,
    Placed,
    SupplierGroup,
)
from app.services.serving.standing import threshold
from data_access.state import orders
from data_access.state.publications import get_publication
from ml.ordering import Demand, Policy, propose, spend

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.context import Desk

MONEY = 10_000


def order_list(
    desk: Desk, demand: Demand, found: Supplied, uploaded: Uploaded, question: OrderQuestion
) -> OrderList:
    """Everything on the page, from inputs that are shared between questions."""
    with desk.state.read() as session:
        publication = get_publication(session, question.publication)
        edits = orders.read_edits(session, found.week)
        waits = applied.oldest_expected(found.day, default_days(desk, "order_grace_days"))
        lines = orders.open_lines(session, expected_from=waits)
        newest = orders.newest_order(session)
        names = dict(zip(found.products["supplier_id"], found.products["supplier"], strict=True))
        placed = _placed(session, found.week, names)
    policy = policy_of(desk, question)
    asked = demand if publication is None else applied.overridden(demand, deltas(desk, publication))
    products, receipts = applied.with_uploads(desk, found, uploaded)
    mine = applied.marked(desk, found, lines, uploaded)
    if len(mine):
        receipts = pd.concat([receipts, mine], ignore_index=True)
    known = products.set_index("product_id").reindex(asked.index).rename_axis("product_id")
    known = _known(known.reset_index(), products)
    bound = threshold(desk, "forecasting")
    rows = propose(asked, known, receipts, policy=policy, day=found.day)
    rows = sureness.told(rows, bound)
    rows = _described(rows, known, found.day)
    rows = _decided(rows, edits, question.budget)
    # Where no stock is known nothing is at risk yet: what sells for most money comes first.
    rows = rows.assign(worth=rows["demand"] * rows["price"].fillna(0.0)).sort_values(
        ["at_risk", "cost", "worth", "product_id"], ascending=[False, False, False, True]
    )
    rows = rows.drop(columns="worth").reset_index(drop=True)
    has_costs = bool(known["unit_cost"].notna().any())
    has_stock = bool(known["on_hand"].notna().any())
    groups = _groups(rows)
    return OrderList(
        question=question,
        week=found.week,
        day=found.day,
        known_until=found.known_until,
        review_days=int(policy.review_days),
        rows=rows,
        figures=_figures(rows, question.budget),
        suppliers=groups,
        placed=placed,
        newest_order=newest,
        has_stock=has_stock,
        has_costs=has_costs,
        stock_from=_stock_from(found, uploaded),
        missing=_missing(known, has_stock, has_costs),
        bound=bound,
        demand=asked,
        receipts=receipts,
    )


def policy_of(desk: Desk, question: OrderQuestion) -> Policy:
    """The policy of the settings, with the service level of the question."""
    return Policy(
        service_level=question.service_level,
        review_days=float(default_days(desk, "order_review_days")),
        cover_days=float(default_days(desk, "order_cover_days")),
    )


def _known(known: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """Products that the forecast names and the catalogue does not are ordered by the usual."""
    for name in ("lead_days", "lead_sd_days"):
        known[name] = known[name].fillna(products[name].median() if len(products) else 14.0)
    known["supplier_id"] = [one if isinstance(one, str) else None for one in known["supplier_id"]]
    return known


def _described(rows: pd.DataFrame, known: pd.DataFrame, day: date) -> pd.DataFrame:
    """Names beside the figures; dates instead of days."""
    today = pd.Timestamp(day)
    # As whole numbers: pandas rounds what it never wrote where a fraction of days is missing.
    empty = np.floor(rows["empty_in"].where(np.isfinite(rows["empty_in"]))).astype("Int64")
    return rows.assign(
        product=known["product"].fillna(known["product_id"]),
        category=known["category"],
        supplier_id=known["supplier_id"].fillna(UNKNOWN_SUPPLIER),
        supplier=known["supplier"].fillna("Supplier not known"),
        minimum_order=known["minimum_order"],
        deliveries=known["deliveries"],
        out_on=today + pd.to_timedelta(empty, unit="D"),
        arrives_on=today + pd.to_timedelta(np.ceil(rows["lead_days"]), unit="D"),
    )


def _decided(rows: pd.DataFrame, edits: list[Any], budget: float | None) -> pd.DataFrame:
    """proposed · order (units that stand) · cost (currency of these) · edited · note · version."""
    proposed = rows["units"].to_numpy()
    if budget is not None:
        edited = {edit.product_id: edit.units for edit in edits}
        own = rows["product_id"].map(edited)
        spent = float((own * rows["unit_cost"]).sum())
        free = rows.assign(packs=rows["packs"].where(own.isna(), 0.0))
        proposed = spend(free, max(budget - spent, 0.0)) * rows["pack"].to_numpy()
    told = pd.DataFrame(
        {
            "product_id": [edit.product_id for edit in edits],
            "wanted": [float(edit.units) for edit in edits],
            "note": [edit.note for edit in edits],
            "edited_by": [edit.by for edit in edits],
            "version": [edit.version for edit in edits],
        }
    ).set_index("product_id")
    ids = rows["product_id"]
    wanted = ids.map(told["wanted"]).astype("float64")
    order = wanted.fillna(pd.Series(proposed, index=rows.index))
    return rows.assign(
        proposed=proposed,
        order=order,
        cost=order * rows["unit_cost"],
        edited=wanted.notna(),
        note=ids.map(told["note"]).astype(object),
        edited_by=ids.map(told["edited_by"]).astype(object),
        version=ids.map(told["version"]).fillna(0).astype("int64"),
    )


def _groups(rows: pd.DataFrame) -> tuple[SupplierGroup, ...]:
    """Suppliers with something to order, most money at risk first."""
    wanted = rows[rows["order"] > 0]
    told = (
        wanted.assign(costed=wanted["cost"].notna())
        .groupby("supplier_id", sort=False)
        .agg(
            name=("supplier", "first"),
            products=("order", "size"),
            units=("order", "sum"),
            value=("cost", "sum"),
            costed=("costed", "sum"),
            at_risk=("at_risk", "sum"),
            minimum=("minimum_order", "max"),
            lead_days=("lead_days", "mean"),
        )
    )
    groups = [
        SupplierGroup(
            supplier_id=str(supplier),
            name=str(row["name"]),
            products=int(row["products"]),
            units=int(row["units"]),
            value=float(row["value"]) if row["costed"] else None,
            uncosted=int(row["products"] - row["costed"]),
            at_risk=float(row["at_risk"]),
            minimum=None if pd.isna(row["minimum"]) else float(row["minimum"]),
            lead_days=float(row["lead_days"]),
        )
        for supplier, row in told.to_dict("index").items()
    ]
    return tuple(sorted(groups, key=lambda group: (-group.at_risk, group.supplier_id)))


def _figures(rows: pd.DataFrame, budget: float | None) -> Figures:
    wanted = rows[rows["order"] > 0]
    costs = wanted["cost"].dropna()
    short = rows[rows["short"]]
    share = (wanted["order"] / wanted["units"].where(wanted["units"] > 0)).clip(upper=1).fillna(0)
    return Figures(
        products=len(wanted),
        units=int(wanted["order"].sum()),
        value=float(costs.sum()) if len(costs) or wanted.empty else None,
        uncosted=int(wanted["cost"].isna().sum()),
        at_risk=float(rows["at_risk"].sum()),
        risky=int((rows["missed"] >= 0.5).sum()),
        saved=float((wanted["saved"] * share).sum()),
        short=len(short),
        short_risk=float(short["too_late"].sum()),
        budget=budget,
        left_out=int((rows["order"] < rows["units"]).sum()) if budget is not None else 0,
        unsure=int((rows["unsure"] & (rows["would"] > 0) & ~rows["edited"]).sum()),
    )


def _placed(session: Session, week: date, names: dict[str, str]) -> tuple[Placed, ...]:
    found = []
    for order in orders.orders_of_week(session, week):
        lines = orders.lines_of(session, order.order_id)
        costs = [line.units * line.unit_cost for line in lines if line.unit_cost is not None]
        supplier = order.supplier_id
        found.append(
            Placed(
                order_id=order.order_id,
                supplier=names.get(supplier or "", supplier or "") or "supplier not known",
                products=len(lines),
                units=sum(line.units for line in lines),
                value=sum(costs) / MONEY if costs else None,
                by=order.by,
                at=order.at,
                expected_on=max((line.expected_on for line in lines), default=order.at.date()),
            )
        )
    return tuple(found)


def _stock_from(found: Supplied, uploaded: Uploaded) -> str:
    if uploaded.newest:
        counted = uploaded.rows["counted_on"].max()
        return f"stock file of {counted.day} {counted:%b %Y}"
    return "stock of the shop" if found.has_stock else "stock not known"


def _missing(known: pd.DataFrame, has_stock: bool, has_costs: bool) -> tuple[str, ...]:
    """What the shop does not tell, and what knowing it would add."""
    said = []
    if not has_stock:
        said.append("Stock: with it, each product gets a quantity to order and a stock-out day.")
    if not has_costs:
        said.append("Unit costs: with them, orders have a value and a budget can be kept.")
    if known["supplier_id"].isna().all():
        said.append("Suppliers: with them, orders are grouped, and lead times are each one's own.")
    if known["pack"].isna().all():
        said.append("Pack sizes: with them, quantities are whole packs.")
    return tuple(said)
