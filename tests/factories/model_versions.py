"""Stored versions without a training and without MLflow: only what pages and services read."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from app.context import Desk
from app.services.training.one import CASES
from data_access.models import ModelVersion
from data_access.models.safety import hashes
from data_access.models.version import light
from data_access.state.champions import change_champion
from ml.case_rows import frame

NOW = datetime(2026, 3, 31, 12)


def case_rows(
    seed: int = 0, *, spread: float = 2.0, units: int = 30, days: int = 20, shift: float = 0.0
) -> pd.DataFrame:
    """Sales of products by day, missed by so much; the same cases whatever the seed."""
    fixed, chance = np.random.default_rng(99), np.random.default_rng(seed)
    unit, day = (grid.ravel() for grid in np.meshgrid(range(units), range(days)))
    actual = fixed.poisson(20, len(unit)).astype(float)
    rule = np.maximum(actual + fixed.normal(0, 6, len(unit)), 0)
    return frame(
        {
            "case": [f"p{a}/{b}" for a, b in zip(unit, day, strict=True)],
            "unit": [f"p{one}" for one in unit],
            "group": np.where(unit % 3 == 0, "Best sellers, steady", "Slow sellers, irregular"),
            "day": pd.Timestamp("2026-01-01") + pd.to_timedelta(day, unit="D"),
            "actual": actual,
            "predicted": np.maximum(actual + shift + chance.normal(0, spread, len(unit)), 0),
            "rule": rule,
            "weight": 1.0,
        }
    )


def lay_version(
    desk: Desk,
    number: int,
    *,
    capability: str = "forecasting",
    candidate: str = "lightgbm",
    cases: pd.DataFrame | None = None,
    wape: float = 0.2,
    beats: bool = True,
    parameters: dict[str, Any] | None = None,
    summary: dict[str, Any] | None = None,
    asked_by: str = "ann",
    measure: str = "wape",
) -> ModelVersion:
    """A version in the store's folder, as a reader finds it."""
    folder = desk.models.folder / capability / f"job-{number}"
    (folder / "files").mkdir(parents=True)
    (folder / "files" / "model.json").write_text(json.dumps({"number": number}))
    if cases is not None:
        cases.to_parquet(folder / "files" / CASES, index=False)
    version = ModelVersion(
        capability=capability,
        candidate=candidate,
        parameters={"rounds": 100 + number} if parameters is None else parameters,
        snapshot=1,
        as_of=date(2026, 3, 31),
        asked_by=asked_by,
        created_at=NOW + timedelta(minutes=number),
        metrics={measure: wape},
        baseline={measure: 0.3},
        baseline_label="the mean of the last 8 weeks",
        beats_baseline=beats,
        verdict=f"Better than the mean of the last 8 weeks: {wape * 100:.0f} % against 30 %.",
        seconds=12.0,
        job_id=f"job-{number}",
        summary={
            "first_day": "2026-01-01",
            "last_day": "2026-03-01",
            "cases": 600,
            "warnings": [],
            "tables": {"by_level": [{"level": "shop", "wape": wape}]},
            **(summary or {}),
        },
        number=number,
        files=hashes(folder / "files"),
    )
    _write(folder / "facts.json", {**version.to_json(), "number": 0})
    _write(folder / "head.json", light(version.to_json()))
    _write(folder / "version.json", version.to_json())
    return version


def decide(desk: Desk, number: int | None, *, key: str = "forecasting", by: str = "ann") -> int:
    """Let a version decide; gives the number of the activation."""
    with desk.state.decide(by, "champion.activated", f"champion:{key}") as session:
        return change_champion(
            session, capability=key, to_version=number, by=by, now=NOW, passed_check=True
        ).change_id


def _write(path: Path, told: dict[str, Any]) -> None:
    path.write_text(json.dumps(told))
