"""A year of weekly ordering by the page's proposals, against a rule that many shops use.

The rule orders up to the mean of the last 8 weeks over lead time, review period and two weeks of
stock. Which service level needs no more stock than the rule is found on another demo shop, and
judged on this one. Both meet the same wishes (sales and what the empty shelf lost, from the demo
shop's truth), the same lead times (drawn as the demo shop draws them), packs and starting stock.
Forecasts are made at each Monday from what was known then; the model is fitted anew each 26 weeks.

``SHOPSIGHT_BENCH_ORDERING_PRODUCTS`` sets how many products take part (drawn by chance).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from app.context import Desk
from app.services.forecasting import inputs as forecasting_inputs
from app.services.ordering import inputs
from data_access.queries import stock as queries
from data_access.snapshots import tables
from ml.contract import Frames
from ml.forecasting import FORECASTING, results, telling
from ml.ordering import Demand, Policy, from_forecast, propose
from ml.ordering.replay import Buyer, Replayed, replay
from tests.benchmarks.homes import desk_of, home_of
from tests.benchmarks.report import Report

PRODUCTS = int(os.environ.get("SHOPSIGHT_BENCH_ORDERING_PRODUCTS", "600"))
WEEKS, REFIT_WEEKS, HORIZON = 52, 26, 13
SEED = 7
EXTRA_WEEKS = 2.0
"""Weeks of stock that the rule keeps besides."""

OTHER_SHOP = 8  # its seed
LEVELS = (0.85, 0.875, 0.9, 0.91, 0.92, 0.93, 0.94, 0.95)
"""Service levels among which the one that needs the rule's stock is found."""

LATE_DAYS = 1.3
"""Mean of the further delay that the demo shop's deliveries have."""


@dataclass(frozen=True, eq=False)
class Year:
    """What both policies meet."""

    first: date  # a Monday
    products: pd.DataFrame  # as `Supplied.products`, of those that take part
    wishes: np.ndarray  # [days, n] units
    sold: np.ndarray  # [weeks, n] units of the complete weeks before and during the year
    stock: np.ndarray  # [n] units
    coming: pd.DataFrame
    lead: np.ndarray  # [weeks, n] days


def run(report: Report) -> None:
    desk = desk_of(home_of("medium"))
    chosen = level_for_the_rules_stock(desk_of(home_of("medium", seed=OTHER_SHOP)))
    report.add(
        "service level with the rule's stock, chosen on another shop",
        measured=100 * chosen,
        unit="%",
    )
    year, frames = year_of(desk, PRODUCTS)
    demands = forecasts(frames, year)
    rule = replayed(year, rule_buyer(year))
    report.add("products, drawn by chance", measured=float(len(year.products)))
    for share in sorted({chosen, 0.9, 0.95, 0.975}):
        ours = replayed(year, page_buyer(year, demands, Policy(service_level=share)))
        tell(report, f"service level {share:.1%}", ours, rule, judged=share == chosen)


def level_for_the_rules_stock(desk: Desk) -> float:
    """The highest service level that needs no more stock than the rule in this shop."""
    year, frames = year_of(desk, PRODUCTS)
    demands = forecasts(frames, year)
    rule = replayed(year, rule_buyer(year))
    fitting = [
        share
        for share in LEVELS
        if replayed(year, page_buyer(year, demands, Policy(service_level=share))).mean_stock
        <= rule.mean_stock
    ]
    return max(fitting, default=LEVELS[0])


def tell(report: Report, name: str, ours: Replayed, rule: Replayed, *, judged: bool) -> None:
    days = ours.out_days / max(rule.out_days, 1) - 1
    stock = ours.mean_stock / rule.mean_stock - 1
    value = ours.mean_value / rule.mean_value - 1
    holds = (days <= 0 and stock <= -0.15) or (days <= -0.25 and stock <= 0)
    asked = "≤ 0 with stock ≤ −15 %, or ≤ −25 % with stock ≤ 0"
    report.add(f"{name}: stock-out days against the rule", measured=100 * days, unit="%",
               asked=asked if judged else "", passed=holds if judged else None)  # fmt: skip
    report.add(f"{name}: mean stock against the rule, units", measured=100 * stock, unit="%")
    report.add(f"{name}: mean stock against the rule, at cost", measured=100 * value, unit="%")
    for who, found in (("page", ours), ("rule", rule)):
        report.add(f"{name}: {who}, stock-out days", measured=float(found.out_days), unit="days")
        report.add(f"{name}: {who}, mean stock", measured=found.mean_stock, unit="units")
        report.add(f"{name}: {who}, mean stock at cost", measured=found.mean_value, unit="EUR")
        report.add(f"{name}: {who}, units lost", measured=100 * found.lost / found.demand, unit="%")


