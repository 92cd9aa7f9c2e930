"""A version of fraud review as a training leaves it, without the training."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from app.context import Desk
from data_access.models import ModelVersion, NewVersion
from data_access.state.champions import change_champion
from tests.factories.app_database import lay_model_database
from tests.factories.fraud_cases import NOW


def scored_orders(orders: int = 2_000) -> pd.DataFrame:
    """Sixty days in which every second one of the riskiest is fraud."""
    chance = np.random.default_rng(3)
    score = np.sort(chance.random(orders))[::-1] ** 6
    return pd.DataFrame(
        {
            "order_id": [f"o{number}" for number in range(orders)],
            "placed_at": pd.Timestamp("2026-01-01")
            + pd.to_timedelta(chance.integers(0, 60 * 24, orders), unit="h"),
            "score": score,
            "amount": chance.uniform(10, 300, orders),
            "fraud": (chance.random(orders) < score * 0.5).astype(float),
            "weight": 1.0,
        }
    )


def add_version(
    desk: Desk,
    *,
    job_id: str = "version",
    candidate: str = "lightgbm",
    average_precision: float = 0.6,
    beats: bool = True,
    decides: bool = False,
    burst: bool = False,
) -> ModelVersion:
    """A stored version with its scores of later orders; `burst`: one was found and told."""
    metrics = {
        "average_precision": average_precision,
        "auc": 0.9,
        "precision_1": 0.5,
        "recall_1": 0.4,
        "money_caught": 0.45,
    }
    tables: dict[str, list[dict[str, object]]] = {
        "by_kind": [
            {"kind": "card_testing", "frauds": 20, "found": 15, "recall": 0.75},
            {"kind": "stolen_card", "frauds": 10, "found": 2, "recall": 0.2},
        ],
        "by_week": [
            {"week": "2026-01-05", "frauds": 8, "money_caught": 0.5},
            {"week": "2026-01-12", "frauds": 9, "money_caught": 0.4},
        ],
        "calibration": [
            {"from": 0.0, "to": 0.1, "orders": 1_900, "told": 0.01, "came": 0.01},
            {"from": 0.5, "to": 0.6, "orders": 40, "told": 0.55, "came": 0.5},
        ],
        "intervals": [{"measure": "auc", "low": 0.85, "high": 0.94}],
    }
    if burst:
        tables["bursts"] = [{"sentence": "A burst: 90 of 100 known frauds came within a minute."}]
        tables["honesty"] = [
            {
                "split": split, "burst": "with", "auc": auc, "low": auc - 0.03, "high": auc + 0.03,
                "orders": 500, "frauds": 50,
            }
            for split, auc in (("by chance", 0.84), ("by time", 0.53))
        ]  # fmt: skip
    if not (desk.settings.home / "models.db").exists():
        lay_model_database(desk.settings.home)
    with tempfile.TemporaryDirectory() as folder:
        scored_orders().to_parquet(Path(folder) / "scores.parquet", index=False)
        version = desk.models.create_version(
            NewVersion(
                capability="fraud",
                candidate=candidate,
                parameters={},
                snapshot=1,
                as_of=date(2026, 3, 31),
                asked_by="ann",
                created_at=NOW,
                metrics=metrics,
                baseline={**metrics, "average_precision": 0.3, "auc": 0.7},
                baseline_label="the plain rules",
                beats_baseline=beats,
                verdict="Better than the plain rules: average precision 60.0 % against 30.0 %.",
                seconds=1.0,
                job_id=job_id,
                summary={
                    "first_day": "2026-01-01",
                    "last_day": "2026-03-01",
                    "cases": 2_000,
                    "warnings": [],
                    "tables": tables,
                },
            ),
            Path(folder),
        )
    if decides:
        with desk.state.decide("ann", "champion.activated", "champion:fraud") as session:
            change_champion(
                session,
                capability="fraud",
                to_version=version.number,
                by="ann",
                now=NOW,
                passed_check=True,
            )
    return version
