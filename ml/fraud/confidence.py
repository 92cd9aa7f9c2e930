"""How sure a score is: how far it lies from a coin toss."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.fraud.types import Floats


def confidence(scores: pd.Series) -> pd.Series:
    """0 (fraud is as likely as not) to 1 (certainly the one or the other), of probabilities.

    A score of 2 % is 0.96 sure, one of 30 % is 0.4 sure, one of 95 % is 0.9 sure.
    """
    told = of_scores(scores.to_numpy(np.float64))
    return pd.Series(told, index=scores.index, name="confidence")


def of_scores(scores: Floats) -> Floats:
    """As `confidence`, of an array."""
    return np.minimum(np.abs(2.0 * scores - 1.0), 1.0)
