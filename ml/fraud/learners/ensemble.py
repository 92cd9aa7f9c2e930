"""Ensemble: what several learners say, weighed by how well they said it on later orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from ml.contract import Parameter, Progress, Value, silent
from ml.fraud.calibration import Link
from ml.fraud.learners.base import Learner, Lesson
from ml.fraud.learners.boosted import Boosted, RandomForest
from ml.fraud.learners.linear import Logistic
from ml.fraud.types import Floats

MEMBERS: tuple[tuple[type[Any], float], ...] = (
    (Boosted, 0.6),
    (RandomForest, 0.3),
    (Logistic, 0.1),
)
"""Learners and their weights: fixed, since weights learned from a few hundred frauds are luck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    key: ClassVar[str] = "ensemble"
    link: ClassVar[Link] = "log-odds"
    labelled: ClassVar[bool] = True
    PARAMETERS: ClassVar[tuple[Parameter, ...]] = (
        Parameter(name="rounds", label="Rounds", kind="int", default=250, minimum=20,
                  maximum=2000, step=10, help="Of the boosted trees."),
        Parameter(name="trees", label="Trees", kind="int", default=150, minimum=20, maximum=1000,
                  step=10, help="Of the forest."),
    )  # fmt: skip

    parameters: Mapping[str, Value] = field(default_factory=dict)
    members: tuple[Learner, ...] = ()
    centers: tuple[float, ...] = ()  # of each member's margin on what it learned from
    scales: tuple[float, ...] = ()

    @classmethod
    def of(cls, parameters: Mapping[str, Value]) -> Self:
        return cls(parameters=parameters, members=tuple(_recipes(parameters)))

    def fit(self, lesson: Lesson, progress: Progress = silent) -> Ensemble:
        lesson.check()
        fitted: list[Learner] = []
        centers, scales = [], []
        for number, member in enumerate(self.members):

            def told(step: str, share: float, at: int = number) -> None:
                progress(step, (at + share) / len(self.members))

            one = member.fit(lesson, told)
            margin = one.margin(lesson.x)
            fitted.append(one)
            centers.append(float(np.average(margin, weights=lesson.weight)))
            scales.append(max(float(margin.std()), 1e-9))
        return replace(self, members=tuple(fitted), centers=tuple(centers), scales=tuple(scales))

    def margin(self, x: Floats) -> Floats:
        total = np.zeros(len(x))
        for member, center, rate in self._weighed():
            total += (member.margin(x) - center) * rate
        return total

    def contributions(self, x: Floats) -> Floats:
        total: Floats | None = None
        for member, center, rate in self._weighed():
            parts = member.contributions(x)
            parts[:, -1] -= center
            total = parts * rate if total is None else total + parts * rate
        assert total is not None
        return total

    def save(self, folder: Path, name: str = "model") -> dict[str, Any]:
        return {
            "members": [
                {"key": member.key, "told": member.save(folder, f"{name}_{member.key}")}
                for member in self.members
            ],
            "centers": list(self.centers),
            "scales": list(self.scales),
        }

    def load(self, folder: Path, told: Mapping[str, Any], name: str = "model") -> Ensemble:
        members = tuple(
            recipe.load(
                folder, {**kept["told"], "columns": told["columns"]}, f"{name}_{recipe.key}"
            )
            for recipe, kept in zip(self.members, told["members"], strict=True)
        )
        return replace(
            self,
            members=members,
            centers=tuple(told["centers"]),
            scales=tuple(told["scales"]),
        )

    def _weighed(self) -> list[tuple[Learner, float, float]]:
        return [
            (member, center, weight / scale)
            for member, center, scale, (_, weight) in zip(
                self.members, self.centers, self.scales, MEMBERS, strict=True
            )
        ]


def _recipes(parameters: Mapping[str, Value]) -> list[Any]:
    made = []
    for kind, _ in MEMBERS:
        defaults = {one.name: one.default for one in kind.PARAMETERS}
        made.append(kind.of({**defaults, **{k: v for k, v in parameters.items() if k in defaults}}))
    return made
