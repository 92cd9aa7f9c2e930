"""What can be trained, and the recipe behind each key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ml.contract import Candidate, Parameter, Value
from ml.fraud.learners.attention import Attention
from ml.fraud.learners.base import Learner
from ml.fraud.learners.boosted import Boosted, RandomForest
from ml.fraud.learners.ensemble import Ensemble
from ml.fraud.learners.isolation import IsolationForest
from ml.fraud.learners.linear import Logistic
from ml.fraud.rules import Rules

SHARED = (
    Parameter(name="review_capacity", label="Orders reviewed a day", kind="int", default=60,
              minimum=1, maximum=100_000, unit="orders", searched=False,
              help="Precision and recall are told for so many orders a day."),
    Parameter(name="most_good", label="Good orders learned from", kind="int", default=200_000,
              minimum=1_000, maximum=5_000_000, unit="orders", advanced=True,
              searched=False,
              help="Of a larger shop so many are drawn by chance; all known fraud is used."),
)  # fmt: skip

CANDIDATES: tuple[Candidate, ...] = (
    Candidate(
        key="rules",
        label="Plain rules",
        about="A list of plain rules with points; learns nothing.",
        parameters=SHARED,
        is_baseline=True,
        cost_note="Seconds.",
    ),
    Candidate(
        key="lightgbm",
        label="LightGBM",
        about="Boosted trees; mostly the best, and told by exact contributions.",
        parameters=(*SHARED, *Boosted.PARAMETERS),
        cost_note="Less than a minute for a small shop.",
    ),
    Candidate(
        key="logistic",
        label="Logistic regression",
        about="One weight a fact; the easiest to question.",
        parameters=(*SHARED, *Logistic.PARAMETERS),
        cost_note="Less than a minute.",
    ),
    Candidate(
        key="random_forest",
        label="Random Forest",
        about="Many trees that vote side by side.",
        parameters=(*SHARED, *RandomForest.PARAMETERS),
        cost_note="About a minute.",
    ),
    Candidate(
        key="isolation_forest",
        label="Isolation Forest",
        about="Finds what is strange without any known fraud; for a new shop.",
        parameters=(*SHARED, *IsolationForest.PARAMETERS),
        cost_note="Less than a minute.",
    ),
    Candidate(
        key="attention",
        label="Network with attention",
        about="Fuses transaction, customer and device; also learns the kind and the loss.",
        parameters=(*SHARED, *Attention.PARAMETERS),
        cost_note="Some minutes.",
    ),
    Candidate(
        key="ensemble",
        label="Ensemble",
        about="LightGBM, Random Forest and logistic regression together.",
        parameters=(*SHARED, *Ensemble.PARAMETERS),
        cost_note="About two minutes.",
    ),
)

LEARNERS: dict[str, type[Any]] = {
    "rules": Rules,
    "lightgbm": Boosted,
    "logistic": Logistic,
    "random_forest": RandomForest,
    "isolation_forest": IsolationForest,
    "attention": Attention,
    "ensemble": Ensemble,
}


def learner(key: str, parameters: Mapping[str, Value]) -> Learner:
    """The recipe of a candidate, with checked parameters."""
    made: Learner = LEARNERS[key].of(parameters)
    return made
