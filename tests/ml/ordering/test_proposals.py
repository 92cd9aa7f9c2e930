"""Proposals by hand, and what must hold for any of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from ml.errors import WrongFrame
from ml.ordering import (
    Demand,
    Policy,
    compare,
    course,
    fill_up,
    from_forecast,
    from_frame,
    lead_times,
    propose,
    spend,
    to_frame,
)
from ml.ordering.replay import replay
from ml.ordering.shortage import expected

MONDAY = date(2026, 3, 2)
SCORES = ndtri(np.array([0.025, 0.10, 0.25, 0.75, 0.90, 0.975]))
NONE = pd.DataFrame({"product_id": [], "units": [], "days": []})


def demand_of(*weekly: float, deviation: float = 0.0, weeks: int = 26) -> Demand:
    """Products that sell the same each week, whose sums miss like independent weeks."""
    level = np.array(weekly, np.float32)
    mean = np.repeat(level[:, None], weeks, axis=1)
    roots = np.sqrt(np.array([1, 4, 13, 26]))
    away = deviation * roots[None, :, None] * SCORES[None, None, :]
    names = np.array([f"P{i}" for i in range(len(level))], object)
    shape = (len(level), 4, 6)
    return Demand(names, MONDAY, mean, np.broadcast_to(away, shape).astype(np.float32))


def supply_of(count: int = 1, **given: float) -> pd.DataFrame:
    usual = {
        "on_hand": 40.0,
        "lead_days": 14.0,
        "lead_sd_days": 0.0,
        "pack": 1.0,
        "unit_cost": 2.0,
        "price": 5.0,
    }
    columns = {name: [float(value)] * count for name, value in {**usual, **given}.items()}
    return pd.DataFrame({"product_id": [f"P{i}" for i in range(count)], **columns})


def one(demand: Demand, supply: pd.DataFrame, receipts: pd.DataFrame = NONE, **policy: float):
    told = propose(demand, supply, receipts, policy=Policy(**policy), day=MONDAY)
    return told.iloc[0]


def test_the_sum_of_the_brief():
    """40 a week over 14 + 7 days is 120; 35 besides; 40 in stock: 115, in packs of 12: 120."""
    score = float(ndtri(0.95))
    row = one(demand_of(40, deviation=35 / score / np.sqrt(3)), supply_of(pack=12))
    assert (row["demand"], row["on_hand"], row["on_order"]) == (120, 40, 0)
    assert row["safety"] == pytest.approx(35, abs=1)
    assert row["needed"] == row["demand"] + row["safety"] - 40
    assert (row["packs"], row["units"]) == (10, 120)


def test_late_suppliers_cost_safety_stock():
    """d·σ_L = 40/7 a day × 7 days = 40 units; at 97.5 % that is 1.96 × 40 = 78."""
    row = one(demand_of(40), supply_of(lead_sd_days=7), service_level=0.975)
    assert row["safety"] == pytest.approx(78, abs=1)


def test_what_is_on_its_way_counts_and_the_day_of_the_week_too():
    coming = pd.DataFrame({"product_id": ["P0", "P0"], "units": [30.0, 20.0], "days": [3.0, 9.0]})
    told = propose(demand_of(70), supply_of(), coming, policy=Policy(), day=date(2026, 3, 5))
    assert told["on_order"].iloc[0] == 50
    assert told["demand"].iloc[0] == 210  # three weeks from a Thursday
    assert told["units"].iloc[0] == 210 - 90


def test_stock_runs_out_between_deliveries():
    """10 a day: 40 last 4 days; 30 come on day 3 and last to day 7; 100 on day 9 come too late."""
    coming = pd.DataFrame({"product_id": ["P0", "P0"], "units": [30.0, 100.0], "days": [3.0, 9.0]})
    row = one(demand_of(70), supply_of(), coming)
    assert row["empty_in"] == pytest.approx(7)
    assert row["short"]
    assert row["missed"] >= 20  # the two days before the second delivery, at least


def test_revenue_at_risk_without_any_doubt():
    """10 a day, 40 in stock, 21 days: 170 missed, 100 of them before day 14; 5 each."""
    row = one(demand_of(70), supply_of())
    assert row["missed"] == pytest.approx(170, abs=0.1)
    assert row["at_risk"] == pytest.approx(850, abs=0.5)
    assert row["too_late"] == pytest.approx(500, abs=0.5)
    assert row["saved"] == pytest.approx(350, abs=0.5)


def test_unknown_stock_is_not_taken_for_none():
    row = one(demand_of(40), supply_of(on_hand=np.nan))
    assert row["units"] == 0
    assert np.isnan(row["needed"])
    assert row["reorder_point"] == 120


def test_nothing_is_missed_beyond_what_is_wished():
    mean = np.array([0.3, 5.0, 100.0])
    missed = expected(mean, np.array([0.6, 5.0, 20.0]), np.zeros(3))
    assert missed == pytest.approx(mean)
    draws = np.random.default_rng(1)
    v = np.sqrt(np.log1p((20 / 100) ** 2))
    sample = draws.lognormal(np.log(100) - v * v / 2, v, 400_000)
    found = expected(np.array([100.0]), np.array([20.0]), np.array([110.0]))
    assert found[0] == pytest.approx(np.maximum(sample - 110, 0).mean(), rel=0.02)


@settings(max_examples=40, deadline=None)
@given(
    weekly=st.lists(st.floats(0, 500), min_size=1, max_size=8),
    stock=st.integers(0, 2_000),
    more=st.integers(0, 500),
    pack=st.integers(1, 50),
    service=st.floats(0.5, 0.99),
)
def test_more_stock_never_orders_more(weekly, stock, more, pack, service):
    demand = demand_of(*weekly, deviation=4.0)
    policy = Policy(service_level=service)
    told = [
        propose(demand, supply_of(len(weekly), on_hand=held, pack=pack), NONE,
                policy=policy, day=MONDAY)
        for held in (stock, stock + more)
    ]  # fmt: skip
    assert (told[1]["units"] <= told[0]["units"]).all()
    assert (told[0]["units"] >= 0).all()
    assert (told[0]["units"] % pack == 0).all()
    assert (told[0]["units"] >= told[0]["needed"].clip(lower=0)).all()
    assert (told[0]["demand_low"] <= told[0]["demand_high"]).all()
    assert (told[0]["saved"] <= told[0]["at_risk"] + 1e-6).all()


@settings(max_examples=40, deadline=None)
@given(
    weekly=st.lists(st.floats(1, 300), min_size=1, max_size=12),
    budget=st.floats(0, 5_000),
    pack=st.integers(1, 40),
)
def test_the_budget_is_never_exceeded(weekly, budget, pack):
    demand = demand_of(*weekly, deviation=5.0)
    told = propose(demand, supply_of(len(weekly), pack=pack, on_hand=3), NONE,
                   policy=Policy(), day=MONDAY)  # fmt: skip
    packs = spend(told, budget)
    assert (packs * told["pack"] * told["unit_cost"]).sum() <= budget + 1e-6
    assert (packs <= told["packs"]).all()
    assert (packs >= 0).all()
    assert (spend(told, 1e9) == told["packs"]).all()


def test_money_goes_where_it_saves_most():
    demand = demand_of(10, 10)
    supply = supply_of(2, on_hand=20).assign(price=[10.0, 3.0])
    told = propose(demand, supply, NONE, policy=Policy(), day=MONDAY)
    assert spend(told, 20.0).tolist() == [10.0, 0.0]


def test_a_minimum_is_filled_with_what_is_needed_next():
    demand = demand_of(10, 1)
    supply = supply_of(2, on_hand=30, pack=5)
    more = fill_up(demand, supply, NONE, np.zeros(2), 95.0, day=MONDAY)
    assert more["product_id"].tolist() == ["P0"]
    assert (more["value"].sum(), more["units"].sum()) == (100.0, 50.0)
    assert fill_up(demand, supply, NONE, np.zeros(2), 1e6, day=MONDAY).empty


def test_lead_times_lean_on_what_suppliers_did():
    """8 promised deliveries of 10 days and 8 real ones of 20: 15 days."""
    promised = pd.DataFrame(
        [["a", 10.0, 1.0], ["b", None, None]],
        columns=["supplier_id", "lead_time_days", "lead_time_sd_days"],
    )  # fmt: skip
    done = pd.DataFrame(
        {"supplier_id": ["a"], "deliveries": [8], "mean_days": [20.0], "variance_days": [4.0]}
    )
    found = lead_times(promised, done, default_days=14).set_index("supplier_id")
    assert found.loc["a", "lead_days"] == pytest.approx(15)
    assert found.loc["a", "lead_sd_days"] == pytest.approx(np.sqrt((8 + 32 + 400) / 16))
    assert found.loc["b", ["lead_days", "lead_sd_days"]].tolist() == [14, 3.5]


def test_demand_survives_its_file_and_comes_from_a_forecast():
    weeks = pd.DataFrame(
        {
            "level": "product",
            "series_id": ["a", "a", "b", "b"],
            "week": [pd.Timestamp(MONDAY), pd.Timestamp(MONDAY + timedelta(days=7))] * 2,
            "ahead": [1, 2, 1, 2],
            "mean": [1.0, 2.0, 3.0, 4.0],
            **{name: [0.5, 1.0, 1.5, 2.0] for name in ("lo95", "lo80", "lo50")},
            **{name: [2.0, 4.0, 5.0, 6.0] for name in ("hi50", "hi80", "hi95")},
        }
    )
    sums = weeks[weeks["ahead"] == 1].assign(weeks=4, mean=[3.0, 7.0], hi80=[5.0, 9.0])
    demand = from_forecast(weeks, sums)
    again = from_frame(to_frame(demand))
    assert again.products.tolist() == ["a", "b"]
    np.testing.assert_array_equal(again.mean, demand.mean)
    np.testing.assert_array_equal(again.away, demand.away)
    assert demand.away[0, 1, 4] == pytest.approx(2.0)  # of the sum of four weeks
    assert demand.until(np.array([7.0, 10.5])).tolist() == [1.0, 5.0]


def test_a_frame_with_a_product_twice_is_refused():
    twice = pd.concat([supply_of(), supply_of()])
    with pytest.raises(WrongFrame, match="twice"):
        propose(demand_of(1), twice, NONE, policy=Policy(), day=MONDAY)
    with pytest.raises(WrongFrame, match="negative on_hand"):
        propose(demand_of(1), supply_of(on_hand=-1), NONE, policy=Policy(), day=MONDAY)


def test_another_forecast_changes_the_list():
    now, then = demand_of(40, 5), demand_of(50, 5)
    found = compare(now, then, supply_of(2), NONE, policy=Policy(), day=MONDAY)
    assert (found.changed, found.total) == (1, 2)
    assert found.rows.iloc[0][["before", "after", "change", "money"]].tolist() == [80, 110, 30, 60]


def test_the_course_of_stock_ends_where_the_sum_says():
    demand = demand_of(70)
    drawn = course(demand, 40.0, NONE, order=100.0, lead_days=14, day=MONDAY, weeks=2)
    assert drawn.out_on == MONDAY + timedelta(days=3)
    assert drawn.expected[:4] == (30, 20, 10, 0)
    assert drawn.expected[13] == 90  # the order of day 14 less that day's ten
    assert max(drawn.without[4:]) == 0


def test_a_replay_counts_what_was_missed():
    """Two a day, five on the shelf, an order of four on day 0 that comes on day 4."""
    wishes = np.full((7, 1), 2.0)
    coming = pd.DataFrame({"row": [], "units": [], "day": []}).astype({"row": int, "day": int})
    came = replay(wishes, np.array([5.0]), coming, np.array([[4]]), np.array([4.0]),
                  lambda day, stock, open_: np.array([4.0]), np.array([3.0]))  # fmt: skip
    # Ends of days: 3, 1, 0 (one missed), 0 (two), 2, 0, 0 (two).
    assert (came.out_days, came.lost, came.short_days) == (4, 5.0, 3)
    assert came.mean_stock == pytest.approx(6 / 7)
    assert came.mean_value == pytest.approx(18 / 7)


def test_a_policy_refuses_what_makes_no_sense():
    with pytest.raises(ValueError, match="service level"):
        replace(Policy(), service_level=1.0)
