"""A fitted forecast model and its files: JSON, LightGBM's text, safetensors; no unpickling."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from ml.contract import Value
from ml.errors import ModelError
from ml.forecasting import candidates
from ml.forecasting.backtest import Learner
from ml.forecasting.baseline import RuleOfThumb
from ml.forecasting.calibration import Calibration

FORMAT = 2
READABLE = (1, 2)
"""Format 1 knew the rule of thumb and LightGBM only, and told of the latter in the open."""

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
    description["learner"] = save_learner(model.learner, folder)
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
    if kept.get("format") not in READABLE:
        raise ModelError(
            f"The model in {folder.name} has format {kept.get('format')}, this version reads "
            f"{' and '.join(map(str, READABLE))}.",
            remedy="Train it again with this version.",
        )
    learner = candidates.learner(kept["candidate"], kept["parameters"])
    learner = load_learner(learner, folder, kept.get("learner", kept))
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


def save_learner(learner: Any, folder: Path) -> dict[str, Any]:
    """Write what was learned into files; what is small is returned, as JSON takes it."""
    if isinstance(learner, RuleOfThumb):
        return {}
    if learner.key != "lightgbm":
        told: dict[str, Any] = learner.save(folder)
        return told
    for i, booster in enumerate(learner.boosters):
        booster.save_model(str(folder / f"booster_{i}.txt"))
    return {
        "columns": list(learner.columns),
        "external": list(learner.external),
        "boosters": len(learner.boosters),
    }


def load_learner(recipe: Any, folder: Path, told: dict[str, Any]) -> Any:
    """The fitted learner from its recipe and what `save_learner` wrote and returned."""
    if isinstance(recipe, RuleOfThumb):
        return recipe
    if recipe.key != "lightgbm":
        return recipe.load(folder, told)
    import lightgbm as lgb

    files = [str(folder / f"booster_{i}.txt") for i in range(told["boosters"])]
    return replace(
        recipe,
        boosters=tuple(lgb.Booster(model_file=file) for file in files),
        columns=tuple(told["columns"]),
        external=tuple(told.get("external", ())),
    )
