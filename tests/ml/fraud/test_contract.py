"""Fraud review keeps the contract of all capabilities."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

import pandas as pd

from ml.contract import Frames, Parameters
from ml.fraud import FRAUD
from tests.factories.fraud_shops import aimless_shop, last_day, planted_shop
from tests.ml.contract import CapabilityContract


class TestFraud(CapabilityContract):
    capability = FRAUD
    as_of = last_day()
    learned_candidate = "lightgbm"
    prediction_column = "score"
    quick: ClassVar[dict[str, Parameters]] = {"lightgbm": {"rounds": 60}}

    @staticmethod
    def signal() -> Frames:
        return planted_shop()

    @staticmethod
    def noise() -> Frames:
        return aimless_shop()

    @staticmethod
    def with_future(frames: Frames, as_of: date) -> Frames:
        """Orders of days to come, and chargebacks that nobody has heard of yet."""
        later = pd.Timestamp(as_of) + pd.Timedelta(days=3)
        orders, labels = frames["orders"], frames["labels"]
        more = orders.tail(300).assign(
            order_id=lambda f: "X" + f["order_id"],
            placed_at=later + pd.to_timedelta(range(300), unit="min"),
            amount=99_999.0,
        )
        told = pd.DataFrame(
            {
                "order_id": orders["order_id"].head(2_000).to_numpy(object),
                "known_at": later,
                "source": "chargeback",
                "fraud": True,
                "amount": 1_000_000.0,
            }
        )
        return {
            "orders": pd.concat([orders, more], ignore_index=True),
            "labels": pd.concat([labels, told], ignore_index=True),
        }
