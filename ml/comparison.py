"""Versions side by side on the same cases: intervals, and whether a difference could be chance.

Everything here takes case rows (`ml.contract.CASE_COLUMNS`) and the capability's `figures`, and
knows nothing else of a capability. Luck is measured by drawing units again, with all their rows,
for all versions alike; where whole days were lucky or unlucky for everybody (a heat wave, a
wave of fraud), intervals are widened by what drawing days says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.declared import Measure

Floats = NDArray[np.float64]

DRAWS = 200
"""Of the units; the ends of 95 % move by less than a tenth of their width."""

DRAWS_OF_DAYS = 60
"""Of days and of single cases, which only widen."""

FEWEST_UNITS = 8
"""Under which luck cannot be told from skill."""

FEWEST_DAYS = 5
"""Under which days cannot be drawn again."""

LEVEL = 0.05
RULE = "rule"
"""The name of the rule of thumb among the compared."""


class Figures(Protocol):
    def __call__(self, case_rows: pd.DataFrame, said: str = ...) -> dict[str, float]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A figure with its 95 % interval; without one where there are too few units to tell."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One version against another in the primary measure, on the same draws."""

    better: str  # the name whose figure is better, however little
    worse: str
    lead: float  # how much better, in the measure's unit; never negative
    low: float | None
    high: float | None
    p: float | None  # after correction for the number of comparisons
    chance: bool  # it could be chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One group of cases, with the primary figure of each."""

    group: str
    cases: int
    weight: float  # share of all cases
    figures: dict[str, float]  # by name, the rule of thumb's among them


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """Versions and the rule of thumb on the cases that all versions were measured on."""

    names: tuple[str, ...]  # of the versions, in the order given
    cases: int
    units: int
    first_day: Any  # pd.Timestamp
    last_day: Any
    figures: dict[str, dict[str, Interval]]  # by slug, then by name
    differences: tuple[Difference, ...]  # of every two, the rule of thumb among them
    segments: tuple[Segment, ...]  # largest first

    @property
    def enough(self) -> bool:
        """Whether there are units enough to tell luck from skill."""
        return self.units >= FEWEST_UNITS


