"""A fitted fraud model and its files: JSON, LightGBM's text, Parquet; no unpickling."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ml.contract import Value
from ml.errors import ModelError
from ml.fraud import candidates
from ml.fraud.calibration import Calibration
from ml.fraud.learners.base import Learner
from ml.fraud.types import Floats

FORMAT = 1
DESCRIPTION = "model.json"
SCORES = "scores.parquet"

HELD_OUT = ("order_id", "placed_at", "score", "amount", "fraud", "weight")
"""Columns of the scores of the judged days, by the model as it stood before them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FraudModel:
    """What is needed to score, and the story of how it came about."""

    candidate: str
    parameters: dict[str, Value]
    as_of: date
    seed: int
    learner: Learner
    calibration: Calibration
    columns: tuple[str, ...]  # features, in the order in which they were learned
    usual: dict[str, float]  # median of good orders, by feature; NaN left out
    story: dict[str, Any]
    held_out: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(HELD_OUT)))

    def matrix(self, features: pd.DataFrame) -> Floats:
        """[rows, columns]; a feature that is not there is unknown."""
        if list(features.columns) == list(self.columns):
            return np.asarray(features.to_numpy(np.float64))
        at = features.columns.get_indexer(pd.Index(self.columns))
        values = np.asarray(features.to_numpy(np.float64))
        return np.where(at >= 0, values[:, at], np.nan)

    def margin(self, features: pd.DataFrame) -> Floats:
        return self.learner.margin(self.matrix(features))

    def score(self, features: pd.DataFrame) -> Floats:
        """[rows] probability of fraud."""
        return self.calibration.probability(self.margin(features))


def save(model: FraudModel, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    description = {
        "format": FORMAT,
        "candidate": model.candidate,
        "parameters": model.parameters,
        "as_of": model.as_of.isoformat(),
        "seed": model.seed,
        "calibration": model.calibration.to_json(),
        "columns": list(model.columns),
        "usual": model.usual,
        "story": model.story,
        "learner": model.learner.save(folder),
    }
    (folder / DESCRIPTION).write_text(json.dumps(description, indent=1), encoding="utf-8")
    model.held_out.to_parquet(folder / SCORES, index=False)


def load(folder: Path) -> FraudModel:
    """Raises `ModelError` where the files are missing or from a later version."""
    try:
        kept: dict[str, Any] = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    except (OSError, ValueError) as cause:
        raise ModelError(
            f"The model in {folder.name} cannot be read.",
            remedy="Train it again, or undo its activation.",
        ) from cause
    if kept.get("format") != FORMAT:
        raise ModelError(
            f"The model in {folder.name} has format {kept.get('format')}, this version reads "
            f"{FORMAT}.",
            remedy="Train it again with this version.",
        )
    recipe = candidates.learner(kept["candidate"], kept["parameters"])
    told: Mapping[str, Any] = {**kept["learner"], "columns": kept["columns"]}
    return FraudModel(
        candidate=kept["candidate"],
        parameters=kept["parameters"],
        as_of=date.fromisoformat(kept["as_of"]),
        seed=kept["seed"],
        learner=recipe.load(folder, told),
        calibration=Calibration.from_json(kept["calibration"]),
        columns=tuple(kept["columns"]),
        usual={name: float(value) for name, value in kept["usual"].items()},
        story=kept["story"],
        held_out=held_out(folder),
    )


def held_out(folder: Path) -> pd.DataFrame:
    """Scores of the judged days; empty where the model was judged on none."""
    path = folder / SCORES
    if not path.exists():
        return pd.DataFrame(columns=list(HELD_OUT))
    return pd.read_parquet(path)
