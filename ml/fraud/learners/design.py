"""Features as numbers of one scale, for learners that add and multiply.

Counts, money and spans of time by their logarithm, codes as one column each, what is unknown as
the usual value with a column that says so. Every column belongs to one feature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ml.fraud.schema import BY_NAME
from ml.fraud.types import Floats, Ints

LOGARITHM = ("count", "money", "ratio", "hours", "days")
FARTHEST = 6.0
"""Standard deviations beyond which a value is not told apart."""

RARELY = 0.0005
"""Share of orders under which a column says nothing that could be learned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """How features become columns; learned from the good and bad orders alike."""

    columns: tuple[str, ...]  # features, in the order of x
    feature: Ints  # [design columns] place of the feature
    code: Ints  # [design columns] −1: the value itself, −2: whether it is unknown, else the code
    mean: Floats
    spread: Floats

    @classmethod
    def learn(cls, x: Floats, columns: tuple[str, ...]) -> Design:
        feature, code = [], []
        for place, name in enumerate(columns):
            values = x[:, place]
            unknown = float(np.isnan(values).mean())
            known = BY_NAME.get(name)
            if known is not None and known.unit == "code":
                for one in range(len(known.codes)):
                    if RARELY < float((values == one).mean()) < 1 - RARELY:
                        feature.append(place)
                        code.append(one)
            else:
                feature.append(place)
                code.append(-1)
            if RARELY < unknown < 1 - RARELY:
                feature.append(place)
                code.append(-2)
        blank = cls(
            columns=columns,
            feature=np.array(feature, np.int64),
            code=np.array(code, np.int64),
            mean=np.zeros(len(feature)),
            spread=np.ones(len(feature)),
        )
        raw = blank.raw(x)
        return replace(
            blank,
            mean=np.array([_mean(column) for column in raw.T]),
            spread=np.array([_spread(column) for column in raw.T]),
        )

    def raw(self, x: Floats) -> Floats:
        result = np.empty((len(x), len(self.feature)))
        for column, (place, code) in enumerate(zip(self.feature, self.code, strict=True)):
            values = x[:, place]
            if code == -2:
                result[:, column] = np.isnan(values)
            elif code >= 0:
                result[:, column] = values == code
            else:
                unit = BY_NAME[self.columns[place]].unit if self.columns[place] in BY_NAME else ""
                result[:, column] = (
                    np.log1p(np.maximum(values, 0.0)) if unit in LOGARITHM else values
                )
        return result

    def apply(self, x: Floats) -> Floats:
        """[rows, design columns] around zero, no NaN."""
        scaled = (self.raw(x) - self.mean) / self.spread
        return np.clip(np.nan_to_num(scaled, nan=0.0), -FARTHEST, FARTHEST)

    def by_feature(self, parts: Floats) -> Floats:
        """[rows, design columns] summed to [rows, features]."""
        result = np.zeros((len(parts), len(self.columns)))
        for column, place in enumerate(self.feature):
            result[:, place] += parts[:, column]
        return result

    def to_json(self) -> dict[str, Any]:
        return {
            "columns": list(self.columns),
            "feature": self.feature.tolist(),
            "code": self.code.tolist(),
            "mean": self.mean.tolist(),
            "spread": self.spread.tolist(),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Design:
        return cls(
            columns=tuple(kept["columns"]),
            feature=np.array(kept["feature"], np.int64),
            code=np.array(kept["code"], np.int64),
            mean=np.array(kept["mean"], np.float64),
            spread=np.array(kept["spread"], np.float64),
        )


def _mean(column: Floats) -> float:
    known = column[~np.isnan(column)]
    return float(known.mean()) if len(known) else 0.0


def _spread(column: Floats) -> float:
    known = column[~np.isnan(column)]
    spread = float(known.std()) if len(known) else 0.0
    return spread if spread > 1e-9 else 1.0
