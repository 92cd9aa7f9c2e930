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

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import pandas as pd

from ml.errors import ModelError, NotEnoughData, WrongFrame, WrongParameter

Progress = Callable[[str, float], None]
"""Called with the step in words and the share done, 0 to 1. It may raise to cancel."""

Frames = Mapping[str, pd.DataFrame]
"""Input frames by the names declared in `Capability.inputs`."""

Value = int | float | str | bool
Parameters = Mapping[str, Value]


def silent(step: str, share: float) -> None:
    """A progress callback that says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One thing that staff may choose about a candidate; a form field is drawn from it."""

    name: str
    label: str
    kind: Literal["int", "float", "choice", "bool"]
    default: Value
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    help: str = ""
    advanced: bool = False  # shown only where asked for

    def check(self, value: Any) -> Value:
        """The value in its type, or `WrongParameter` that names the bounds."""
        if self.kind == "bool":
            if isinstance(value, bool):
                return value
            raise self._wrong(value, "yes or no")
        if self.kind == "choice":
            if value in self.choices:
                return str(value)
            raise self._wrong(value, "one of " + ", ".join(self.choices))
        bounds = f"between {self.minimum:g} and {self.maximum:g} {self.unit}".rstrip()
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(value, f"a number {bounds}")
        if self.kind == "int" and float(value) != int(value):
            raise self._wrong(value, f"a whole number {bounds}")
        low = self.minimum if self.minimum is not None else float("-inf")
        high = self.maximum if self.maximum is not None else float("inf")
        if not low <= value <= high:
            raise self._wrong(value, bounds)
        return int(value) if self.kind == "int" else float(value)

    def _wrong(self, value: Any, wanted: str) -> WrongParameter:
        return WrongParameter(
            f"{self.label}: {value!r} cannot be used.", remedy=f"Choose {wanted}."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One way to answer the capability's question."""

    key: str
    label: str
    about: str  # one sentence for staff
    parameters: tuple[Parameter, ...] = ()
    is_baseline: bool = False  # the rule of thumb that every claim is measured against
    cost_note: str = ""  # expected duration in words

    def defaults(self) -> dict[str, Value]:
        return {parameter.name: parameter.default for parameter in self.parameters}

    def check(self, parameters: Parameters | None) -> dict[str, Value]:
        """Defaults overlaid with checked values; an unknown name is refused."""
        given = dict(parameters or {})
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in given:
            if name not in known:
                raise WrongParameter(
                    f"{self.label} has no parameter {name!r}.",
                    remedy=f"Known are: {', '.join(known) or 'none'}.",
                )
        return {name: p.check(given.get(name, p.default)) for name, p in known.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class InputColumn:
    name: str
    dtype: str
    about: str  # meaning and unit
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFrame:
    """One frame that the capability reads."""

    name: str
    row: str  # one row per what
    columns: tuple[InputColumn, ...]
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A figure by which models of this capability are judged."""

    slug: str
    label: str
    unit: str  # "share", "units", "seconds" …
    better: Literal["lower", "higher", "near zero"]
    about: str


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

    def to_json(self) -> dict[str, Any]:
        """All but `learned`, in plain types, as it is kept with a model version."""
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

    return (FORECASTING,)


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
    "Candidate",
    "Capability",
    "Evaluation",
    "Frames",
    "InputColumn",
    "InputFrame",
    "Measure",
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
