"""Two models that decide side by side: which is better, how surely, and how long it takes to tell.

Cases of one unit (a household of linked accounts, a category) are lucky or unlucky together, so
units are drawn, never cases. Whoever looks every day would find luck sooner or later in a usual
95 % interval; the verdict therefore rests on an interval that holds however often one looks
(asymptotic confidence sequence, Waudby-Smith et al. 2021).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

Figure = Callable[[pd.DataFrame], float]
"""A measure of case rows, of which it gets the numbers of `ml.contract.CASE_COLUMNS` only; it must
heed `weight`."""

State = Literal["too early", "open", "better", "worse"]

DRAWS = 200
FEWEST_UNITS = 8  # in each arm: of fewer, drawing says nothing
ALPHA = 0.05
SOUGHT_AT = 500
"""Units at which the interval that always holds is narrowest against the usual one."""

POWER_Z = 0.8416  # 80 % of the times, a difference of interest is found
USUAL_Z = 1.959964
MOST_UNITS = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Figured:
    """An arm's figure with its usual 95 % interval; NaN where it cannot be told."""

    value: float
    low: float
    high: float
    units: int
    cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The challenger beside the champion.

    The difference counts upwards as better, whatever the measure's own direction.
    """

    champion: Figured
    challenger: Figured
    difference: float
    low: float  # of the interval that holds however often one looks
    high: float
    spread: float  # standard error of the difference, times the root of its units
    units: int  # that the difference rests on
    state: State


def split(
    champion: pd.DataFrame,
    challenger: pd.DataFrame,
    figure: Figure,
    *,
    better: str,
    seed: int,
    draws: int = DRAWS,
) -> Compared:
    """Two arms that decided different units.

    Parameters
    ----------
    champion, challenger : case rows of each arm; `predicted` is what the arm's model said.
    better : "higher", "lower" or "near zero", of the figure.
    """
    rng = np.random.default_rng(seed)
    sign = _sign(better)
    left, right = (_drawn(rows, [figure], rng, draws)[0] for rows in (champion, challenger))
    a, b = _figured(champion, left), _figured(challenger, right)
    goods = _good(left[1:], better), _good(right[1:], better)
    difference = sign * (_one(right[0], better) - _one(left[0], better))
    return _compared(a, b, difference, sign * (goods[1] - goods[0]), a.units + b.units)


def paired(
    rows: pd.DataFrame, figure: Figure, other: Figure, *, better: str, seed: int, draws: int = DRAWS
) -> Compared:
    """Both models answered the same cases, one of them in shadow.

    Parameters
    ----------
    rows : case rows; `figure` measures the champion on them, `other` the challenger.
    """
    rng = np.random.default_rng(seed)
    sign = _sign(better)
    left, right = _drawn(rows, [figure, other], rng, draws)
    a, b = _figured(rows, left), _figured(rows, right)
    drawn = sign * (_good(right[1:], better) - _good(left[1:], better))
    difference = sign * (_one(right[0], better) - _one(left[0], better))
    return _compared(a, b, difference, drawn, a.units)


def margin(units: float, alpha: float = ALPHA, sought_at: float = SOUGHT_AT) -> float:
    """Half the width, in standard errors, of the interval that holds however often one looks."""
    narrow = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha)) + 1) / sought_at
    t = units * narrow
    return math.sqrt(2 * (t + 1) / t * math.log(math.sqrt(t + 1) / alpha))


def units_needed(spread: float, difference: float) -> int | None:
    """Units in all after which a true difference of interest is told from luck in 80 of 100 times.

    Parameters
    ----------
    spread : `Compared.spread`: the standard error times the root of the units that it rests on.
    difference : of interest, above zero, in the measure's unit.

    Returns
    -------
    None: not within ten million.
    """
    if not (math.isfinite(spread) and difference > 0):
        return None

    def enough(units: int) -> bool:
        return (margin(units) + POWER_Z) * spread / math.sqrt(units) <= difference

    low, high = 1, 1
    while not enough(high):
        low, high = high, high * 2
        if high > MOST_UNITS:
            return None
    while low < high:
        middle = (low + high) // 2
        if enough(middle):
            high = middle
        else:
            low = middle + 1
    return max(high, 2 * FEWEST_UNITS)


def spread_beforehand(
    rows: pd.DataFrame,
    figure: Figure,
    share: float,
    *,
    seed: int,
    units: float | None = None,
    draws: int = DRAWS,
) -> float:
    """`Compared.spread` to be expected of a split, from what the champion did before it began.

    Parameters
    ----------
    rows : case rows of the champion alone.
    share : of the units that the challenger would decide, above 0 and below 1.
    units : that the rows stand for, where they are a sample; None: those in the rows.
    """
    if rows["unit"].nunique() < FEWEST_UNITS:
        return math.nan
    rng = np.random.default_rng(seed)
    (drawn,) = _drawn(rows, [figure], rng, draws)
    if np.isfinite(drawn).mean() <= 0.95:
        return math.nan
    each = float(np.nanstd(drawn[1:], ddof=1)) * math.sqrt(units or rows["unit"].nunique())
    return each * math.sqrt(1 / share + 1 / (1 - share))


def uneven(champion: int, challenger: int, share: float) -> bool:
    """Whether units fell so unlike the share that something is wrong with the split (1 in 1,000).

    Such a split says nothing about the models: who logs, or who decides, leaves units out.
    """
    total = champion + challenger
    if not total or not 0 < share < 1:
        return False
    deviation = (challenger - share * total) / math.sqrt(total * share * (1 - share))
    return abs(deviation) > 3.29 and total >= 30


def _drawn(
    rows: pd.DataFrame, figures: list[Figure], rng: np.random.Generator, draws: int
) -> list[Any]:
    """For each figure its value on the rows, then on `draws` draws of the units: [1 + draws]."""
    found = [np.full(1 + draws, np.nan) for _ in figures]
    if rows.empty:
        return found
    code, names = pd.factorize(rows["unit"])
    count = len(names)
    numbers = {
        name: rows[name].to_numpy(np.float64)
        for name in rows.select_dtypes("number").columns
        if name != "weight"
    }
    weight = rows["weight"].to_numpy(np.float64)
    even = np.full(count, 1 / count)
    for draw in range(1 + draws):
        times = rng.multinomial(count, even)[code] if draw else np.ones(len(code))
        at = np.flatnonzero(times)
        drawn = pd.DataFrame(
            {
                **{name: values[at] for name, values in numbers.items()},
                "weight": (weight * times)[at],
            }
        )
        for place, figure in enumerate(figures):
            found[place][draw] = figure(drawn)
    return found


def _figured(rows: pd.DataFrame, drawn: Any) -> Figured:
    low, high = np.nan, np.nan
    units = int(rows["unit"].nunique()) if len(rows) else 0
    if units >= FEWEST_UNITS and np.isfinite(drawn[1:]).mean() > 0.95:
        low, high = np.nanquantile(drawn[1:], [0.025, 0.975])
    return Figured(
        value=float(drawn[0]), low=float(low), high=float(high), units=units, cases=len(rows)
    )


def _compared(
    champion: Figured, challenger: Figured, difference: float, drawn: Any, units: int
) -> Compared:
    enough = min(champion.units, challenger.units) >= FEWEST_UNITS
    told = np.isfinite(drawn).mean() > 0.95 and math.isfinite(difference)
    low = high = spread = math.nan
    state: State = "too early"
    if enough and told:
        # Drawing n of n units makes the spread too small by this much.
        fewest = min(champion.units, challenger.units)
        error = float(np.nanstd(drawn, ddof=1)) * math.sqrt(fewest / (fewest - 1))
        spread = error * math.sqrt(units)
        half = margin(units) * error
        low, high = difference - half, difference + half
        state = "better" if low > 0 else "worse" if high < 0 else "open"
    return Compared(
        champion=champion,
        challenger=challenger,
        difference=difference,
        low=low,
        high=high,
        spread=spread,
        units=units,
        state=state,
    )


def _sign(better: str) -> float:
    return 1.0 if better == "higher" else -1.0


def _good(values: Any, better: str) -> Any:
    return np.abs(values) if better == "near zero" else values


def _one(value: float, better: str) -> float:
    return abs(value) if better == "near zero" else value
