"""Bursts that flatter a model are found, told, and left out of what is claimed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.fraud import FRAUD, bursts
from tests.factories import signup_fraud
from tests.factories.fraud_shops import planted_shop
from tests.factories.sample_data import sample_data_folder


def orders_of_a_year(n: int = 4_000) -> tuple[pd.DataFrame, pd.Series, np.ndarray]:
    """Good orders, 2 % of steady fraud, no burst."""
    chance = np.random.default_rng(1)
    placed = pd.Series(
        pd.Timestamp("2026-01-01") + pd.to_timedelta(np.sort(chance.uniform(0, 365, n)), unit="D")
    )
    features = pd.DataFrame(
        {"account_hours": chance.uniform(5, 5_000, n), "amount": chance.uniform(5, 300, n)}
    )
    return features, placed, (chance.random(n) < 0.02).astype(float)


def test_a_burst_within_a_minute_of_sign_up_is_found_by_itself():
    features, placed, fraud = orders_of_a_year()
    early = np.flatnonzero(placed < "2026-01-20")[:150]
    features.loc[early, "account_hours"] = 1 / 3600
    fraud[early] = 1.0

    found = bursts.find(features, placed, fraud)

    assert [(one.feature, one.at_most, one.orders) for one in found] == [
        ("account_hours", True, 150)
    ]
    assert found[0].limit == pytest.approx(1 / 60)
    assert "at most 60 seconds" in found[0].sentence
    assert "none came since" in found[0].sentence


def test_fraud_that_goes_on_all_year_is_no_burst():
    features, placed, fraud = orders_of_a_year()
    all_year = np.arange(0, 4_000, 20)
    features.loc[all_year, "account_hours"] = 1 / 3600
    fraud[all_year] = 1.0

    assert bursts.find(features, placed, fraud) == ()


def test_a_shop_without_fraud_has_no_burst():
    features, placed, fraud = orders_of_a_year()
    assert bursts.find(features, placed, np.zeros(len(fraud))) == ()


def test_steady_planted_fraud_is_told_without_any_burst():
    from tests.factories.fraud_shops import last_day

    found = FRAUD.evaluate(
        "lightgbm", planted_shop(), as_of=last_day(), seed=1, parameters={"rounds": 40}
    )
    assert "bursts" not in found.tables


def test_sign_up_fraud_is_no_better_than_chance_by_time_though_a_split_by_chance_flatters():
    folder = sample_data_folder()
    if folder is None or not (folder / signup_fraud.FILE).exists():
        pytest.skip("the data set of sign-up fraud is not here")
    frames, as_of = signup_fraud.frames(folder)

    found = FRAUD.evaluate("lightgbm", frames, as_of=as_of, seed=7, parameters={"rounds": 120})

    auc = found.tables["honesty"].set_index(["split", "burst"])["auc"]
    assert auc["by chance", "with"] > 0.72
    assert auc["by chance", "without"] < 0.6
    assert 0.45 < auc["by time", "with"] < 0.6
    assert "no better than chance" in found.verdict
    assert not found.beats_baseline
    told = found.tables["bursts"].iloc[0]
    assert (told["feature"], told["later"]) == ("account_hours", 0)
    assert told["frauds"] == told["orders"] > 1_400
