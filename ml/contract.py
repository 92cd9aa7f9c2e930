"""What every capability offers, and the list of capabilities.

A capability answers one question of the business with a learned model that is always measured
against a rule of thumb. Forms, jobs, Home and the model pages are drawn from what it declares
here, so a new capability needs no new page machinery: it implements `Capability`, is listed in
`capabilities()`, and passes `tests/ml/contract.py`.

Everything that a capability reads comes as `Frames`: named pandas frames that it declares in
`inputs`. Time enters as `as_of` (the last local day that may be known), chance as `seed`, and
nothing is read from a clock, a database or the network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import pandas as pd

from ml.declared import (
    Candidate,
    InputColumn,
    InputFrame,
    Measure,
    Parameter,
    Parameters,
    Value,
)
from ml.errors import ModelError, NotEnoughData, WrongFrame, WrongParameter

Progress = Callable[[str, float], None]
"""Called with the step in words and the share done, 0 to 1. It may raise to cancel."""

Frames = Mapping[str, pd.DataFrame]
"""Input frames by the names declared in `Capability.inputs`."""


CASE_COLUMNS = ("case", "unit", "group", "day", "actual", "predicted", "rule", "weight")
"""Of `Evaluation.case_rows`: what was predicted (str, the same for every version that was asked
the same), what it hangs together with (str: rows of one unit are drawn together when luck is
measured), its segment in words (str), the day it is about (datetime64), what came, what the
candidate said, what the rule of thumb said, and for how many it stands (float each)."""


def silent(step: str, share: float) -> None:
    """A progress callback that says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """How good a candidate would have been, beside the rule of thumb, on the same cases."""

    candidate: str
    parameters: dict[str, Value]
    metrics: dict[str, float]  # by slug of `Capability.measures`
    baseline_metrics: dict[str, float]  # the same slugs, same cases
    baseline_label: str  # e.g. "the mean of the last 8 weeks"
    beats_baseline: bool
    verdict: str  # one sentence for staff, with both figures
    first_day: date  # period on which it was measured
    last_day: date
    cases: int  # how many predictions were compared with what came
    seconds: float
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)  # e.g. "by_horizon"
    warnings: tuple[str, ...] = ()
    learned: Any = None  # what `fit` may reuse (calibration); opaque to everybody else
    case_rows: pd.DataFrame | None = None  # one row a case that was compared, see CASE_COLUMNS

    def to_json(self) -> dict[str, Any]:
        """All but `learned` and `case_rows`, in plain types, as it is kept with a model version."""
        return {
            "candidate": self.candidate,
            "parameters": dict(self.parameters),
            "metrics": dict(self.metrics),
            "baseline_metrics": dict(self.baseline_metrics),
            "baseline_label": self.baseline_label,
            "beats_baseline": self.beats_baseline,
            "verdict": self.verdict,
            "first_day": self.first_day.isoformat(),
            "last_day": self.last_day.isoformat(),
            "cases": self.cases,
            "seconds": self.seconds,
            "warnings": list(self.warnings),
            "tables": {
                name: frame.to_dict(orient="records") for name, frame in self.tables.items()
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would change if another model decided."""

    sentence: str  # "37 of 300 products change by more than 20 %"
    changed: int
    total: int
    rows: pd.DataFrame  # one row a changed entity, largest change first; columns below
    columns: dict[str, str]  # column → label with unit, in the order to show


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A candidate's figures beside the rule of thumb's on the same cases."""

    name: str  # whatever the caller tells it by, e.g. a version number
    label: str
    metrics: Mapping[str, float]
    baseline: Mapping[str, float]
    beats: bool = True  # what its own evaluation said, where luck was ruled out
    candidate: str = ""  # key


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Who becomes champion among several, and why."""

    name: str | None  # of the champion; None: the rule of thumb is used
    sentence: str


@runtime_checkable
class Model(Protocol):
    """Something learned; what it holds besides is the capability's own."""

    @property
    def candidate(self) -> str: ...
    @property
    def parameters(self) -> dict[str, Value]: ...
    @property
    def as_of(self) -> date: ...
    @property
    def seed(self) -> int: ...


@runtime_checkable
class Capability(Protocol):
    """One question of the business: how it is learned, measured, answered and explained."""

    @property
    def key(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def question(self) -> str: ...
    @property
    def inputs(self) -> tuple[InputFrame, ...]: ...
    @property
    def candidates(self) -> tuple[Candidate, ...]: ...
    @property
    def measures(self) -> tuple[Measure, ...]: ...
    @property
    def parts(self) -> tuple[str, ...]:
        """What a prediction is made of, in the order in which it is told."""
        ...

    @property
    def primary(self) -> str:
        """Slug of the measure by which candidates are ranked."""
        ...

    def check(self, frames: Frames) -> None:
        """Raise `WrongFrame` with a difference where an input does not keep its contract."""
        ...

    def evaluate(
        self,
        candidate: str,
        frames: Frames,
        *,
        as_of: date,
        seed: int,
        parameters: Parameters | None = None,
        progress: Progress = silent,
    ) -> Evaluation:
        """Measure the candidate on past cases without letting it see what came after them."""
        ...

    def fit(
        self,
        candidate: str,
        frames: Frames,
        *,
        as_of: date,
        seed: int,
        parameters: Parameters | None = None,
        evaluation: Evaluation | None = None,
        progress: Progress = silent,
    ) -> Any:
        """Learn from what was known on `as_of`. `evaluation` (of the same candidate, parameters,
        frames and as_of) spares a second calibration."""
        ...

    def expected_seconds(
        self, candidate: str, parameters: Parameters | None, products: int, weeks: int
    ) -> float:
        """About how long evaluate, fit and one prediction take on 2 cores, for so many products
        (entities that are predicted) and weeks of history; told before the button is pressed."""
        ...

    def default_candidates(self, products: int) -> tuple[str, ...]:
        """Keys of the candidates that are chosen beforehand for so many products: the most
        promising ones that train within some minutes together."""
        ...

    def prediction_seconds(self, candidate: str, products: int) -> float:
        """About how long it takes to predict everything once by a candidate."""
        ...

    def champion_rule(self, measured: Sequence[Measured]) -> Choice:
        """Who of several should decide."""
        ...

    def predict(
        self, model: Any, frames: Frames, *, as_of: date, progress: Progress = silent
    ) -> pd.DataFrame:
        """One row a prediction: the entity's columns, the prediction, its interval."""
        ...

    def explain(
        self, model: Any, frames: Frames, *, as_of: date, progress: Progress = silent
    ) -> pd.DataFrame:
        """The rows of `predict`: the entity's columns and one column for each of `parts`, its
        contribution in the prediction's unit. The parts of a row sum to its prediction."""
        ...

    def entities(self, predictions: pd.DataFrame) -> pd.Series:
        """The name of each prediction's entity in the prediction log."""
        ...

    def preview(self, current: pd.DataFrame, proposed: pd.DataFrame) -> Preview:
        """What changes for whom between two results of `predict` on the same frames."""
        ...

    def outcome(self, predictions: pd.DataFrame, frames: Frames, *, as_of: date) -> pd.DataFrame:
        """`entity`, `outcome` (NaN while unknown on `as_of`), `outcome_on` (date known)."""
        ...

    def figures(self, case_rows: pd.DataFrame, said: str = "predicted") -> dict[str, float]:
        """Measures by slug, `primary` among them, of case rows for what one column said."""
        ...

    def replay(self, model: Any, frames: Frames, *, since: date, as_of: date) -> pd.DataFrame:
        """What a model would have said of what came after a day, told as things came, beside what
        is known of it on `as_of`: rows as `CASE_COLUMNS`, none where nothing is known yet. A fair
        test only of a model that learned from nothing later than `since`."""
        ...

    def fresh_since(self, frames: Frames, *, as_of: date) -> date:
        """The day after which the newest cases lie whose truth is known on `as_of`, and which are
        enough to tell two models apart."""
        ...

    def confidence(self, predictions: pd.DataFrame) -> pd.Series:
        """How sure each row of `predict` is, 0 to 1, index as `predictions`."""
        ...

    def watched(self, frames: Frames, *, first_day: date, last_day: date) -> pd.DataFrame:
        """The inputs as models see them, one row a case: `day` (datetime64, local) and one column
        an input, a number or a category; nothing personal."""
        ...

    def reach(self, model: Any, frames: Frames, *, as_of: date) -> dict[str, float]:
        """By column of `watched`: how far an input's usual spread (one standard deviation; for a
        category: its presence) moves this model's predictions on average, in their unit."""
        ...

    def save(self, model: Any, folder: Path) -> None:
        """Write the model into an empty folder, in plain formats that need no unpickling."""
        ...

    def load(self, folder: Path) -> Any: ...


def candidate(capability: Capability, key: str) -> Candidate:
    """The candidate of that key, or `WrongParameter` that lists the known ones."""
    for found in capability.candidates:
        if found.key == key:
            return found
    raise WrongParameter(
        f"{capability.label} has no candidate {key!r}.",
        remedy="Known are: " + ", ".join(c.key for c in capability.candidates) + ".",
    )


def rule_of_thumb(capability: Capability) -> Candidate:
    """The candidate that all others are measured against."""
    return next(found for found in capability.candidates if found.is_baseline)


@lru_cache(maxsize=1)
def capabilities() -> tuple[Capability, ...]:
    """Every capability, in the order in which pages list them."""
    from ml.forecasting import FORECASTING  # here, so that a capability can import the contract
    from ml.fraud import FRAUD

    return (FORECASTING, FRAUD)


def capability(key: str) -> Capability:
    """The capability of that key, or `WrongParameter` that lists the known ones."""
    for found in capabilities():
        if found.key == key:
            return found
    raise WrongParameter(
        f"There is no capability {key!r}.",
        remedy="Known are: " + ", ".join(found.key for found in capabilities()) + ".",
    )


__all__ = [
    "CASE_COLUMNS",
    "Candidate",
    "Capability",
    "Choice",
    "Evaluation",
    "Frames",
    "InputColumn",
    "InputFrame",
    "Measure",
    "Measured",
    "Model",
    "ModelError",
    "NotEnoughData",
    "Parameter",
    "Parameters",
    "Preview",
    "Progress",
    "Value",
    "WrongFrame",
    "WrongParameter",
    "candidate",
    "capabilities",
    "capability",
    "rule_of_thumb",
    "silent",
]
