"""Is a day's data whole: as many cases as usual, no day missing, no value lacking?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from ml.drift import bounds
from ml.drift.checking import Check
from ml.drift.histograms import Course

WEEKS = 8  # of the same weekday that say what is usual
LOOKED_AT = 60  # days in which a missing day is looked for
FEWEST = 5.0  # cases a day under which an empty day is nothing unusual
CHANCE = 1e-3  # with which the number of cases of an ordinary day is found unusual
LEAST = 0.25  # share by which a day must differ in any case
LACKING = 0.05  # more of the values missing than was learned


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """What a day's data lacks.

    cases, usual : rows of the day, and of the same weekday in the weeks before on average.
    low, high : between which the rows of an ordinary day lie.
    missing_days : without a single row, though such days had some.
    lacking : columns of which more values are missing than learned, with both shares.
    """

    day: date
    cases: int
    usual: float
    low: float
    high: float
    missing_days: tuple[date, ...]
    lacking: tuple[tuple[str, float, float], ...]

    @property
    def odd(self) -> bool:
        return self.cases < self.low or self.cases > self.high

    @property
    def whole(self) -> bool:
        return not (self.odd or self.missing_days or self.lacking)

    def sentence(self, labels: Mapping[str, str], of: str = "rows") -> str:
        """What is lacking, in words."""
        told = []
        if self.missing_days:
            days = ", ".join(f"{day:%d %b}" for day in self.missing_days[:3])
            more = len(self.missing_days) - 3
            told.append(f"No {of} on {days}{f' and {more} more days' if more > 0 else ''}.")
        if self.odd and self.day not in self.missing_days:
            told.append(
                f"{self.cases:,} {of} on {self.day:%d %b}; usual on this weekday are "
                f"{self.low:,.0f} to {self.high:,.0f}."
            )
        for name, now, was in self.lacking[:2]:
            told.append(
                f"{labels.get(name, name)} is missing in {now * 100:.0f} %, was {was * 100:.0f} %."
            )
        if len(self.lacking) > 2:
            told.append(f"{len(self.lacking) - 2} more columns lack values.")
        return " ".join(told) or f"{self.cases:,} {of} on {self.day:%d %b}, as usual."

    def to_json(self) -> dict[str, Any]:
        found = asdict(self)
        found["day"] = self.day.isoformat()
        found["missing_days"] = [day.isoformat() for day in self.missing_days]
        return found


def completeness(course: Course, found: Check) -> Completeness | None:
    """Of the day that was checked; None before there are weeks to compare it with.

    `Course.cases` must count every case, not a drawn part of them.
    """
    at = course.index(found.day)
    if at < 7 * (WEEKS + 1) or at >= course.days:
        return None
    cases = course.cases
    days = np.arange(max(7 * WEEKS, at - 365), at + 1)
    usual = np.mean([cases[days - 7 * week] for week in range(1, WEEKS + 1)], axis=0)
    ratio = np.log((cases[days] + 1) / (usual + 1))
    away = np.abs(ratio[:-1])
    # Black Friday and a day without a feed are no measure of what is usual.
    calm = away[away <= np.quantile(away, 1 - bounds.DISTURBED)]
    limit = max(bounds.tail_of(calm).level(CHANCE), float(np.log1p(LEAST)))
    early = np.arange(max(at - LOOKED_AT + 1, 7 * WEEKS), at + 1)
    before = np.mean([cases[early - 7 * week] for week in range(1, WEEKS + 1)], axis=0)
    gone = early[(cases[early] == 0) & (before >= FEWEST)]
    lacking = sorted(
        (
            (row.name, row.missing_now, row.missing_was)
            for row in found.rows
            if row.alarm and row.missing_now - row.missing_was >= LACKING
        ),
        key=lambda one: one[2] - one[1],
    )
    return Completeness(
        day=found.day,
        cases=int(cases[at]),
        usual=float(usual[-1]),
        low=max(float((usual[-1] + 1) * np.exp(-limit) - 1), 0.0),
        high=float((usual[-1] + 1) * np.exp(limit) - 1),
        missing_days=tuple(course.first_day + timedelta(days=int(index)) for index in gone),
        lacking=tuple(lacking),
    )
