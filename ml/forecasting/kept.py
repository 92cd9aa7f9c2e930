"""A fitted forecast model and its files: JSON and LightGBM's text, nothing to unpickle."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import lightgbm as lgb

from ml.contract import Value
from ml.errors import ModelError
from ml.forecasting import candidates
from ml.forecasting.backtest import Learner
from ml.forecasting.calibration import Calibration
from ml.forecasting.models import Boosted

FORMAT = 1
DESCRIPTION = "model.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastModel:
    """What is needed to forecast, and the story of how it came about."""

    candidate: str
    parameters: dict[str, Value]
    as_of: date
    seed: int
    learner: Learner
    calibration: Calibration
    categories: tuple[str, ...]  # in the order in which they were learned
    groups: tuple[str, ...]  # category series, likewise
    story: dict[str, Any]  # products, weeks, first and last week learned from

    @property
    def horizon(self) -> int:
        return int(self.parameters["horizon_weeks"])


def save(model: ForecastModel, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    description = {
        "format": FORMAT,
        "candidate": model.candidate,
        "parameters": model.parameters,
        "as_of": model.as_of.isoformat(),
        "seed": model.seed,
        "calibration": model.calibration.to_json(),
        "categories": list(model.categories),
        "groups": list(model.groups),
        "story": model.story,
    }
    if isinstance(model.learner, Boosted):
        description["columns"] = list(model.learner.columns)
        description["boosters"] = len(model.learner.boosters)
        for i, booster in enumerate(model.learner.boosters):
            booster.save_model(str(folder / f"booster_{i}.txt"))
    (folder / DESCRIPTION).write_text(json.dumps(description, indent=1), encoding="utf-8")


def load(folder: Path) -> ForecastModel:
    """Raises `ModelError` where the files are missing or from a later version."""
    try:
        kept = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
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
    learner = candidates.learner(kept["candidate"], kept["parameters"])
    if isinstance(learner, Boosted):
        learner = Boosted(
            parameters=kept["parameters"],
            boosters=tuple(
                lgb.Booster(model_file=str(folder / f"booster_{i}.txt"))
                for i in range(kept["boosters"])
            ),
            columns=tuple(kept["columns"]),
        )
    return ForecastModel(
        candidate=kept["candidate"],
        parameters=kept["parameters"],
        as_of=date.fromisoformat(kept["as_of"]),
        seed=kept["seed"],
        learner=learner,
        calibration=Calibration.from_json(kept["calibration"]),
        categories=tuple(kept["categories"]),
        groups=tuple(kept["groups"]),
        story=kept["story"],
    )
