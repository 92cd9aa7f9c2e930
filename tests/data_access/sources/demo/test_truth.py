"""What was planted can be found again in what the shop shows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from data_access.shop import tables as shop
from data_access.sources.demo import truth
from data_access.sources.demo.demand import INFLATION
from tests.data_access.sources.demo.conftest import Ask


def test_a_price_test_moves_expected_sales_by_the_planted_elasticity(ask: Ask) -> None:
    price = ask(sa.select(shop.price_history).order_by(shop.price_history.c.valid_from))
    price["former"] = price.groupby("product_id").price.shift()
    price["monday"] = price.valid_from.dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin")
    price["monday"] = price.monday.dt.tz_localize(None).dt.to_period("W-SUN").dt.start_time
    alone = ~price.duplicated(["product_id", "monday"], keep=False)
    tests = price[(price.reason == "test") & alone]
    demand = ask(sa.select(truth.demand))
    demand["week"] = pd.to_datetime(demand.week)
    quiet = demand[demand.promotion_effect.abs() < 0.12]
    watched = set(ask(sa.select(shop.competitor_prices.c.product_id).distinct()).product_id)

    def effect(tests: pd.DataFrame, weeks: int) -> pd.Series:
        at = tests.assign(week=tests.monday + pd.Timedelta(weeks=weeks))
        return at.merge(quiet, on=["product_id", "week"], how="left").price_effect

    tests = tests[~tests.product_id.isin(watched)].reset_index(drop=True)
    moved = effect(tests, 1) - effect(tests, -1)
    planted = ask(sa.select(truth.products)).set_index("product_id").elasticity
    step = np.log(tests.price / tests.former) - INFLATION * 14 / 365.25
    found = (moved / step).to_numpy()
    wanted = planted.loc[tests.product_id].to_numpy()
    plain = np.isclose(found, wanted, rtol=0.02)

    assert len(tests) > 50
    # Promotions beside the test, and further changes in the weeks around it, blur the others.
    assert plain.mean() > 0.4


def test_units_follow_the_expected_lines(ask: Ask) -> None:
    demand = ask(sa.select(truth.demand)).groupby("product_id").expected_lines.sum()
    sold = ask(
        sa.select(shop.order_items.c.product_id, sa.func.count().label("lines")).group_by(
            shop.order_items.c.product_id
        )
    ).set_index("product_id").lines  # fmt: skip
    both = pd.concat([demand, sold], axis=1).fillna(0)

    assert both.corr().iloc[0, 1] > 0.93


def test_lost_units_fall_on_days_that_end_with_an_empty_shelf(ask: Ask) -> None:
    lost = ask(sa.select(truth.lost_units))
    stock = ask(
        sa.select(shop.stock_changes).order_by(
            shop.stock_changes.c.happened_at, shop.stock_changes.c.change_id
        )
    )
    stock["day"] = (
        stock.happened_at.dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin")
        .dt.tz_localize(None).dt.normalize()
    )  # fmt: skip
    close = stock.groupby(["product_id", "day"], as_index=False).level_after.last()
    lost["day"] = pd.to_datetime(lost.day)
    joined = pd.merge_asof(
        lost.sort_values("day"), close.sort_values("day"), on="day", by="product_id"
    )

    # What is left was too little for the last wish of the day, often a large one.
    assert (joined.level_after <= 6).mean() > 0.85


def test_a_faulty_batch_shows_in_refunds_and_stars(ask: Ask) -> None:
    batch = ask(sa.select(truth.incidents).where(truth.incidents.c.kind == "faulty_batch"))
    causes = ask(sa.select(truth.refund_causes).where(truth.refund_causes.c.cause == "batch"))

    assert len(batch) >= 1
    assert len(causes) >= 3


@pytest.mark.parametrize(
    "kind",
    ["payment_down", "supplier_fails", "price_slip", "tracking_gap", "mention", "courier_strike",
     "faulty_batch"],
)  # fmt: skip
def test_every_kind_of_incident_has_happened(ask: Ask, kind: str) -> None:
    found = ask(sa.select(truth.incidents).where(truth.incidents.c.kind == kind))

    assert len(found) >= 1
    assert found.cause.str.len().min() > 20


def test_a_payment_method_that_is_down_takes_no_money_there(ask: Ask) -> None:
    incidents = ask(sa.select(truth.incidents).where(truth.incidents.c.kind == "payment_down"))
    payments = ask(
        sa.select(
            shop.payments.c.method, shop.payments.c.succeeded, shop.orders.c.billing_country,
            shop.orders.c.placed_at,
        ).join(shop.orders, shop.orders.c.order_id == shop.payments.c.order_id)
    )  # fmt: skip
    local = payments.placed_at.dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin")
    payments["day"] = local.dt.date.astype(str)
    found = []
    for incident in incidents.itertuples():
        country, method = incident.value.split(", ")
        hit = payments[
            (payments.day == str(incident.first_day))
            & (payments.billing_country == country)
            & (payments.method == method)
        ]
        found.extend(hit.succeeded.tolist())

    assert np.mean(found) < 0.4


def test_a_tracking_gap_loses_events_and_no_orders(ask: Ask) -> None:
    gap = ask(
        sa.select(truth.incidents)
        .where(truth.incidents.c.kind == "tracking_gap")
        .order_by(truth.incidents.c.first_day.desc())
    ).iloc[0]

    def by_day(column: sa.Column) -> pd.Series:
        at = ask(sa.select(column)).iloc[:, 0]
        local = at.dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin")
        return local.dt.normalize().dt.tz_localize(None).value_counts()

    first, last = pd.Timestamp(gap.first_day), pd.Timestamp(gap.last_day)
    around = pd.date_range(first - pd.Timedelta(days=14), last + pd.Timedelta(days=7))
    inside = (around >= first) & (around <= last)
    events = by_day(shop.shopper_events.c.happened_at).reindex(around, fill_value=0).to_numpy()
    orders = by_day(shop.orders.c.placed_at).reindex(around, fill_value=0).to_numpy()

    assert events[inside].mean() < 0.5 * events[~inside].mean()
    assert orders[inside].mean() > 0.6 * orders[~inside].mean()


def test_test_arm_and_held_out_are_drawn_by_chance(ask: Ask) -> None:
    members = ask(
        sa.select(shop.campaign_members.c["campaign_id", "arm"], shop.customers.c.country).join(
            shop.customers, shop.customers.c.customer_id == shop.campaign_members.c.customer_id
        )
    )
    held = members[members.campaign_id.str.startswith("mail")].arm == "held_out"
    arm = members[members.campaign_id.str.startswith("test")].arm == "B"

    assert held.mean() == pytest.approx(0.15, abs=0.02)
    assert arm.mean() == pytest.approx(0.5, abs=0.04)
