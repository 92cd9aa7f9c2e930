"""LightGBM: boosted trees, or the same trees side by side (its Random Forest)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from ml.contract import Parameter, Progress, Value, silent
from ml.fraud.calibration import Link
from ml.fraud.learners.base import Lesson
from ml.fraud.types import THREADS, Floats

FEW_ROWS = 5_000
"""Rows up to which one thread answers sooner than two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boosted:
    key: ClassVar[str] = "lightgbm"
    link: ClassVar[Link] = "log-odds"
    labelled: ClassVar[bool] = True
    PARAMETERS: ClassVar[tuple[Parameter, ...]] = (
        Parameter(name="rounds", label="Rounds", kind="int", default=250, minimum=20,
                  maximum=2000, step=10, help="Trees that correct each other, one by one."),
        Parameter(name="learning_rate", label="Step", kind="float", default=0.05, minimum=0.005,
                  maximum=0.5, step=0.005, advanced=True,
                  help="How far each tree may correct; smaller needs more rounds."),
        Parameter(name="leaves", label="Leaves a tree", kind="int", default=15, minimum=4,
                  maximum=255, advanced=True, help="How many cases one tree tells apart."),
        Parameter(name="rows_per_leaf", label="Orders a leaf", kind="int", default=40, minimum=5,
                  maximum=5000, advanced=True,
                  help="Fewer learn rarer patterns, and more of chance."),
    )  # fmt: skip

    parameters: Mapping[str, Value] = field(default_factory=dict)
    booster: Any = None  # lightgbm.Booster

    @classmethod
    def of(cls, parameters: Mapping[str, Value]) -> Self:
        return cls(parameters=parameters)

    def fit(self, lesson: Lesson, progress: Progress = silent) -> Self:
        import lightgbm as lgb

        lesson.check()
        rounds = int(self.parameters[self.rounds_name])
        data = lgb.Dataset(
            lesson.x,
            lesson.fraud,
            weight=lesson.weight,
            feature_name=list(lesson.columns),
            free_raw_data=True,
        )

        def told(env: Any) -> None:
            progress("learning", (env.iteration + 1) / rounds)

        booster = lgb.train(self.settings(lesson), data, num_boost_round=rounds, callbacks=[told])
        # As it will be read back, so that a kept model says the very same.
        return replace(self, booster=lgb.Booster(model_str=booster.model_to_string()))

    rounds_name: ClassVar[str] = "rounds"

    def settings(self, lesson: Lesson) -> dict[str, Any]:
        given = self.parameters
        return {
            **_common(lesson),
            "learning_rate": float(given["learning_rate"]),
            "num_leaves": int(given["leaves"]),
            "min_data_in_leaf": int(given["rows_per_leaf"]),
            "min_sum_hessian_in_leaf": 1.0,
            "feature_fraction": 0.6,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "lambda_l2": 5.0,
        }

    def margin(self, x: Floats) -> Floats:
        return np.asarray(
            self.booster.predict(x, raw_score=True, num_threads=few_threads(x)), np.float64
        )

    def contributions(self, x: Floats) -> Floats:
        """TreeSHAP by LightGBM itself (Lundberg and Lee, 2017)."""
        return np.asarray(
            self.booster.predict(x, pred_contrib=True, num_threads=few_threads(x)), np.float64
        )

    def save(self, folder: Path, name: str = "model") -> dict[str, Any]:
        self.booster.save_model(str(folder / f"{name}.txt"))
        return {}

    def load(self, folder: Path, told: Mapping[str, Any], name: str = "model") -> Self:
        import lightgbm as lgb

        return replace(self, booster=lgb.Booster(model_file=str(folder / f"{name}.txt")))


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomForest(Boosted):
    key: ClassVar[str] = "random_forest"
    link: ClassVar[Link] = "share"
    rounds_name: ClassVar[str] = "trees"
    PARAMETERS: ClassVar[tuple[Parameter, ...]] = (
        Parameter(name="trees", label="Trees", kind="int", default=150, minimum=20, maximum=1000,
                  step=10, help="Trees that vote side by side."),
        Parameter(name="leaves", label="Leaves a tree", kind="int", default=127, minimum=4,
                  maximum=1023, advanced=True, help="How many cases one tree tells apart."),
        Parameter(name="rows_per_leaf", label="Orders a leaf", kind="int", default=20, minimum=2,
                  maximum=5000, advanced=True,
                  help="Fewer learn rarer patterns, and more of chance."),
    )  # fmt: skip

    def settings(self, lesson: Lesson) -> dict[str, Any]:
        given = self.parameters
        return {
            **_common(lesson),
            # Each leaf says its share of fraud; the trees' mean is a share too.
            "objective": "regression",
            "boost_from_average": False,
            "boosting": "rf",
            "num_leaves": int(given["leaves"]),
            "min_data_in_leaf": int(given["rows_per_leaf"]),
            "feature_fraction": 0.3,
            "feature_fraction_bynode": 0.5,
            "bagging_fraction": 0.63,
            "bagging_freq": 1,
        }

    def margin(self, x: Floats) -> Floats:
        # Raw scores and contributions of its forests are sums over the trees, not means.
        return Boosted.margin(self, x) / float(self.booster.num_trees())

    def contributions(self, x: Floats) -> Floats:
        return Boosted.contributions(self, x) / float(self.booster.num_trees())


def _common(lesson: Lesson) -> dict[str, Any]:
    return {
        "objective": "binary",
        "seed": lesson.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": THREADS,
        "verbosity": -1,
    }


def few_threads(x: Floats) -> int:
    return 1 if len(x) < FEW_ROWS else THREADS