def common(rows: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The cases that all were asked, one row each.

    Unit, segment, day, actual, rule and weight are those of the first; what the others said
    stands in columns named as they are.
    """
    names = list(rows)
    base = rows[names[0]].set_index("case")
    made = base.rename(columns={"predicted": names[0]})
    for name in names[1:]:
        made = made.join(rows[name].set_index("case")["predicted"].rename(name), how="inner")
    return made.reset_index()


def side_by_side(
    rows: Mapping[str, pd.DataFrame], figures: Figures, primary: Measure, *, seed: int = 1
) -> SideBySide | None:
    """Compare two or more versions; None where they share no case.

    Parameters
    ----------
    rows : case rows by the version's name, the order in which they are shown.
    """
    made = common(rows)
    if made.empty:
        return None
    names = [*rows, RULE]
    luck = Luck.of(made, seed)
    own = {name: figures(made, name) for name in names}
    drawn = {name: luck.draw(made, figures, name) for name in names} if luck.enough else {}
    return SideBySide(
        names=tuple(rows),
        cases=len(made),
        units=luck.n_units,
        first_day=made["day"].min(),
        last_day=made["day"].max(),
        figures={
            slug: {
                name: _interval(own[name][slug], drawn[name][slug] if drawn else None)
                for name in names
                if slug in own[name]
            }
            for slug in own[names[0]]
        },
        differences=_differences(own, drawn, primary, luck.n_units),
        segments=tuple(segments(made, figures, names, primary.slug)),
    )


def segments(
    made: pd.DataFrame, figures: Figures, names: Sequence[str], slug: str
) -> list[Segment]:
    """The primary figure of each by group, the groups with most cases first."""
    total = float(made["weight"].sum()) or 1.0
    found = []
    for group, part in made.groupby("group", sort=True):
        told = {name: figures(part, name).get(slug, float("nan")) for name in names}
        share = float(part["weight"].sum()) / total
        found.append(Segment(group=str(group), cases=len(part), weight=share, figures=told))
    return sorted(found, key=lambda one: -one.weight)


def holm(p: Sequence[float]) -> list[float]:
    """Adjusted so that among all of them one false alarm in twenty is what chance makes.

    >>> [round(one, 3) for one in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p, kind="stable")
    adjusted, least = [0.0] * len(p), 0.0
    for place, at in enumerate(order):
        least = max(least, min(1.0, float(p[at]) * (len(p) - place)))
        adjusted[int(at)] = least
    return adjusted


def better(measure: Measure, one: float, other: float) -> bool:
    """Whether the first figure is better."""
    return bool(gain(measure, one, other) > 0)


def gain(measure: Measure, one: Any, other: Any) -> Any:
    """How much better the first figure is, whichever way the measure goes."""
    if measure.better == "near zero":
        return np.abs(other) - np.abs(one)
    return other - one if measure.better == "lower" else one - other


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One figure over the draws: of units, of days, and of single cases."""

    units: Floats
    days: Floats
    cases: Floats

    def minus(self, other: Drawn, measure: Measure) -> Drawn:
        """How much better this one is on each draw."""
        return Drawn(
            units=gain(measure, self.units, other.units),
            days=gain(measure, self.days, other.days),
            cases=gain(measure, self.cases, other.cases),
        )

    @property
    def wider(self) -> float:
        """By how much the luck of days widens what units say; at least 1.

        The variance by units and that by days are added, and that of single cases, which is in
        both, taken off once (Cameron, Gelbach and Miller).
        """
        units = float(np.var(self.units))
        if not len(self.days) or units <= 0:
            return 1.0
        more = max(float(np.var(self.days)) - float(np.var(self.cases)), 0.0)
        return float(np.sqrt(1.0 + more / units))


@dataclass(frozen=True, slots=True, kw_only=True)
class Luck:
    """How often each row is drawn: with its unit, with its day, and by itself."""

    n_units: int
    units: list[Floats]
    days: list[Floats]
    cases: list[Floats]

    @classmethod
    def of(cls, made: pd.DataFrame, seed: int) -> Luck:
        chance = np.random.default_rng(seed)
        of_unit, names = pd.factorize(made["unit"], sort=True)
        of_day, days = pd.factorize(made["day"], sort=True)
        many = DRAWS_OF_DAYS if len(days) >= FEWEST_DAYS else 0
        return cls(
            n_units=len(names),
            units=_times(of_unit, len(names), DRAWS, chance),
            days=_times(of_day, len(days), many, chance),
            cases=_times(np.arange(len(made)), len(made), many, chance),
        )

    @property
    def enough(self) -> bool:
        return self.n_units >= FEWEST_UNITS

    def draw(self, made: pd.DataFrame, figures: Figures, name: str) -> dict[str, Drawn]:
        """Every figure of one column over all draws, by slug."""
        order = np.argsort(-made[name].to_numpy(np.float64), kind="stable")  # ranks at once
        part = pd.DataFrame(
            {
                "actual": made["actual"].to_numpy(np.float64)[order],
                name: made[name].to_numpy(np.float64)[order],
                "weight": 0.0,
            }
        )
        weight = made["weight"].to_numpy(np.float64)
        told: dict[str, list[dict[str, float]]] = {"units": [], "days": [], "cases": []}
        for kind, rows in told.items():
            for times in getattr(self, kind):
                part["weight"] = (weight * times)[order]
                rows.append(figures(part, name))
        return {
            slug: Drawn(
                **{
                    kind: np.array([row.get(slug, np.nan) for row in rows], np.float64)
                    for kind, rows in told.items()
                }
            )
            for slug in told["units"][0]
        }


def _times(
    of_row: NDArray[Any], number: int, draws: int, chance: np.random.Generator
) -> list[Floats]:
    """For each draw, how often each row is drawn: as often as what it belongs to."""
    return [
        chance.multinomial(number, np.full(number, 1.0 / number))[of_row].astype(np.float64)
        for _ in range(draws)
    ]


def _interval(value: float, drawn: Drawn | None) -> Interval:
    if drawn is None or np.isnan(drawn.units).all():
        return Interval(value=value, low=None, high=None)
    low, high = np.nanquantile(drawn.units, [LEVEL / 2, 1 - LEVEL / 2])
    middle, wider = float(np.nanmean(drawn.units)), drawn.wider
    ends = [value + (float(end) - middle) * wider for end in (low, high)]
    if (drawn.units >= 0).all():
        ends[0] = max(ends[0], 0.0)
    if value <= 1 and (drawn.units <= 1).all():
        ends[1] = min(ends[1], 1.0)
    return Interval(value=value, low=ends[0], high=ends[1])


def _differences(
    own: Mapping[str, Mapping[str, float]],
    drawn: Mapping[str, Mapping[str, Drawn]],
    primary: Measure,
    units: int,
) -> tuple[Difference, ...]:
    """Of every two, the better one first; p by the spread over the draws, corrected by Holm."""
    from scipy import special  # a tenth of a second, for whoever compares

    slug, found, p = primary.slug, [], []
    for one, other in combinations(own, 2):
        first, second = own[one][slug], own[other][slug]
        if better(primary, second, first):
            one, other, first, second = other, one, second, first
        ends: tuple[float | None, float | None] = (None, None)
        luck = 1.0
        if drawn:
            apart = drawn[one][slug].minus(drawn[other][slug], primary)
            spread = float(np.nanstd(apart.units, ddof=1)) * apart.wider
            lead = float(gain(primary, first, second))
            reach = float(special.stdtrit(units - 1, 1 - LEVEL / 2)) * spread
            ends = (lead - reach, lead + reach)
            if spread > 0:
                luck = 2 * float(special.stdtr(units - 1, -lead / spread))
        p.append(luck)
        found.append((one, other, float(gain(primary, first, second)), ends))
    return tuple(
        Difference(
            better=one, worse=other, lead=lead, low=low, high=high,
            p=luck if drawn else None, chance=luck >= LEVEL,
        )
        for (one, other, lead, (low, high)), luck in zip(found, holm(p), strict=True)
    )  # fmt: skip
