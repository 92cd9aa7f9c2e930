"""What a candidate learns from its past cases: its settings, and the ranges around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.forecasting import levels
from ml.forecasting.backtest import Learner
from ml.forecasting.cases import Cases
from ml.forecasting.ranges import GroupErrors, GroupRanges, ProductRanges
from ml.forecasting.types import HORIZON_BUCKETS, WINDOWS, Bools, Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Ranges of the sum of the next weeks."""

    weeks: int
    product: ProductRanges
    category: GroupRanges
    shop: GroupRanges

    def to_json(self) -> dict[str, Any]:
        return {
            "weeks": self.weeks,
            "product": _product_json(self.product),
            "category": _group_json(self.category),
            "shop": _group_json(self.shop),
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Totals:
        return cls(
            weeks=int(kept["weeks"]),
            product=_product_of(kept["product"]),
            category=_group_of(kept["category"]),
            shop=_group_of(kept["shop"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    settings: dict[str, float]  # of the learner's `combine`
    product: ProductRanges
    category: GroupRanges
    shop: GroupRanges
    totals: tuple[Totals, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "settings": self.settings,
            "product": _product_json(self.product),
            "category": _group_json(self.category),
            "shop": _group_json(self.shop),
            "totals": [total.to_json() for total in self.totals],
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Calibration:
        return cls(
            settings={name: float(value) for name, value in kept["settings"].items()},
            product=_product_of(kept["product"]),
            category=_group_of(kept["category"]),
            shop=_group_of(kept["shop"]),
            totals=tuple(Totals.from_json(total) for total in kept["totals"]),
        )


def learn(learner: Learner, cases: Cases, members: Bools) -> Calibration:
    """From all of these cases; the caller leaves out what was not known yet.

    `members` [series, categories] says which categories each category series sums.
    """
    settings = learner.learn(cases if cases.size else None)
    forecast = learner.combine(cases.components, cases.scale, settings)
    seen = cases.seen
    product = ProductRanges.learn(
        forecast[seen], cases.actual[seen], cases.wobble[seen], cases.horizon[seen]
    )
    category, shop = _groups(
        forecast,
        cases.actual,
        origin=cases.origin,
        horizon=cases.horizon,
        category=cases.category,
        chosen=cases.seen,
        members=members,
    )
    return Calibration(settings=settings, product=product, category=category, shop=shop)


def learn_totals(
    learner: Learner, cases: Cases, settings: dict[str, float], members: Bools
) -> tuple[Totals, ...]:
    """Ranges of sums over the next `WINDOWS` weeks, as far as the cases reach."""
    forecast = learner.combine(cases.components, cases.scale, settings)
    found = []
    for weeks in WINDOWS:
        if not cases.size or weeks > int(cases.horizon.max()):
            break
        first, (said, came) = levels.window(
            forecast,
            cases.actual,
            origin=cases.origin,
            horizon=cases.horizon,
            product=cases.product,
            seen=cases.seen,
            weeks=weeks,
        )
        if not len(first):
            break
        now = np.ones(len(first), np.int64)
        category, shop = _groups(
            said,
            came,
            origin=cases.origin[first],
            horizon=now,
            category=cases.category[first],
            chosen=np.ones(len(first), bool),
            members=members,
        )
        wobble = cases.wobble[first] * weeks
        product = ProductRanges.learn(said, came, wobble, now)
        found.append(Totals(weeks=weeks, product=product, category=category, shop=shop))
    return tuple(found)


def _groups(
    forecast: Floats,
    actual: Floats,
    *,
    origin: Ints,
    horizon: Ints,
    category: Ints,
    chosen: Bools,
    members: Bools,
) -> tuple[GroupRanges, GroupRanges]:
    """Ranges of categories and of the shop."""
    errors = []
    for summed in (members, np.ones((1, members.shape[1]), bool)):
        of_sum, ahead, series, (told, came) = levels.sums(
            forecast,
            actual,
            origin=origin,
            horizon=horizon,
            category=category,
            chosen=chosen,
            members=summed,
        )
        errors.append(GroupErrors.of(told, came, series, ahead, of_sum, len(summed)))
    categories, shop = errors
    return GroupRanges.learn(categories, shop), GroupRanges.learn(shop, categories)


def _product_json(ranges: ProductRanges) -> dict[str, Any]:
    return {"centres": ranges.centres.tolist(), "quantiles": ranges.quantiles.tolist()}


def _product_of(kept: dict[str, Any]) -> ProductRanges:
    return ProductRanges(centres=np.array(kept["centres"]), quantiles=np.array(kept["quantiles"]))


def _group_json(ranges: GroupRanges) -> dict[str, Any]:
    return {
        "spreads": ranges.spreads.tolist(),
        "stretch": ranges.stretch.tolist(),
        "centres": ranges.centres.tolist(),
    }


def _group_of(kept: dict[str, Any]) -> GroupRanges:
    return GroupRanges(
        spreads=np.array(kept["spreads"]),
        stretch=np.array(kept["stretch"]),
        centres=np.array(kept.get("centres", [0.0] * len(HORIZON_BUCKETS))),
    )
