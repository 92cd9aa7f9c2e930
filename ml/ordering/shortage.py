"""How many units will be missed: the loss function of the lognormal distribution."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr  # scipy.stats takes a second to import

from ml.ordering.types import Floats

FAR = 6.0
"""Standard deviations above the mean beyond which nothing is missed."""

LEAST = 1e-9
"""Units that are taken for none, so that logarithms exist."""


def expected(mean: Floats, deviation: Floats, supply: Floats) -> Floats:
    """[m] E[(D − supply)⁺], units: demand that finds nothing on the shelf.

    Demand D is lognormal with this mean and deviation: never negative, and skewed as sales are.
    With v² = log(1 + (deviation / mean)²) and d = (log(mean / s) + v² / 2) / v,

        E[(D − s)⁺] = mean · Φ(d) − s · Φ(d − v)

    which is the whole mean where nothing is in stock, and mean − s where nothing is uncertain.

    Source: the partial expectation of the lognormal, as in Black (1976).
    """
    missed = np.zeros(len(mean))
    some = np.flatnonzero((mean > LEAST) & (supply < mean + FAR * deviation))
    m, s = mean[some], np.maximum(supply[some], LEAST)
    v = np.sqrt(np.log1p(np.square(np.maximum(deviation[some], LEAST) / m)))
    v = np.maximum(v, LEAST)
    d = np.log(m / s) / v + v / 2
    missed[some] = np.clip(m * ndtr(d) - s * ndtr(d - v), 0.0, m)
    return missed
