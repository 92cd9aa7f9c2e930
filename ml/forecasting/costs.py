"""What a candidate costs: how thoroughly it is measured, and about how long that takes.

Costs differ by a thousand. Cheap candidates are measured at 13 past origins on up to 5,000
products, expensive ones at fewer and on fewer; the rule of thumb always on the same cases
beside them, so that what is compared is like with like.

Seconds are for 2 cores of a server processor, 156 weeks, 26 weeks ahead and the default
parameters, from single runs beside other work: an order of magnitude, told as "about".
"""

from __future__ import annotations

from dataclasses import dataclass

from ml.contract import Parameters
from ml.forecasting.types import MAX_HORIZON

DEFAULT_BUDGET_S = 300.0
"""Seconds within which the candidates that are chosen beforehand are trained."""

PREFERRED = ("lightgbm", "linear", "tsb", "ensemble", "theta", "forest", "ets")
"""Candidates chosen beforehand as far as the budget goes, the most promising first."""

SLOW_FORECAST_S = 300.0
"""Seconds for one forecast of all products from which staff are told beforehand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How a candidate is measured."""

    origins: int = 13  # past weeks from which is forecast
    refits: int = 3  # of them, those at which it is fitted anew
    products: int = 5_000  # at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Seconds:
    """What was measured."""

    start: float = 0.5  # once: libraries loaded, history read
    fit: float = 0.0  # a fit, however many products
    fit_product: float = 0.0  # a fit, for each product learned from
    learned: int = 5_000  # products learned from at most
    series: float = 0.00015  # a product forecast from one origin


EFFORTS: dict[str, Effort] = {
    "theta": Effort(origins=6, products=400),
    "ets": Effort(origins=6, products=400),
    "arima": Effort(origins=4, products=100),
    "forest": Effort(origins=6, refits=2, products=1_000),
    "lstm": Effort(origins=6, refits=1, products=1_000),
    "tft": Effort(origins=4, refits=1, products=500),
}

SECONDS: dict[str, Seconds] = {
    "rule_of_thumb": Seconds(),
    "recent_mean": Seconds(),
    "seasonal_naive": Seconds(),
    "lightgbm": Seconds(start=2.0, fit=1.5, fit_product=0.005, learned=1_500, series=0.0006),
    "linear": Seconds(series=0.0006),
    "tsb": Seconds(series=0.0002),
    "croston": Seconds(series=0.0002),
    "theta": Seconds(start=5.0, series=0.040),
    "ets": Seconds(start=5.0, series=0.040),
    "arima": Seconds(start=5.0, series=0.42),
    "forest": Seconds(start=3.0, fit=2.0, fit_product=0.01, learned=400, series=0.004),
    "lstm": Seconds(start=10.0, fit=20.0, fit_product=0.02, learned=500, series=0.001),
    "tft": Seconds(start=10.0, fit=60.0, fit_product=0.05, learned=500, series=0.002),
}

CASE_S = 1.2e-6
"""Seconds to measure one case: errors, ranges and what is learned from them."""


def effort(key: str, parameters: Parameters) -> Effort:
    """An ensemble is measured as its most expensive member."""
    if key != "ensemble":
        return EFFORTS.get(key, Effort())
    own = [effort(member, {}) for member in _members(parameters)] or [Effort()]
    return Effort(
        origins=min(one.origins for one in own),
        refits=min(one.refits for one in own),
        products=min(one.products for one in own),
    )


def seconds(key: str, parameters: Parameters, products: int, weeks: int) -> float:
    """About how long backtest, fit and one forecast of all products take."""
    how = effort(key, parameters)
    measured = min(products, how.products)
    horizon = float(parameters.get("horizon_weeks", MAX_HORIZON)) / MAX_HORIZON
    cases = how.origins * measured * MAX_HORIZON * horizon
    keys = _members(parameters) if key == "ensemble" else (key,)
    total = CASE_S * cases * 8  # later origins learn from the earlier ones anew
    for one in keys:
        cost, size = SECONDS[one], _size(one, parameters if one == key else {})
        long = (weeks / 156) * (horizon if one in ("lightgbm", "forest", "linear") else 1.0)
        fits = how.refits * (cost.fit + cost.fit_product * min(measured, cost.learned))
        fits += cost.fit + cost.fit_product * min(products, cost.learned)
        told = cost.series * (how.origins * measured + products) * long
        total += cost.start + fits * size + told
    return round(total, 1)


def forecast_seconds(key: str, parameters: Parameters, products: int) -> float:
    """About how long one forecast of all products takes, as each publication needs one."""
    keys = _members(parameters) if key == "ensemble" else (key,)
    return sum(SECONDS[one].series for one in keys) * products


def defaults(products: int, budget: float = DEFAULT_BUDGET_S) -> tuple[str, ...]:
    """Keys of the candidates that fit into the budget together, the most promising first."""
    from ml.forecasting.candidates import CANDIDATES

    own = {candidate.key: candidate.defaults() for candidate in CANDIDATES}
    chosen: list[str] = []
    spent = 0.0
    for key in PREFERRED:
        takes = seconds(key, own[key], products, 156)
        if chosen and spent + takes > budget:
            continue
        chosen.append(key)
        spent += takes
    return tuple(chosen)


def _members(parameters: Parameters) -> tuple[str, ...]:
    return tuple(
        k.removeprefix("with_") for k, v in parameters.items() if k.startswith("with_") and v
    )


def _size(key: str, parameters: Parameters) -> float:
    """How much longer a fit takes than with the default parameters."""
    if key == "lightgbm":
        rows = float(parameters.get("most_rows", 150_000)) / 150_000
        return float(parameters.get("rounds", 120)) / 120 * max(rows, 0.2)
    if key == "forest":
        return float(parameters.get("trees", 60)) / 60
    if key in ("lstm", "tft"):
        cells = max(float(parameters.get("cells", 32)) / 32, 0.5)
        return float(parameters.get("steps", 300)) / 300 * cells
    return 1.0
