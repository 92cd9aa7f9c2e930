"""How good a candidate was: errors, bias and coverage beside the rule of thumb's.

Cases of the later half of the origins are judged; what they were told, choices and ranges
included, was learned from cases that had passed by their origin.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ml.contract import Measure
from ml.errors import NotEnoughData
from ml.forecasting import baseline, calibration, levels
from ml.forecasting.backtest import Learner
from ml.forecasting.baseline import RuleOfThumb
from ml.forecasting.cases import Cases
from ml.forecasting.panel import Panel
from ml.forecasting.types import (
    BOUND_QUANTILES,
    BOUNDS,
    COVERAGES,
    HORIZON_BUCKETS,
    Bools,
    Floats,
    Ints,
    bucket_label,
    bucket_of,
)

BIAS_LIMIT = 0.15
"""Share of sales by which a champion may be too high or too low."""

MARGIN = 0.01
"""Share of the rule of thumb's error by which a candidate must be better: less is luck."""

MEASURES: tuple[Measure, ...] = (
    Measure(
        slug="wape",
        label="Error (WAPE)",
        unit="share",
        better="lower",
        about="Sum of the misses of all products and weeks over the sum of sales.",
    ),
    Measure(
        slug="bias",
        label="Bias",
        unit="share",
        better="near zero",
        about="Forecast less sales over sales: above zero is too much.",
    ),
    Measure(
        slug="mase",
        label="MASE",
        unit="ratio",
        better="lower",
        about="Misses over those of repeating the last week, a product at a time.",
    ),
    Measure(
        slug="rmsse",
        label="RMSSE",
        unit="ratio",
        better="lower",
        about="The same with squared misses, so that large ones count more.",
    ),
    Measure(
        slug="pinball",
        label="Pinball loss",
        unit="share",
        better="lower",
        about="How well the whole range fits: twice the mean loss of its bounds over sales.",
    ),
    *(
        Measure(
            slug=f"coverage_{level}",
            label=f"{level} % range held",
            unit="share",
            better="near zero",
            about=f"Share of weeks within the {level} % range; it should be {level} %.",
        )
        for level in COVERAGES
    ),
    Measure(
        slug="wape_category",
        label="Error, categories",
        unit="share",
        better="lower",
        about="The error of the sums by category.",
    ),
    Measure(
        slug="wape_shop",
        label="Error, whole shop",
        unit="share",
        better="lower",
        about="The error of the sum of all products.",
    ),
)


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
    thumb_bounds: Floats


def judge(learner: Learner, cases: Cases, panel: Panel) -> dict[str, Judged]:
    """By level: the later half of the origins, as they would have been told then."""
    origins = np.unique(cases.origin)
    later = origins[len(origins) // 2 :]
    parts: dict[str, list[Judged]] = {"product": [], "category": [], "shop": []}
    for origin in later:
        now = cases.keep((cases.origin == origin) & cases.seen)
        known = cases.known_at(int(origin))
        if now.size:
            for level, part in _told(learner, now, known, panel.members).items():
                parts[level].append(part)
    if not parts["product"]:
        raise NotEnoughData(
            "Recent weeks in which a product was on offer and in stock",
            found=0,
            needed=1,
            remedy="Check the products' end dates and stock; without sales nothing is measured.",
        )
    return {level: _join(found) for level, found in parts.items()}


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
    return told


def _join(parts: list[Judged]) -> Judged:
    names = Judged.__dataclass_fields__
    return Judged(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})


def figures(judged: dict[str, Judged], panel: Panel, *, thumb: bool = False) -> dict[str, float]:
    """Every measure, of the candidate or of the rule of thumb on the same cases."""
    product = judged["product"]
    said = product.thumb if thumb else product.forecast
    bounds = product.thumb_bounds if thumb else product.bounds
    step, square = _steps(panel, int(product.origin.min()))
    error = said - product.actual
    usable = step[product.series] > 0
    result = {
        "wape": wape(said, product.actual),
        "bias": bias(said, product.actual),
        "mase": float(np.mean(np.abs(error[usable]) / step[product.series[usable]])),
        "rmsse": float(np.sqrt(np.mean(error[usable] ** 2 / square[product.series[usable]]))),
        "pinball": _pinball(product.actual, bounds),
    }
    for share, held in zip(COVERAGES, _coverage(product.actual, bounds), strict=True):
        result[f"coverage_{share}"] = held
    for level in ("category", "shop"):
        group = judged[level]
        result[f"wape_{level}"] = wape(group.thumb if thumb else group.forecast, group.actual)
    return {name: round(value, 6) for name, value in result.items()}


