"""What a search may change: a candidate's parameters within their bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ml.contract import Candidate, Parameter, Value

if TYPE_CHECKING:
    from optuna.trial import Trial

WIDE = 50.0
"""Highest over lowest from which steps are equal in proportion, not in size."""


def searched(candidate: Candidate) -> tuple[Parameter, ...]:
    """The parameters that say how it is learned; what is asked stays as the person set it."""
    return tuple(one for one in candidate.parameters if one.searched)


def suggest(trial: Trial, candidate: Candidate) -> dict[str, Value]:
    """The next values to try."""
    return {one.name: _one(trial, one) for one in searched(candidate)}


def of_values(candidate: Candidate, values: dict[str, Value]) -> dict[str, Any]:
    """The searched ones among parameters."""
    return {one.name: values[one.name] for one in searched(candidate)}


def distributions(candidate: Candidate) -> dict[str, Any]:
    """By name, as a study keeps them."""
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    found: dict[str, Any] = {}
    for one in searched(candidate):
        if one.kind == "bool":
            found[one.name] = CategoricalDistribution([False, True])
        elif one.kind == "choice":
            found[one.name] = CategoricalDistribution(one.choices)
        elif one.kind == "int":
            low, high = _bounds(one)
            found[one.name] = IntDistribution(int(low), int(high), log=_wide(one))
        else:
            low, high = _bounds(one)
            found[one.name] = FloatDistribution(low, high, log=_wide(one))
    return found


def _one(trial: Trial, one: Parameter) -> Value:
    if one.kind == "bool":
        return bool(trial.suggest_categorical(one.name, [False, True]))
    if one.kind == "choice":
        return str(trial.suggest_categorical(one.name, one.choices))
    low, high = _bounds(one)
    if one.kind == "int":
        return int(trial.suggest_int(one.name, int(low), int(high), log=_wide(one)))
    return float(trial.suggest_float(one.name, low, high, log=_wide(one)))


def _bounds(one: Parameter) -> tuple[float, float]:
    assert one.minimum is not None  # every number that is declared has its bounds
    assert one.maximum is not None
    return float(one.minimum), float(one.maximum)


def _wide(one: Parameter) -> bool:
    low, high = _bounds(one)
    return low > 0 and high / low >= WIDE
