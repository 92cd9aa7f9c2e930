"""How surely one answer is better than another on the same cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml.contract import Capability

DRAWS = 300
FEWEST_UNITS = 10
"""Things that hang together under which nothing is said: any interval would be luck."""

TAIL = 0.05
"""Chance that is left on each side of an interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """By how much one is ahead of another by the capability's primary measure; above 0: better."""

    own: float  # the measure itself
    other: float
    lead: float  # in the measure's unit, turned so that more is better
    low: float  # of the 90 % interval, by drawing units anew
    high: float
    cases: int
    units: int

    @property
    def surely_better(self) -> bool:
        return self.units >= FEWEST_UNITS and self.low > 0

    @property
    def surely_worse(self) -> bool:
        return self.units >= FEWEST_UNITS and self.high < 0


def lead(capability: Capability, cases: pd.DataFrame, own: str, other: str, *, seed: int) -> Lead:
    """Two columns of the same cases, paired: each draw takes the same units for both.

    Parameters
    ----------
    cases : columns of `CASE_COLUMNS`, and whatever further column `own` and `other` name.
    """
    measure = next(m for m in capability.measures if m.slug == capability.primary)

    def of(rows: pd.DataFrame, said: str) -> float:
        return capability.figures(rows, said).get(capability.primary, float("nan"))

    def ahead(rows: pd.DataFrame) -> float:
        a, b = of(rows, own), of(rows, other)
        if measure.better == "near zero":
            return abs(b) - abs(a)
        return a - b if measure.better == "higher" else b - a

    units = cases["unit"].nunique()
    low, high = _ends(cases, units, ahead, seed)
    return Lead(
        own=of(cases, own),
        other=of(cases, other),
        lead=ahead(cases),
        low=low,
        high=high,
        cases=len(cases),
        units=units,
    )


def paired(own: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Cases that both were asked, with what the other said in a column `other`."""
    known = other[["case", "predicted"]].rename(columns={"predicted": "other"})
    return own.merge(known, on="case", how="inner", validate="one_to_one")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """The primary measure over the rule of thumb's on the same cases."""

    value: float
    low: float  # of the 90 % interval
    high: float
    cases: int
    units: int


def ratio(capability: Capability, cases: pd.DataFrame, *, seed: int) -> Ratio:
    """What was predicted beside the rule of thumb, as one number that cases of another season can
    be compared by.
    """

    def of(rows: pd.DataFrame) -> float:
        own = capability.figures(rows).get(capability.primary, float("nan"))
        rule = capability.figures(rows, "rule").get(capability.primary, float("nan"))
        return own / rule if rule else float("nan")

    units = cases["unit"].nunique()
    low, high = _ends(cases, units, of, seed)
    return Ratio(value=of(cases), low=low, high=high, cases=len(cases), units=units)


def _ends(
    cases: pd.DataFrame, units: int, figure: Callable[[pd.DataFrame], float], seed: int
) -> tuple[float, float]:
    """Ends of the 90 % interval of a figure, by drawing whole units anew."""
    if units < FEWEST_UNITS:
        return -np.inf, np.inf
    codes, _ = pd.factorize(cases["unit"])
    chance = np.random.default_rng(seed)
    weight = cases["weight"].to_numpy(np.float64)
    drawn = []
    for _ in range(DRAWS):
        times = np.bincount(chance.integers(0, units, units), minlength=units)[codes]
        kept = times > 0
        drawn.append(figure(cases[kept].assign(weight=(weight * times)[kept])))
    told = np.array([value for value in drawn if np.isfinite(value)])
    if not len(told):
        return -np.inf, np.inf
    low, high = np.quantile(told, [TAIL, 1 - TAIL])
    return float(low), float(high)
