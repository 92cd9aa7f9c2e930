"""The rule of thumb: plain rules with points, as a shop writes them on its first day.

Nothing is learned. A rule is met or not; an order's margin is the sum of the points of those met.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np

from ml.contract import Progress, Value, silent
from ml.fraud.calibration import Calibration, Link
from ml.fraud.learners.base import Lesson
from ml.fraud.types import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Points for orders whose feature is at least, at most or exactly the limit."""

    feature: str
    how: Literal["at least", "at most", "is"]
    limit: float
    points: float


RULES: tuple[Rule, ...] = (
    Rule(feature="attempts_failed", how="at least", limit=2, points=2.0),
    Rule(feature="billing_is_shipping", how="is", limit=0, points=1.0),
    Rule(feature="card_is_billing", how="is", limit=0, points=1.5),
    Rule(feature="ip_is_billing", how="is", limit=0, points=1.0),
    Rule(feature="avs", how="is", limit=2, points=1.0),
    Rule(feature="cvv", how="is", limit=1, points=1.0),
    Rule(feature="secure", how="is", limit=1, points=1.5),
    Rule(feature="account_hours", how="at most", limit=24, points=1.0),
    Rule(feature="night", how="is", limit=1, points=0.5),
    Rule(feature="amount", how="at least", limit=500, points=1.0),
    Rule(feature="amount_to_customer", how="at least", limit=5, points=1.0),
    Rule(feature="customer_orders_day", how="at least", limit=3, points=1.0),
    Rule(feature="device_accounts_day", how="at least", limit=3, points=2.0),
    Rule(feature="device_cards_day", how="at least", limit=3, points=2.0),
    Rule(feature="ip_orders_hour", how="at least", limit=5, points=1.0),
    Rule(feature="linked_chargebacks", how="at least", limit=1, points=2.0),
)

UNTRAINED = Calibration(slope=0.75, offset=-5.5)
"""Scale before anything is known of the shop: one order in 250 where no rule is met, review
(15 %) at 5 points, block (80 %) at 9."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    key: ClassVar[str] = "rules"
    link: ClassVar[Link] = "log-odds"
    labelled: ClassVar[bool] = False
    columns: tuple[str, ...] = ()

    @classmethod
    def of(cls, parameters: Mapping[str, Value]) -> Self:
        return cls()

    def fit(self, lesson: Lesson, progress: Progress = silent) -> Rules:
        progress("counting points", 1.0)
        return Rules(columns=lesson.columns)

    def margin(self, x: Floats) -> Floats:
        return np.asarray(self.contributions(x).sum(axis=1))

    def contributions(self, x: Floats) -> Floats:
        result = np.zeros((len(x), len(self.columns) + 1))
        places = {name: place for place, name in enumerate(self.columns)}
        for rule in RULES:
            place = places.get(rule.feature)
            if place is None:
                continue
            with np.errstate(invalid="ignore"):
                met = _met(rule, x[:, place])
            result[met, place] += rule.points
        return result

    def save(self, folder: Path, name: str = "model") -> dict[str, Any]:
        return {}

    def load(self, folder: Path, told: Mapping[str, Any], name: str = "model") -> Rules:
        return Rules(columns=tuple(told["columns"]))


def _met(rule: Rule, values: Floats) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Of a value that is not known no rule is met."""
    if rule.how == "at least":
        return np.asarray(values >= rule.limit)
    if rule.how == "at most":
        return np.asarray(values <= rule.limit)
    return np.asarray(values == rule.limit)
