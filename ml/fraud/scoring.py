"""Scores for staff and the shop's server: how likely each order is fraud, of what kind, and why."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from ml.fraud import explanation, kinds
from ml.fraud.explanation import Factor, Told
from ml.fraud.kept import FraudModel
from ml.fraud.rules import UNTRAINED, Rules
from ml.fraud.schema import NAMES

__all__ = ["Factor", "Told", "factors", "score", "untrained"]


def score(model: FraudModel, features: pd.DataFrame, *, base: bool = True) -> pd.DataFrame:
    """Score orders by their features.

    Parameters
    ----------
    features : index order_id, columns of `schema.NAMES`; one that is missing is not known.
    base : whether to tell the base too, which takes a second question to the model.

    Returns
    -------
    Rows as `features`: score (probability of fraud, 0 to 1) · kind (most likely kind of fraud,
    None where the facts name none or the score is low) · base (the score that every order starts
    from).
    """
    x = model.matrix(features)
    told = model.calibration.probability(model.learner.margin(x))
    columns = {"score": told, "kind": kinds.likely(features, told)}
    if base:
        start = model.calibration.probability(model.learner.contributions(x[:1])[:, -1])
        columns["base"] = np.full(len(x), float(start[0]) if len(start) else 0.0)
    return pd.DataFrame(columns, index=features.index)


def factors(model: FraudModel, features: pd.DataFrame) -> list[Told]:
    """Why each order has its score, in the order of the rows; see `explanation.factors`."""
    return explanation.factors(model, features)


def untrained(as_of: date) -> FraudModel:
    """The plain rules on a fixed scale: what scores before anything was trained (version 0)."""
    return FraudModel(
        candidate=Rules.key,
        parameters={},
        as_of=as_of,
        seed=0,
        learner=Rules(columns=NAMES),
        calibration=UNTRAINED,
        columns=NAMES,
        usual={},
        story={"untrained": True, "warnings": ["Nothing was learned: plain rules decide."]},
    )
