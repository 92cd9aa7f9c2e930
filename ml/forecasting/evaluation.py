"""How good a candidate was: errors, bias and coverage beside the rule of thumb's.

Cases of the later half of the origins are judged; what they were told, choices and ranges
included, was learned from cases that had passed by their origin.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ml.errors import NotEnoughData
from ml.forecasting import baseline, calibration, levels
from ml.forecasting.backtest import Learner
from ml.forecasting.baseline import RuleOfThumb
from ml.forecasting.cases import Cases
from ml.forecasting.measures import MEASURES, bias, coverage, mape, pinball, steps, wape
from ml.forecasting.panel import Panel
from ml.forecasting.types import COVERAGES, LEVELS, Bools, Floats, Ints

__all__ = ["MEASURES", "bias", "mape", "wape"]

BIAS_LIMIT = 0.15
"""Share of sales by which a champion may be too high or too low."""

MARGIN = 0.01
"""Share of the rule of thumb's error by which a candidate must be better: less is luck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Cases of one level with what was forecast and what the rule of thumb said."""

    origin: Ints
    horizon: Ints
    series: Ints
    actual: Floats
    forecast: Floats
    thumb: Floats
    bounds: Floats  # [m, bounds]
    thumb_bounds: Floats  # [m, bounds]; none for sums of weeks


def judge(learner: Learner, cases: Cases, panel: Panel) -> dict[str, Judged]:
    """By level: the later half of the origins, as they would have been told then.

    Sums of the next weeks stand beside them under `summed`, as far as the past reaches.
    """
    origins = np.unique(cases.origin)
    later = origins[len(origins) // 2 :]
    parts: dict[str, list[Judged]] = {level: [] for level in LEVELS}
    for origin in later:
        now = cases.keep((cases.origin == origin) & cases.seen)
        known = cases.known_at(int(origin))
        if now.size:
            for level, part in _told(learner, now, known, panel.members).items():
                parts.setdefault(level, []).append(part)
    if not parts["product"]:
        raise NotEnoughData(
            "Recent weeks in which a product was on offer and in stock",
            found=0,
            needed=1,
            remedy="Check the products' end dates and stock; without sales nothing is measured.",
        )
    return {level: _join(found) for level, found in parts.items()}


def summed(level: str, weeks: int) -> str:
    """The name under which sums of the next weeks of a level are judged."""
    return f"{level}, sum of {weeks} weeks"


def as_thumb(cases: Cases) -> Cases:
    """The same cases as told by the rule of thumb."""
    return replace(cases, components=cases.thumb)


def _told(learner: Learner, now: Cases, known: Cases, members: Bools) -> dict[str, Judged]:
    thumb = RuleOfThumb()
    own = calibration.learn(learner, known, members)
    rule = calibration.learn(thumb, as_thumb(known), members)
    forecast = learner.combine(now.components, now.scale, own.settings)
    simple = thumb.combine(now.thumb, now.scale, rule.settings)
    told = {
        "product": Judged(
            origin=now.origin,
            horizon=now.horizon,
            series=now.product,
            actual=now.actual,
            forecast=forecast,
            thumb=simple,
            bounds=own.product.bounds(forecast, now.wobble, now.horizon),
            thumb_bounds=rule.product.bounds(simple, now.wobble, now.horizon),
        )
    }
    groups = {"category": members, "shop": np.ones((1, members.shape[1]), bool)}
    for level, summed in groups.items():
        origin, horizon, series, (came, said, plain) = levels.sums(
            now.actual,
            forecast,
            simple,
            origin=now.origin,
            horizon=now.horizon,
            category=now.category,
            chosen=now.seen,
            members=summed,
        )
        own_ranges = own.category if level == "category" else own.shop
        rule_ranges = rule.category if level == "category" else rule.shop
        told[level] = Judged(
            origin=origin,
            horizon=horizon,
            series=series,
            actual=came,
            forecast=said,
            thumb=plain,
            bounds=own_ranges.bounds(said, series, horizon),
            thumb_bounds=rule_ranges.bounds(plain, series, horizon),
        )
    for sums in calibration.learn_totals(learner, known, own.settings, members):
        told |= _told_sums(sums, now, forecast, simple, members)
    return told


def _told_sums(
    learned: calibration.Totals, now: Cases, forecast: Floats, simple: Floats, members: Bools
) -> dict[str, Judged]:
    first, (said, plain, came) = levels.window(
        forecast,
        simple,
        now.actual,
        origin=now.origin,
        horizon=now.horizon,
        product=now.product,
        seen=now.seen,
        weeks=learned.weeks,
    )
    if not len(first):
        return {}
    none = np.empty((len(first), 0), np.float32)
    at_once = np.ones(len(first), np.int64)
    bounds = learned.product.bounds(said, now.wobble[first] * learned.weeks, at_once)
    told = {
        summed("product", learned.weeks): Judged(
            origin=now.origin[first],
            horizon=at_once,
            series=now.product[first],
            actual=came,
            forecast=said,
            thumb=plain,
            bounds=bounds,
            thumb_bounds=none,
        )
    }
    whole = np.ones((1, members.shape[1]), bool)
    for level, which, ranges in (
        ("category", members, learned.category),
        ("shop", whole, learned.shop),
    ):
        origin, horizon, series, (sold, ours, theirs) = levels.sums(
            came,
            said,
            plain,
            origin=now.origin[first],
            horizon=at_once,
            category=now.category[first],
            chosen=np.ones(len(first), bool),
            members=which,
        )
        told[summed(level, learned.weeks)] = Judged(
            origin=origin,
            horizon=horizon,
            series=series,
            actual=sold,
            forecast=ours,
            thumb=theirs,
            bounds=ranges.bounds(ours, series, horizon),
            thumb_bounds=none[: len(series)],
        )
    return told


def _join(parts: list[Judged]) -> Judged:
    names = Judged.__dataclass_fields__
    return Judged(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})


