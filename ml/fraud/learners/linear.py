"""Logistic regression: one weight a fact, the easiest model to question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from ml.contract import Parameter, Progress, Value, silent
from ml.fraud.calibration import Link
from ml.fraud.learners.base import Lesson
from ml.fraud.learners.design import Design
from ml.fraud.types import Floats

STEPS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Logistic:
    key: ClassVar[str] = "logistic"
    link: ClassVar[Link] = "log-odds"
    labelled: ClassVar[bool] = True
    PARAMETERS: ClassVar[tuple[Parameter, ...]] = (
        Parameter(name="shrink", label="Shrink", kind="float", default=10.0, minimum=0.01,
                  maximum=10000.0, advanced=True,
                  help="Pulls weights towards nothing; more for a shop with few frauds."),
    )  # fmt: skip

    parameters: Mapping[str, Value] = field(default_factory=dict)
    design: Design | None = None
    weights: Floats = field(default_factory=lambda: np.zeros(0))
    offset: float = 0.0

    @classmethod
    def of(cls, parameters: Mapping[str, Value]) -> Self:
        return cls(parameters=parameters)

    def fit(self, lesson: Lesson, progress: Progress = silent) -> Logistic:
        lesson.check()
        design = Design.learn(lesson.x, lesson.columns)
        x = design.apply(lesson.x)
        y, w = lesson.fraud, lesson.weight
        beta = np.zeros(x.shape[1] + 1)
        rate = float(np.clip(np.average(y, weights=w), 1e-6, 1 - 1e-6))
        beta[-1] = np.log(rate / (1 - rate))
        ridge = np.full(len(beta), float(self.parameters["shrink"]))
        ridge[-1] = 1e-6
        for step in range(STEPS):
            progress("learning", step / STEPS)
            p = 1.0 / (1.0 + np.exp(-np.clip(x @ beta[:-1] + beta[-1], -30, 30)))
            curve = w * np.maximum(p * (1 - p), 1e-9)
            gap = w * (y - p)
            gradient = np.append(x.T @ gap, gap.sum()) - ridge * beta
            weighted = x * curve[:, None]
            hessian = np.empty((len(beta), len(beta)))
            hessian[:-1, :-1] = x.T @ weighted
            hessian[-1, :-1] = hessian[:-1, -1] = weighted.sum(axis=0)
            hessian[-1, -1] = curve.sum()
            change = np.clip(np.linalg.solve(hessian + np.diag(ridge), gradient), -2, 2)
            beta = beta + change
            if float(np.abs(change).max()) < 1e-6:
                break
        return replace(self, design=design, weights=beta[:-1], offset=float(beta[-1]))

    def margin(self, x: Floats) -> Floats:
        assert self.design is not None
        return np.asarray(self.design.apply(x) @ self.weights + self.offset)

    def contributions(self, x: Floats) -> Floats:
        """Weight times distance from the mean order."""
        assert self.design is not None
        parts = self.design.by_feature(self.design.apply(x) * self.weights)
        return np.column_stack([parts, np.full(len(x), self.offset)])

    def save(self, folder: Path, name: str = "model") -> dict[str, Any]:
        assert self.design is not None
        return {
            "design": self.design.to_json(),
            "weights": self.weights.tolist(),
            "offset": self.offset,
        }

    def load(self, folder: Path, told: Mapping[str, Any], name: str = "model") -> Logistic:
        return replace(
            self,
            design=Design.from_json(told["design"]),
            weights=np.array(told["weights"], np.float64),
            offset=float(told["offset"]),
        )