def wape(forecast: Floats, actual: Floats) -> float:
    total = float(np.sum(actual, dtype=np.float64))
    missed = float(np.sum(np.abs(forecast - actual), dtype=np.float64))
    return missed / total if total > 0 else float(missed > 0)


def bias(forecast: Floats, actual: Floats) -> float:
    total = float(np.sum(actual, dtype=np.float64))
    return float(np.sum(forecast - actual, dtype=np.float64)) / total if total > 0 else 0.0


def _steps(panel: Panel, origin: int) -> tuple[Floats, Floats]:
    """[n] mean step and mean squared step between seen neighbouring weeks of the history."""
    units, seen = panel.units[:, : origin + 1], panel.seen[:, : origin + 1]
    both = seen[:, 1:] & seen[:, :-1]
    step = np.where(both, np.abs(np.diff(units, axis=1)), 0)
    count = np.maximum(both.sum(1), 1)
    return step.sum(1) / count, (step**2).sum(1) / count


def _pinball(actual: Floats, bounds: Floats) -> float:
    total = 0.0
    for k, q in enumerate(BOUND_QUANTILES):
        over = actual - bounds[:, k]
        total += float(np.maximum(q * over, (q - 1) * over).sum(dtype=np.float64))
    sales = float(actual.sum(dtype=np.float64))
    return 2 * total / len(BOUNDS) / sales if sales > 0 else 0.0


def _coverage(actual: Floats, bounds: Floats) -> tuple[float, ...]:
    """Share within the 50, 80 and 95 % range."""
    held = []
    for level in COVERAGES:
        low, high = BOUNDS.index(f"lo{level}"), BOUNDS.index(f"hi{level}")
        inside = (actual >= bounds[:, low] - 1e-6) & (actual <= bounds[:, high] + 1e-6)
        held.append(float(inside.mean()))
    return tuple(held)


def tables(judged: dict[str, Judged]) -> dict[str, pd.DataFrame]:
    """Errors and coverage by level, by weeks ahead and by origin."""
    product = judged["product"]
    by_level = [
        {"level": level, "label": level, **_row(found, np.ones(len(found.actual), bool))}
        for level, found in judged.items()
    ]
    by_horizon = []
    for level, found in judged.items():
        buckets = bucket_of(found.horizon)
        for b in range(len(HORIZON_BUCKETS)):
            if (buckets == b).any():
                row = {"level": level, "label": bucket_label(b), **_row(found, buckets == b)}
                by_horizon.append(row)
    by_origin = [
        {"level": "product", "origin": int(origin), **_row(product, product.origin == origin)}
        for origin in np.unique(product.origin)
    ]
    return {
        "by_level": pd.DataFrame(by_level),
        "by_horizon": pd.DataFrame(by_horizon),
        "by_origin": pd.DataFrame(by_origin),
    }


def _row(found: Judged, at: np.ndarray) -> dict[str, float]:
    actual = found.actual[at]
    held = _coverage(actual, found.bounds[at])
    return {
        "cases": int(at.sum()),
        "wape": round(wape(found.forecast[at], actual), 4),
        "baseline_wape": round(wape(found.thumb[at], actual), 4),
        "bias": round(bias(found.forecast[at], actual), 4),
        **{f"coverage_{c}": round(h, 4) for c, h in zip(COVERAGES, held, strict=True)},
    }


def beats(metrics: dict[str, float], simple: dict[str, float]) -> bool:
    """Clearly less error than the rule of thumb, without a bias beyond the limit."""
    return metrics["wape"] < simple["wape"] * (1 - MARGIN) and abs(metrics["bias"]) <= BIAS_LIMIT


def verdict(
    metrics: dict[str, float], simple: dict[str, float], rule: str, *, is_rule: bool = False
) -> str:
    """One sentence with both figures; `is_rule` where the candidate is the rule of thumb."""
    if is_rule:
        return f"The rule of thumb, {rule}: {metrics['wape']:.2f}."
    both = f"{metrics['wape']:.2f} against {simple['wape']:.2f}"
    if metrics["wape"] >= simple["wape"] * (1 - MARGIN):
        return f"No better than {rule}: {both}."
    if abs(metrics["bias"]) > BIAS_LIMIT:
        way = "too high" if metrics["bias"] > 0 else "too low"
        return (
            f"Less error than {rule}: {both}; but {abs(metrics['bias']):.0%} {way}, "
            f"more than the {BIAS_LIMIT:.0%} allowed."
        )
    less = 1 - metrics["wape"] / simple["wape"]
    return f"Better than {rule}: {both}, {less:.0%} less error."


def rule_in_words(cases: Cases) -> str:
    """The rule of thumb that the whole of the cases would choose."""
    return baseline.label(RuleOfThumb().learn(as_thumb(cases)))