def figures(judged: dict[str, Judged], panel: Panel, *, thumb: bool = False) -> dict[str, float]:
    """Every measure, of the candidate or of the rule of thumb on the same cases."""
    product = judged["product"]
    said = product.thumb if thumb else product.forecast
    bounds = product.thumb_bounds if thumb else product.bounds
    step, square = steps(panel, int(product.origin.min()))
    error = said - product.actual
    usable = step[product.series] > 0
    result = {
        "wape": wape(said, product.actual),
        "bias": bias(said, product.actual),
        "mase": float(np.mean(np.abs(error[usable]) / step[product.series[usable]])),
        "rmsse": float(np.sqrt(np.mean(error[usable] ** 2 / square[product.series[usable]]))),
        "pinball": pinball(product.actual, bounds),
    }
    share, sold = mape(said, product.actual)
    if sold:  # defined
        result["mape"] = share
    for share, held in zip(COVERAGES, coverage(product.actual, bounds), strict=True):
        result[f"coverage_{share}"] = held
    for level in ("category", "shop"):
        group = judged[level]
        result[f"wape_{level}"] = wape(group.thumb if thumb else group.forecast, group.actual)
    return {name: round(value, 6) for name, value in result.items()}


def beats(metrics: dict[str, float], simple: dict[str, float]) -> bool:
    """Clearly less error than the rule of thumb, without a bias beyond the limit."""
    return metrics["wape"] < simple["wape"] * (1 - MARGIN) and abs(metrics["bias"]) <= BIAS_LIMIT


def per_cent(share: float) -> str:
    """0.171 → "17 %"."""
    return f"{share * 100:.0f} %"


def verdict(
    metrics: dict[str, float], simple: dict[str, float], rule: str, *, is_rule: bool = False
) -> str:
    """One sentence with both figures; `is_rule` where the candidate is the rule of thumb."""
    if is_rule:
        return f"The rule of thumb, {rule}: off by {per_cent(metrics['wape'])}."
    both = f"{per_cent(metrics['wape'])} against {per_cent(simple['wape'])}"
    if metrics["wape"] >= simple["wape"] * (1 - MARGIN):
        return f"No better than {rule}: {both}."
    if abs(metrics["bias"]) > BIAS_LIMIT:
        way = "too high" if metrics["bias"] > 0 else "too low"
        return (
            f"Less error than {rule}: {both}; but {per_cent(abs(metrics['bias']))} {way}, "
            f"more than the {per_cent(BIAS_LIMIT)} allowed."
        )
    less = 1 - metrics["wape"] / simple["wape"]
    return f"Better than {rule}: {both}, {per_cent(less)} less error."


def rule_in_words(cases: Cases) -> str:
    """The rule of thumb that the whole of the cases would choose."""
    return baseline.label(RuleOfThumb().learn(as_thumb(cases)))
