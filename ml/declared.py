"""What a capability declares about itself: what it reads, what can be chosen, how it is judged."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ml.errors import WrongParameter

Value = int | float | str | bool
Parameters = Mapping[str, Value]


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
    searched: bool = True  # False: it says what is asked or how much is read, not how it is learned

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
        low = self.minimum if self.minimum is not None else -sys.float_info.max
        high = self.maximum if self.maximum is not None else sys.float_info.max
        if not low <= value <= high:  # first: what is infinite or too large is no whole number
            raise self._wrong(value, bounds)
        if self.kind == "int" and value != int(value):
            raise self._wrong(value, f"a whole number {bounds}")
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
