"""What a candidate learns from its past cases: its settings, and the ranges around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.forecasting import levels
from ml.forecasting.backtest import Learner
from ml.forecasting.cases import Cases
from ml.forecasting.ranges import GroupRanges, ProductRanges
from ml.forecasting.types import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    settings: dict[str, float]  # of the learner's `combine`
    product: ProductRanges
    category: GroupRanges
    shop: GroupRanges

    def to_json(self) -> dict[str, Any]:
        return {
            "settings": self.settings,
            "product": {
                "centres": self.product.centres.tolist(),
                "quantiles": self.product.quantiles.tolist(),
            },
            "category": _group_json(self.category),
            "shop": _group_json(self.shop),
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Calibration:
        return cls(
            settings={name: float(value) for name, value in kept["settings"].items()},
            product=ProductRanges(
                centres=np.array(kept["product"]["centres"]),
                quantiles=np.array(kept["product"]["quantiles"]),
            ),
            category=_group_of(kept["category"]),
            shop=_group_of(kept["shop"]),
        )


def learn(learner: Learner, cases: Cases, categories: int) -> Calibration:
    """From all of these cases; the caller leaves out what was not known yet."""
    settings = learner.learn(cases if cases.size else None)
    forecast = learner.combine(cases.components, cases.scale, settings)
    seen = cases.seen
    product = ProductRanges.learn(
        forecast[seen], cases.actual[seen], cases.wobble[seen], cases.horizon[seen]
    )
    return Calibration(
        settings=settings,
        product=product,
        category=_group(cases, forecast, cases.category, categories),
        shop=_group(cases, forecast, np.zeros_like(cases.category), 1),
    )


def _group(cases: Cases, forecast: Floats, group: Any, count: int) -> GroupRanges:
    origin, horizon, series, (told, came) = levels.sums(
        forecast,
        cases.actual,
        origin=cases.origin,
        horizon=cases.horizon,
        group=group,
        chosen=cases.seen,
    )
    return GroupRanges.learn(told, came, series, horizon, origin, count)


def _group_json(ranges: GroupRanges) -> dict[str, Any]:
    return {"spreads": ranges.spreads.tolist(), "stretch": ranges.stretch.tolist()}


def _group_of(kept: dict[str, Any]) -> GroupRanges:
    return GroupRanges(spreads=np.array(kept["spreads"]), stretch=np.array(kept["stretch"]))
