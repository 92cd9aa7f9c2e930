"""The rule of thumb: the same week last year, or the mean of the last 8 weeks.

Which of the two is decided once for the shop by what was better on earlier origins. Under two
years of history nothing can be said about last year's weeks, and the mean stands alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ml.contract import Progress
from ml.forecasting.cases import Cases
from ml.forecasting.features import YEAR, mean_of_last
from ml.forecasting.panel import Panel
from ml.forecasting.types import Floats, Ints

MEAN, LAST_YEAR = 0, 1
RULES: tuple[str, ...] = ("the mean of the last 8 weeks", "the same week last year")

SHORT_HISTORY_WEEKS = 4
"""Seen weeks under which a product's own mean is held together with its category's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOfThumb:
    """Learns nothing but which of the two rules is used."""

    key: ClassVar[str] = "rule_of_thumb"

    def fit(self, panel: Panel, last: int, seed: int, progress: Progress) -> RuleOfThumb:
        return self

    def components(self, panel: Panel, origin: int, horizons: Ints) -> Floats:
        """[2, n, H] units by each rule; where last year is not known, the mean."""
        mean = recent_mean(panel, origin)
        result = np.empty((2, panel.n, len(horizons)), np.float32)
        result[MEAN] = mean[:, None]
        for i, horizon in enumerate(horizons):
            past = _last_year(panel, origin + int(horizon) - YEAR)
            result[LAST_YEAR, :, i] = np.where(np.isnan(past), mean, past)
        return result

    def learn(self, cases: Cases | None) -> dict[str, float]:
        """Which rule: the one with less error on cases from at least a year into the history."""
        if cases is None:
            return {"rule": MEAN}
        comparable = cases.keep(cases.seen & (cases.origin >= YEAR))
        if comparable.size == 0:
            return {"rule": MEAN}
        errors = np.abs(comparable.components - comparable.actual).sum(1, dtype=np.float64)
        return {"rule": LAST_YEAR if errors[LAST_YEAR] < errors[MEAN] else MEAN}

    def combine(self, components: Floats, scale: Floats, settings: dict[str, float]) -> Floats:
        return np.asarray(components[int(settings["rule"])])


def label(settings: dict[str, float]) -> str:
    """The rule in words, as it follows "no better than"."""
    return RULES[int(settings["rule"])]


def recent_mean(panel: Panel, origin: int) -> Floats:
    """[n] units a week: mean of the last 8 seen weeks; a new product leans on its category."""
    mean = mean_of_last(panel, origin, 8)
    for length in (26, YEAR):  # long without stock: what it sold before
        mean = np.where(np.isnan(mean), mean_of_last(panel, origin, length), mean)
    weeks = panel.seen[:, : origin + 1].sum(1)
    short = weeks < SHORT_HISTORY_WEEKS
    if not short.any():
        return np.nan_to_num(mean)
    alike = _category_level(panel, mean, weeks >= SHORT_HISTORY_WEEKS)[panel.category_of]
    lean = SHORT_HISTORY_WEEKS - weeks
    mixed = (np.nan_to_num(mean) * weeks + alike * lean) / SHORT_HISTORY_WEEKS
    return np.asarray(np.nan_to_num(np.where(short, mixed, mean)), np.float32)


def _category_level(panel: Panel, mean: Floats, usable: np.ndarray) -> Floats:
    """[c] what the middle product of each category sells a week; the shop's where none does."""
    usable = usable & ~np.isnan(mean)
    overall = float(np.median(mean[usable])) if usable.any() else 0.0
    return np.array(
        [
            np.median(mean[inside])
            if (inside := usable & (panel.category_of == c)).any()
            else overall
            for c in range(len(panel.categories))
        ],
        np.float32,
    )


def _last_year(panel: Panel, week: int) -> Floats:
    """[n] units of that week, or the mean of its neighbours where it was not seen."""
    if week < 0:
        return np.full(panel.n, np.nan, np.float32)
    low, high = max(week - 1, 0), min(week + 2, panel.n_weeks)
    seen = panel.seen[:, low:high]
    around = np.full(panel.n, np.nan, np.float32)
    np.divide(panel.units[:, low:high].sum(1), seen.sum(1), out=around, where=seen.any(1))
    return np.where(panel.seen[:, week], panel.units[:, week], around)
