"""Why this score: facts that push it up and down, in sentences, adding up to it.

Learners tell what each feature adds to their margin. The calibration is a rising curve over the
margin; each feature's part of the way from the usual order's probability to this one's is its part
of the margin, so that base and contributions sum to the score and keep their signs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ml.fraud.kept import FraudModel
from ml.fraud.schema import BY_NAME, Feature
from ml.fraud.types import Floats

TOLD = 12
"""Facts told of one order at most; the rest is summed into one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One fact and what it adds to the score (probability, signed: higher is riskier)."""

    feature: str
    label: str
    value: float | None  # None: not known
    usual: float | None  # median of good orders
    contribution: float
    sentence: str

    def to_json(self) -> dict[str, Any]:
        return {
            "feature": self.feature,
            "label": self.label,
            "value": self.value,
            "usual": self.usual,
            "contribution": self.contribution,
            "sentence": self.sentence,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Why one order has its score: base + the contributions of all factors = score."""

    score: float
    base: float
    factors: tuple[Factor, ...]  # strongest first; the last may be "everything else"

    @property
    def up(self) -> tuple[Factor, ...]:
        return tuple(one for one in self.factors if one.contribution > 0)

    @property
    def down(self) -> tuple[Factor, ...]:
        return tuple(one for one in self.factors if one.contribution < 0)

    def to_json(self) -> dict[str, Any]:
        return {"base": self.base, "factors": [one.to_json() for one in self.factors]}


def contributions(model: FraudModel, x: Floats) -> Floats:
    """[rows, features + 1] in probability; the last column is the base. A row sums to its score."""
    parts = model.learner.contributions(x)
    base_margin, total = parts[:, -1], parts.sum(axis=1)
    base = model.calibration.probability(base_margin)
    gap = model.calibration.probability(total) - base
    way = total - base_margin
    # Where the facts cancel out, each counts as much as the curve is steep there.
    flat = np.abs(way) < 1e-9
    steep = model.calibration.steepness(base_margin)
    rate = np.where(flat, steep, gap / np.where(flat, 1.0, way))
    result = parts * rate[:, None]
    result[:, -1] = base
    # What rounding and the flat case leave over stays in the sum.
    result[:, -1] += base + gap - result.sum(axis=1)
    return np.asarray(result)


def factors(model: FraudModel, features: pd.DataFrame, most: int = TOLD) -> list[Told]:
    """Why each order of a features frame has its score, in the order of its rows."""
    x = model.matrix(features)
    every = contributions(model, x)
    return [_told(model, x[row], every[row], most) for row in range(len(x))]


def _told(model: FraudModel, x: Floats, parts: Floats, most: int) -> Told:
    order = np.argsort(-np.abs(parts[:-1]), kind="stable")
    chosen = [place for place in order[:most] if abs(parts[place]) > 1e-9]
    found = [_factor(model, int(place), float(x[place]), float(parts[place])) for place in chosen]
    score = float(parts.sum())
    rest = score - float(parts[-1]) - sum(one.contribution for one in found)
    if abs(rest) > 1e-12 and len(chosen) < len(parts) - 1:
        found.append(
            Factor(
                feature="other",
                label="Everything else",
                value=None,
                usual=None,
                contribution=rest,
                sentence="Everything else together",
            )
        )
    return Told(score=score, base=float(parts[-1]), factors=tuple(found))


def _factor(model: FraudModel, place: int, value: float, part: float) -> Factor:
    name = model.columns[place]
    usual = model.usual.get(name)
    feature = BY_NAME[name]
    unknown = bool(np.isnan(value))
    return Factor(
        feature=name,
        label=feature.label,
        value=None if unknown else value,
        usual=usual,
        contribution=part,
        sentence=sentence(feature, None if unknown else value, usual),
    )


def sentence(feature: Feature, value: float | None, usual: float | None) -> str:
    """The fact in words: "5 accounts used this device in 24 hours; usual is 1"."""
    if value is None:
        return f"{feature.label}: not known"
    if feature.unit == "yes":
        return _yes_or_no(feature, value)
    told = feature.told or f"{feature.label}: {{value}}"
    if usual is None:
        told = told.replace("; usual is {usual}", "")
    text = told.replace("{value}", shown(feature, value))
    return text.replace("{usual}", shown(feature, usual) if usual is not None else "not known")


NO: dict[str, str] = {
    "billing_is_shipping": "Billed and shipped to one country",
    "card_is_billing": "The card is from the country of the bill",
    "ip_is_billing": "The IP is from the country of the bill",
    "night": "Placed by day",
    "first_order": "Not the first order of this account",
    "device_is_new": "A device that this account used lately",
    "address_is_new": "Shipped to an address that this account used lately",
}
"""What is told where the suspicious thing is not so."""

SUSPICIOUS_WHEN_NO = ("billing_is_shipping", "card_is_billing", "ip_is_billing")


def _yes_or_no(feature: Feature, value: float) -> str:
    suspicious = (value < 0.5) == (feature.name in SUSPICIOUS_WHEN_NO)
    if suspicious:
        return feature.told or feature.label
    return NO.get(feature.name, f"{feature.label}: {'yes' if value >= 0.5 else 'no'}")


def shown(feature: Feature, value: float) -> str:
    """A value of a feature as staff read it."""
    unit = feature.unit
    if unit == "code":
        place = round(value)
        return feature.codes[place] if 0 <= place < len(feature.codes) else "something else"
    if unit == "share":
        return f"{value * 100:.0f} %"
    if unit == "hour":
        return f"{int(value):02d}:00"
    if unit == "hours":
        return _span(value)
    if unit == "days":
        return _span(value * 24)
    if unit == "count":
        return f"{value:,.0f}"
    if unit == "ratio":
        return f"{value:,.1f}"
    return f"{value:,.2f}"


def _span(hours: float) -> str:
    if hours < 2 / 60:
        return f"{hours * 3600:.0f} seconds"
    if hours < 2:
        return f"{hours * 60:.0f} minutes"
    if hours < 48:
        return f"{hours:.0f} hours"
    return f"{hours / 24:,.0f} days"
