"""Shops that are young, small, or without labels: a clear word instead of a wrong figure."""

from __future__ import annotations

import pandas as pd
import pytest

from ml.contract import Frames
from ml.errors import NotEnoughData
from ml.fraud import FRAUD
from tests.factories.fraud_shops import last_day, planted_shop
from tests.ml.slow import each

QUICK = {"isolation_forest": {"trees": 50}}


def without_labels(frames: Frames) -> Frames:
    return {"orders": frames["orders"], "labels": frames["labels"].head(0)}


@pytest.mark.parametrize("key", ["rules", "isolation_forest"])
def test_a_shop_without_chargebacks_is_scored_and_nothing_is_claimed(key: str):
    frames = without_labels(planted_shop(2_000))
    given = {"as_of": last_day(), "seed": 1, "parameters": QUICK.get(key)}
    found = FRAUD.evaluate(key, frames, **given)
    assert not found.beats_baseline
    assert "No better than" in found.verdict or "only 0 frauds" in found.verdict
    assert any("mostly luck" in one for one in found.warnings)
    model = FRAUD.fit(key, frames, evaluation=found, **given)
    told = FRAUD.predict(model, frames, as_of=last_day())
    assert len(told)
    assert told["score"].between(0, 1).all()
    assert (told["score"] < 0.8).mean() > 0.99  # strange is not proven


@each(["lightgbm", "logistic", "attention", "ensemble"])
def test_what_learns_from_fraud_says_that_there_is_none(key: str):
    with pytest.raises(NotEnoughData) as refused:
        FRAUD.evaluate(key, without_labels(planted_shop(1_000)), as_of=last_day(), seed=1)
    assert "Isolation Forest" in refused.value.remedy


@pytest.mark.parametrize("days", [20, 100])
def test_a_shop_younger_than_its_chargebacks_is_scored_by_the_rules(days: int):
    frames = planted_shop(600, days=days)
    found = FRAUD.evaluate("rules", frames, as_of=last_day(days), seed=1)
    assert not found.beats_baseline
    model = FRAUD.fit("rules", frames, as_of=last_day(days), seed=1, evaluation=found)
    assert len(FRAUD.predict(model, frames, as_of=last_day(days)))


def test_a_shop_without_orders_is_told_what_is_missing():
    frames = planted_shop(100)
    empty = {"orders": frames["orders"].head(0), "labels": frames["labels"].head(0)}
    with pytest.raises(NotEnoughData):
        FRAUD.evaluate("lightgbm", empty, as_of=last_day(), seed=1)


def test_columns_that_a_shop_lacks_leave_their_features_out_and_that_is_told():
    frames = planted_shop(3_500)
    poor = {
        "orders": frames["orders"][["order_id", "placed_at", "amount", "customer", "units"]],
        "labels": frames["labels"],
    }
    found = FRAUD.evaluate("lightgbm", poor, as_of=last_day(), seed=1, parameters={"rounds": 30})
    assert any("features are missing" in one for one in found.warnings)
    model = FRAUD.fit(
        "lightgbm", poor, as_of=last_day(), seed=1, evaluation=found, parameters={"rounds": 30}
    )
    assert "device_orders_day" not in model.columns
    # A later snapshot that has the columns is scored by the model that never saw them.
    assert len(FRAUD.predict(model, frames, as_of=last_day())) == len(
        FRAUD.predict(model, poor, as_of=last_day())
    )


@pytest.mark.slow_suite
def test_a_network_learns_a_shop_without_devices():
    frames = planted_shop(3_500)
    poor = {
        "orders": frames["orders"][["order_id", "placed_at", "amount", "customer", "units"]],
        "labels": frames["labels"],
    }
    found = FRAUD.evaluate(
        "attention", poor, as_of=last_day(), seed=1, parameters={"steps": 50, "width": 4}
    )
    assert found.cases > 0


def test_orders_whose_amount_is_not_known_are_scored():
    frames = planted_shop(3_500)
    orders = frames["orders"].copy()
    orders.loc[orders.index[-5:], "amount"] = float("nan")
    given = {"as_of": last_day(), "seed": 1, "parameters": {"rounds": 30}}
    model = FRAUD.fit("lightgbm", {**frames, "orders": orders}, **given)
    told = FRAUD.predict(model, {**frames, "orders": orders}, as_of=last_day())
    assert told["score"].notna().all()
    assert isinstance(told, pd.DataFrame)
