"""Kept cases: few rows, whole units, the same for everybody, standing for those left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml import case_rows
from ml.fraud import judged_cases


def rows(units: int = 500, each: int = 10) -> pd.DataFrame:
    names = np.repeat([f"u{number}" for number in range(units)], each)
    count = len(names)
    return case_rows.frame(
        {
            "case": [f"{name}/{number}" for number, name in enumerate(names)],
            "unit": names,
            "group": "all",
            "day": pd.Timestamp("2026-01-05"),
            "actual": np.arange(count) % 7,
            "predicted": 1.0,
            "rule": 2.0,
            "weight": 1.0,
        }
    )


def test_few_rows_are_kept_as_they_are() -> None:
    pd.testing.assert_frame_equal(case_rows.sampled(rows(10)), rows(10))


def test_of_many_rows_whole_units_are_kept_that_stand_for_all() -> None:
    every = rows()
    kept = case_rows.sampled(every, 1_000)

    assert 900 <= len(kept) <= 1_000
    assert (kept.groupby("unit").size() == 10).all()
    assert kept["weight"].sum() == pytest.approx(len(every), rel=1e-4)
    mean = np.average(kept["actual"], weights=kept["weight"])
    assert mean == pytest.approx(every["actual"].mean(), abs=0.2)


def test_the_same_units_are_kept_whatever_else_was_measured() -> None:
    every = rows()
    some = every[every["unit"].isin(every["unit"].unique()[:300])]
    kept = set(case_rows.sampled(every, 1_000)["unit"])
    of_fewer = set(case_rows.sampled(some, 1_000)["unit"])

    assert kept & set(some["unit"]) <= of_fewer


def test_rare_rows_are_kept_and_stand_for_themselves_alone() -> None:
    every = rows()
    rare = np.zeros(len(every), bool)
    rare[[5, 777, 4_321]] = True
    kept = case_rows.sampled(every, 1_000, always=rare)

    assert set(every.loc[rare, "case"]) <= set(kept["case"])
    assert (kept.loc[kept["case"].isin(every.loc[rare, "case"]), "weight"] == 1.0).all()
    assert kept["weight"].sum() == pytest.approx(len(every), rel=1e-4)


def test_orders_linked_by_account_device_or_card_are_one_unit() -> None:
    orders = pd.DataFrame(
        {
            "order_id": ["o1", "o2", "o3", "o4", "o5", "o6"],
            "customer": ["a", "b", "c", None, "e", "e"],
            "device": ["d1", "d1", "d2", None, "d5", "d6"],
            "card": ["k1", "k2", "k2", None, "k5", "k6"],
        }
    )
    found = judged_cases.units(pd.Series(["o3", "o2", "o4", "o1", "o6"], dtype=object), orders)

    # o1 and o2 share a device, o2 and o3 a card; o4 is linked with nobody; o5 was not asked for.
    assert found.tolist() == ["o1", "o1", "o4", "o1", "o6"]


def test_a_shop_without_accounts_devices_and_cards_has_units_of_one_order() -> None:
    orders = pd.DataFrame({"order_id": ["o1", "o2"]})
    found = judged_cases.units(pd.Series(["o2", "o1"], dtype=object), orders)
    assert found.tolist() == ["o2", "o1"]
