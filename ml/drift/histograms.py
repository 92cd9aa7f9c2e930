"""Cases counted by day and value: everything that is compared later is a sum of these counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Kind = Literal["number", "category"]
Role = Literal["input", "prediction"]

BINS = 40
"""Steps of equal share into which numbers are put: two distributions that differ by half a
deviation differ by a fifth of the cases, which forty steps show as well as all values do."""

MOST_LABELS = 30  # categories told apart; the rarer ones together
OTHER = "(others)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One input: how many cases of each day had which value.

    counts : [days, bins] cases with a known value; for numbers the bins rise.
    missing : [days] cases without a value.
    middles : [bins] mean value of a bin; of categories 0, 1 …
    labels : of the bins of a category; empty for numbers.
    deviation : standard deviation of the cases learned from; of a category 1.
    sums : [days] of the known values; of a category 0.
    """

    name: str
    kind: Kind
    role: Role
    counts: Floats
    missing: Floats
    middles: Floats
    labels: tuple[str, ...]
    deviation: float
    sums: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """All inputs over the same days without a gap."""

    first_day: date
    cases: Floats  # [days]
    inputs: tuple[Counted, ...]

    @property
    def days(self) -> int:
        return len(self.cases)

    def index(self, day: date) -> int:
        return (day - self.first_day).days


def course_of(
    cases: pd.DataFrame,
    *,
    learned_to: date,
    predictions: pd.DataFrame | None = None,
    last_day: date | None = None,
) -> Course:
    """Count the cases.

    Parameters
    ----------
    cases : `day` and one column an input: a number, or words.
    learned_to : bins, deviations and the words told apart come from the cases up to here.
    predictions : `day` and numbers, counted as predictions.
    last_day : the course ends here; None: with the last case.
    """
    day = cases["day"].to_numpy().astype("datetime64[D]")
    if not len(day):
        return Course(first_day=learned_to, cases=np.zeros(0), inputs=())
    first = day.min()
    last = np.datetime64(last_day, "D") if last_day else day.max()
    days = max(int((last - first).astype(int)) + 1, 1)
    inputs = _all(cases, first, days, learned_to, "input")
    if predictions is not None and len(predictions):
        inputs += _all(predictions, first, days, learned_to, "prediction")
    at, inside = _places(day, first, days)
    return Course(
        first_day=first.item(),
        cases=np.bincount(at[inside], minlength=days).astype(np.float64),
        inputs=tuple(inputs),
    )


def _places(day: npt.NDArray[np.datetime64], first: np.datetime64, days: int) -> tuple[Ints, Ints]:
    at = (day - first).astype(np.int64)
    return at, np.flatnonzero((at >= 0) & (at < days))


def _all(
    frame: pd.DataFrame, first: np.datetime64, days: int, learned_to: date, role: Role
) -> list[Counted]:
    day = frame["day"].to_numpy().astype("datetime64[D]")
    at, inside = _places(day, first, days)
    learned = day <= np.datetime64(learned_to, "D")
    found = []
    for name in frame.columns:
        if name == "day":
            continue
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            one = _number(str(name), column, at, inside, learned, days, role)
        else:
            one = _category(str(name), column, at, inside, learned, days, role)
        if one is not None:
            found.append(one)
    return found


def _number(
    name: str,
    column: pd.Series,
    at: Ints,
    inside: Ints,
    learned: Bools,
    days: int,
    role: Role,
) -> Counted | None:
    values = column.to_numpy(np.float64, na_value=np.nan)
    values = np.where(np.isfinite(values), values, np.nan)
    known = values[learned]
    known = known[~np.isnan(known)]
    if not len(known):
        return None
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1], method="lower"))
    deviation = float(known.std())
    constant = deviation <= 1e-6 * max(abs(float(known.mean())), 1e-6)
    if constant:  # whatever differs is told apart from it, and one more is one deviation
        edges, deviation = np.array([np.nextafter(edges[0], -np.inf), edges[-1]]), 1.0
    values, at = values[inside], at[inside]
    there = ~np.isnan(values)
    code = np.searchsorted(edges, values[there], side="left")  # a bin ends with its edge
    bins = len(edges) + 1
    counts = np.bincount(at[there] * bins + code, minlength=days * bins).reshape(days, bins)
    bottom = np.searchsorted(edges, known, side="left")
    size = np.bincount(bottom, minlength=bins)
    total = np.bincount(bottom, weights=known, minlength=bins)
    beyond = np.append(edges, edges[-1] + deviation)
    if constant:
        beyond[0] -= deviation
    middles = np.where(size > 0, total / np.maximum(size, 1), beyond)
    return Counted(
        name=name,
        kind="number",
        role=role,
        counts=counts.astype(np.float64),
        missing=np.bincount(at[~there], minlength=days).astype(np.float64),
        middles=middles,
        labels=(),
        deviation=deviation,
        sums=np.bincount(at[there], weights=values[there], minlength=days).astype(np.float64),
    )


def _category(
    name: str,
    column: pd.Series,
    at: Ints,
    inside: Ints,
    learned: Bools,
    days: int,
    role: Role,
) -> Counted | None:
    codes, found = pd.factorize(column.astype(object), sort=False)
    words = [str(word) for word in found]
    known = codes[learned]
    size = np.bincount(known[known >= 0], minlength=len(words))
    if not size.sum():
        return None
    order = sorted(range(len(words)), key=lambda place: (-size[place], words[place]))
    kept = [place for place in order[:MOST_LABELS] if size[place]]
    place_of = np.full(len(words) + 1, len(kept))  # the rest, and what was never seen before
    place_of[kept] = np.arange(len(kept))
    at, codes = at[inside], codes[inside]
    there = codes >= 0
    bins = len(kept) + 1
    code = place_of[codes[there]]
    counts = np.bincount(at[there] * bins + code, minlength=days * bins).reshape(days, bins)
    return Counted(
        name=name,
        kind="category",
        role=role,
        counts=counts.astype(np.float64),
        missing=np.bincount(at[~there], minlength=days).astype(np.float64),
        middles=np.arange(bins, dtype=np.float64),
        labels=(*(words[place] for place in kept), OTHER),
        deviation=1.0,
        sums=np.zeros(days),
    )
