"""Forecasting keeps the contract of all capabilities."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

import pandas as pd

from ml.contract import Frames, Parameters, capabilities
from ml.forecasting import FORECASTING
from tests.factories.panels import aimless_shop, last_day, seasonal_shop
from tests.ml.contract import CapabilityContract


class TestForecasting(CapabilityContract):
    capability = FORECASTING
    as_of = last_day(130)
    learned_candidate = "lightgbm"
    quick: ClassVar[dict[str, Parameters]] = {
        "lightgbm": {"horizon_weeks": 6, "rounds": 40, "most_rows": 20_000, "rows_per_leaf": 50},
        "rule_of_thumb": {"horizon_weeks": 6},
    }

    @staticmethod
    def signal() -> Frames:
        return seasonal_shop()

    @staticmethod
    def noise() -> Frames:
        return aimless_shop()

    @staticmethod
    def with_future(frames: Frames, as_of: date) -> Frames:
        """Sales of weeks to come, a plan not yet announced, and an end nobody knows of."""
        panel = frames["panel"]
        later = panel.tail(200).assign(
            week=lambda f: f["week"] + pd.Timedelta(weeks=30), units=9999.0
        )
        later = later[later["week"] > pd.Timestamp(as_of)].drop_duplicates(["product_id", "week"])
        assert len(later)
        start = as_of + timedelta(days=1)
        plan = pd.DataFrame(
            {
                "product_id": [None],
                "category_id": [None],
                "discount": [0.9],
                "starts_on": [start],
                "ends_on": [start + timedelta(days=20)],
                "announced_at": [pd.Timestamp(start)],
            }
        )
        promotions = pd.concat([frames["promotions"].astype(object), plan.astype(object)])
        ends = frames["products"].assign(ended_on=start + timedelta(days=3))
        return {
            **frames,
            "panel": pd.concat([panel, later], ignore_index=True),
            "promotions": promotions,
            "products": ends,
        }


def test_forecasting_is_listed() -> None:
    assert "forecasting" in [capability.key for capability in capabilities()]
