"""Versions in the model store as a training leaves them, laid down by hand: no MLflow, no wait."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from app.context import Desk
from data_access.models import ModelVersion
from data_access.models.safety import hashes
from data_access.state.champions import change_champion
from ml.contract import capability as capability_of
from ml.fraud import schema
from ml.fraud.calibration import Calibration
from ml.fraud.kept import FraudModel
from ml.fraud.learners.base import Lesson
from ml.fraud.learners.boosted import Boosted
from tests.factories.fraud_cases import NOW

AS_OF = date(2026, 3, 30)
PARAMETERS = {
    "rounds": 5,
    "learning_rate": 0.3,
    "leaves": 4,
    "rows_per_leaf": 5,
    "review_capacity": 60,
    "most_good": 200_000,
}


def fraud_model(seed: int, *, offset: float = 0.0) -> FraudModel:
    """LightGBM on 200 rows in which large amounts are fraud; other seeds say other things.

    offset : in log-odds, added to every score.
    """
    chance = np.random.default_rng(seed)
    x = np.full((200, len(schema.NAMES)), np.nan)
    x[:, schema.NAMES.index("amount")] = amounts = chance.uniform(0, 500, 200)
    fraud = (amounts + chance.normal(0, 60, 200) > 300).astype(float)
    lesson = Lesson(
        x=x,
        columns=schema.NAMES,
        fraud=fraud,
        weight=np.ones(200),
        money=amounts,
        kind=np.full(200, None, object),
        seed=seed,
    )
    return FraudModel(
        candidate="lightgbm",
        parameters=dict(PARAMETERS),
        as_of=AS_OF,
        seed=seed,
        learner=Boosted.of(PARAMETERS).fit(lesson),
        calibration=Calibration(slope=1.0, offset=offset),
        columns=schema.NAMES,
        usual={"amount": 100.0},
        story={"warnings": []},
    )


def lay_version(
    desk: Desk, number: int, model: Any, *, capability: str = "fraud", **changed: Any
) -> ModelVersion:
    """Store a model under a number."""
    folder = desk.models.folder / capability / f"job-{number}"
    capability_of(capability).save(model, folder / "files")
    version = ModelVersion(
        capability=capability,
        candidate=model.candidate,
        parameters=dict(model.parameters),
        snapshot=1,
        as_of=model.as_of,
        asked_by="ann",
        created_at=NOW,
        metrics={},
        baseline={},
        baseline_label="the plain rules",
        beats_baseline=True,
        verdict="Better than the plain rules.",
        seconds=1.0,
        job_id=f"job-{number}",
        number=number,
        files=hashes(folder / "files"),
    )
    version = replace(version, **changed)
    (folder / "version.json").write_text(json.dumps(version.to_json()), encoding="utf-8")
    return version


def files_of(desk: Desk, number: int, capability: str = "fraud") -> Path:
    """The folder of a version's files."""
    return desk.models.folder / capability / f"job-{number}" / "files"


def decide(desk: Desk, *versions: int | None, key: str = "fraud") -> None:
    """Let versions decide, one after the other."""
    for version in versions:
        with desk.state.decide("ann", "champion.activated", f"champion:{key}") as session:
            change_champion(
                session, capability=key, to_version=version, by="ann", now=NOW, passed_check=True
            )


def features(**amounts: float) -> pd.DataFrame:
    """Features of orders by number, of which only the amount is known."""
    index = pd.Index(list(amounts), name="order_id")
    made = pd.DataFrame(np.nan, index=index, columns=list(schema.NAMES))
    made["amount"] = list(amounts.values())
    return made


def facts(made: pd.DataFrame, hours: float = 2) -> pd.DataFrame:
    """What a case says of these orders."""
    return pd.DataFrame(
        {
            "amount": made["amount"],
            "placed_at": pd.Timestamp(NOW) - pd.Timedelta(hours=hours),
            "shipping_country": "FR",
            "method": "card",
        },
        index=made.index,
    )