def year_of(desk: Desk, count: int) -> tuple[Year, Frames]:
    """The last 52 whole weeks of the demo shop, for products that were on offer throughout."""
    manifest = desk.store.newest()
    assert manifest is not None
    found = inputs.supplied(desk, manifest)
    first = found.week - timedelta(weeks=WEEKS)
    frames = forecasting_inputs.frames(desk, manifest)
    rng = np.random.default_rng(SEED)
    products = _taking_part(desk, manifest.number, found.products, first, count, rng)
    ids = pd.Index(products["product_id"])
    history = first - timedelta(weeks=8)
    daily = desk.analytics.frame(manifest.number, queries.sold_after(history - timedelta(days=1)))
    span = pd.date_range(history, first + timedelta(days=7 * WEEKS - 1))
    sold = _matrix(daily, ids, span, "local_day")
    lost = _matrix(_lost(desk, history), ids, span, "day")
    before = 8 * 7
    wishes = (sold + lost)[before:]
    weeks = sold.reshape(WEEKS + 8, 7, len(ids)).sum(1)
    year = Year(
        first=first,
        products=products,
        wishes=wishes,
        sold=weeks,
        stock=_stock_on(desk, manifest.number, ids, first),
        coming=_coming(desk, manifest.number, ids, first),
        lead=_leads(products, rng),
    )
    panel = frames["panel"]
    keep = panel["product_id"].isin(ids)
    own = panel[keep].assign(product_id=panel["product_id"][keep].astype(str).astype("category"))
    # Without their own sales, the other products would pass for ones that never sold.
    known = frames["products"]
    part = known[known["product_id"].isin(ids)].reset_index(drop=True)
    return year, {**frames, "panel": own, "products": part}


def forecasts(frames: Frames, year: Year) -> list[Demand]:
    """The demand as the default learned model saw it on the eve of each Monday."""
    demands, model = [], None
    for week in range(WEEKS):
        as_of = year.first + timedelta(days=7 * week - 1)
        known = _known(frames, as_of)
        if week % REFIT_WEEKS == 0:
            model = FORECASTING.fit(
                "lightgbm", known, as_of=as_of, seed=SEED, parameters={"horizon_weeks": HORIZON}
            )
        assert model is not None
        panel = FORECASTING._panel(model, known, as_of)
        told = telling.tell(model, panel, known, lambda *_: None)
        demands.append(from_forecast(results.frame(told), results.totals(told)))
    return demands


def replayed(year: Year, buyer: Buyer) -> Replayed:
    cost = year.products["unit_cost"].to_numpy(np.float64)
    expected = year.products["lead_days"].to_numpy(np.float64)
    return replay(year.wishes, year.stock, year.coming, year.lead, expected, buyer, cost)


def rule_buyer(year: Year) -> Buyer:
    """Up to the mean of the last 8 weeks over lead time, review period and two weeks besides."""
    pack = year.products["pack"].to_numpy(np.float64)
    reach = year.products["lead_days"].to_numpy(np.float64) / 7 + 1 + EXTRA_WEEKS

    def buy(day: int, stock: np.ndarray, coming: pd.DataFrame) -> np.ndarray:
        week = day // 7
        level = year.sold[week : week + 8].mean(0) * reach
        there = stock + np.bincount(coming["row"].astype(int), coming["units"], len(stock))
        return np.asarray(np.ceil(np.maximum(level - there, 0) / pack) * pack)

    return buy


