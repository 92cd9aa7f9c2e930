"""What every way to learn fraud offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import numpy as np

from ml.contract import Progress, Value, silent
from ml.errors import NotEnoughData
from ml.fraud.calibration import Link
from ml.fraud.types import Floats

FEWEST_FRAUDS = 30
"""Known frauds under which nothing can be learned from labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What is learned from: one row an order, one column a feature of `columns`."""

    x: Floats  # NaN where unknown
    columns: tuple[str, ...]
    fraud: Floats  # 1 or 0
    weight: Floats
    money: Floats
    kind: np.ndarray[Any, np.dtype[np.object_]]
    seed: int

    def check(self) -> None:
        """Raise `NotEnoughData` where there are too few labels to learn from."""
        frauds = int((self.fraud == 1.0).sum())
        if frauds < FEWEST_FRAUDS or not (self.fraud == 0.0).any():
            raise NotEnoughData(
                "Orders known to be fraud, with good ones beside them",
                found=frauds if (self.fraud == 0.0).any() else 0,
                needed=FEWEST_FRAUDS,
                remedy="Train Isolation Forest, which needs no chargebacks, until more are known.",
            )


class Learner(Protocol):
    """Something that puts orders in the order of their suspicion."""

    key: ClassVar[str]
    link: ClassVar[Link]
    labelled: ClassVar[bool]
    """Whether it learns from known fraud, or from orders alone."""

    @classmethod
    def of(cls, parameters: Mapping[str, Value]) -> Self:
        """The recipe; nothing is learned yet."""

    def fit(self, lesson: Lesson, progress: Progress = silent) -> Self: ...

    def margin(self, x: Floats) -> Floats:
        """[rows] higher is riskier; log-odds where the learner knows them."""

    def contributions(self, x: Floats) -> Floats:
        """[rows, features + 1] what each feature adds to the margin; the last column is where
        every order starts. A row sums to its margin."""

    def save(self, folder: Path, name: str = "model") -> dict[str, Any]:
        """Write what was learned; what is small is returned, as JSON takes it."""

    def load(self, folder: Path, told: Mapping[str, Any], name: str = "model") -> Self: ...