def page_buyer(year: Year, demands: list[Demand], policy: Policy) -> Buyer:
    """What the page proposes."""
    ids = year.products["product_id"].to_numpy()
    supply = year.products[
        ["product_id", "lead_days", "lead_sd_days", "pack", "unit_cost", "price"]
    ]

    def buy(day: int, stock: np.ndarray, coming: pd.DataFrame) -> np.ndarray:
        receipts = pd.DataFrame(
            {
                "product_id": ids[coming["row"].astype(int)],
                "units": coming["units"],
                "days": coming["days"],
            }
        )
        told = propose(
            demands[day // 7],
            supply.assign(on_hand=stock),
            receipts,
            policy=policy,
            day=year.first + timedelta(days=day),
        )
        units = told.set_index("product_id")["units"].reindex(ids).fillna(0.0)
        return np.asarray(units.to_numpy(np.float64))

    return buy


def _known(frames: Frames, as_of: date) -> Frames:
    """Nothing that became known later; the model looks at `as_of` besides."""
    panel = frames["panel"]
    return {**frames, "panel": panel[panel["week"] <= pd.Timestamp(as_of)]}


def _taking_part(
    desk: Desk,
    snapshot: int,
    products: pd.DataFrame,
    first: date,
    count: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    p = tables.products
    rows = desk.analytics.frame(
        snapshot, sa.select(p.c.product_id, p.c.launched_on, p.c.ended_on)
    ).set_index("product_id")
    launched = products["product_id"].map(rows["launched_on"])
    ended = products["product_id"].map(rows["ended_on"])
    there = (launched <= pd.Timestamp(first - timedelta(weeks=13))) & ended.isna()
    chosen = np.sort(rng.permutation(np.flatnonzero(there))[:count])
    return products.iloc[chosen].reset_index(drop=True)


def _matrix(rows: pd.DataFrame, ids: pd.Index, span: pd.DatetimeIndex, day: str) -> Any:
    """[days, n] units."""
    at = span.get_indexer(pd.to_datetime(rows[day]))
    place = ids.get_indexer(rows["product_id"])
    inside = (at >= 0) & (place >= 0)
    found = np.zeros((len(span), len(ids)))
    np.add.at(found, (at[inside], place[inside]), rows["units"].to_numpy(float)[inside])
    return found


def _lost(desk: Desk, first: date) -> pd.DataFrame:
    """What customers wished and did not get: the demo shop's own truth."""
    statement = sa.text("SELECT product_id, day, units FROM truth_lost_units WHERE day >= :first")
    with desk.shop_engine.connect() as connection:
        return pd.read_sql(statement, connection, params={"first": first.isoformat()})


def _stock_on(desk: Desk, snapshot: int, ids: pd.Index, first: date) -> Any:
    changes = tables.stock_changes
    level = sa.func.arg_max(changes.c.level_after, changes.c.happened_at).label("level")
    rows = desk.analytics.frame(
        snapshot,
        sa.select(changes.c.product_id, level)
        .where(changes.c.local_day < first)
        .group_by(changes.c.product_id),
    )
    return rows.set_index("product_id")["level"].reindex(ids).fillna(0).clip(lower=0).to_numpy()


def _coming(desk: Desk, snapshot: int, ids: pd.Index, first: date) -> pd.DataFrame:
    orders = tables.purchase_orders
    rows = desk.analytics.frame(
        snapshot,
        sa.select(orders.c.product_id, orders.c.units, orders.c.received_at).where(
            orders.c.local_day < first,
            orders.c.received_at >= pd.Timestamp(first).to_pydatetime(),
        ),
    )
    rows = rows[rows["product_id"].isin(ids)]
    return pd.DataFrame(
        {
            "row": ids.get_indexer(rows["product_id"]),
            "units": rows["units"],
            "day": (rows["received_at"] - pd.Timestamp(first)).dt.days,
        }
    )


def _leads(products: pd.DataFrame, rng: np.random.Generator) -> Any:
    """[weeks, n] days: about the promise, now and then late; the same for both policies."""
    mean, spread = (products[name].to_numpy(float) for name in ("lead_days", "lead_sd_days"))
    size = (WEEKS, len(products))
    drawn = mean - LATE_DAYS + rng.normal(0, 1, size) * spread + rng.exponential(LATE_DAYS, size)
    return np.maximum(np.rint(drawn), 2).astype(np.int64)
