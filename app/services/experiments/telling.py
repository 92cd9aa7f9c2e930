"""What came of an experiment, in words that staff can act by."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.services.activation.views import name_of
from ml.trials import FEWEST_UNITS

if TYPE_CHECKING:
    from app.services.experiments.outcomes import Outcomes
    from app.services.experiments.planning import Plan
    from ml.contract import Measure

UNITS = {"fraud": ("customer", "customers"), "forecasting": ("category", "categories")}
"""What decisions hang together by, one and several."""

OTHERWISE = ("unit", "units")


def units(capability: str, number: int) -> str:
    """ "1 customer", "14 categories"."""
    one, several = UNITS.get(capability, OTHERWISE)
    return f"{number:,} {one if number == 1 else several}"


def figure(measure: Measure, value: float) -> str:
    """A measured value with its unit; a dash where there is none."""
    if not math.isfinite(value):
        return "–"
    if measure.unit == "share":
        return f"{value * 100:.1f} %".replace("-", "−")
    return f"{value:,.3g}".replace("-", "−")


def apart(measure: Measure, value: float) -> str:
    """A difference of two values: points where these are per cent."""
    if measure.unit != "share" or not math.isfinite(value):
        return figure(measure, value)
    return f"{value * 100:.1f} points".replace("-", "−")


def verdict(found: Outcomes) -> str:
    """Which is better and how surely; where it cannot be told, what is missing."""
    now, test = found.compared, found.experiment
    label = found.measure.label
    if now is None:
        return _nothing_yet(found)
    if now.state == "too early":
        fewest = min(now.champion.units, now.challenger.units)
        if fewest < FEWEST_UNITS:
            return (
                f"Too early to tell: outcomes of {units(test.capability, now.champion.units)} are "
                f"known for {_champion(found)} and of "
                f"{units(test.capability, now.challenger.units)} for version {test.challenger}; "
                f"{FEWEST_UNITS} of each are the least that can be compared."
            )
        return (
            f"Too early to tell: {label.lower()} cannot be worked out for each side yet, because "
            "too few of the rare outcomes have come."
        )
    better = apart(found.measure, abs(now.difference))
    low, high = apart(found.measure, now.low), apart(found.measure, now.high)
    between = f"{low.removesuffix(' points')} to {high}"
    if now.state == "better":
        return (
            f"Version {test.challenger} is surely better: {label.lower()} differs by {better} in "
            f"its favour ({between}, however often one looks)."
        )
    if now.state == "worse":
        return (
            f"Version {test.challenger} is surely worse: {label.lower()} differs by {better} "
            f"against it ({between}, however often one looks)."
        )
    lead = f"version {test.challenger}" if now.difference > 0 else _champion(found)
    return (
        f"Nothing is sure yet: {lead} leads by {better}, which could be chance ({between} in "
        "favour of the challenger)."
    )


def how_long(found: Outcomes) -> str | None:
    """How many units would tell a difference of interest; None: nothing can be said."""
    now, test = found.compared, found.experiment
    if now is None or not math.isfinite(found.interest):
        return None
    sought = apart(found.measure, found.interest)
    if now.state != "open" or found.needed is None:
        return None
    if found.needed <= now.units:
        return f"There are enough to find a difference of {sought} in four of five cases."
    return (
        f"To find a difference of {sought} in four of five cases takes about "
        f"{units(test.capability, _about(found.needed))} in all; {now.units:,} are known."
    )


def planned(plan: Plan, capability: str) -> str:
    """What a split would take, before it begins."""
    sought = (
        f"To find a difference of {apart(plan.measure, plan.interest)} in "
        f"{plan.measure.label.lower()} (now {figure(plan.measure, plan.figure)}) in four of five "
        "cases"
    )
    if plan.needed is None or plan.days is None:
        return f"{sought} would take more {UNITS.get(capability, OTHERWISE)[1]} than will come."
    if plan.days > 1_000:
        long = f"about {plan.days / 365.25:.0f} years"
    else:
        long = f"about {max(round(plan.days), 1):,} days"
    return (
        f"{sought} takes about {units(capability, _about(plan.needed))}: {long} at the pace of the "
        "days on which the champion was measured, and then until it is known what came."
    )


def few_units(found: Outcomes) -> str | None:
    """That a split of a handful of units will never tell much; None: there are enough."""
    test = found.experiment
    total = found.champion.units + found.challenger.units
    if test.mode != "split" or not 0 < total < 2 * FEWEST_UNITS:
        return None
    return (
        f"Only {units(test.capability, total)} are divided between the two, so a split can hardly "
        "ever be sure. In shadow both answer for all of them, which tells more."
    )


def uneven(found: Outcomes) -> str | None:
    """That units did not fall as the share says; None: they did."""
    if not found.uneven:
        return None
    share = found.experiment.share * 100
    total = found.champion.units + found.challenger.units
    return (
        f"{found.challenger.units / total * 100:.0f} % of the units went to the challenger instead "
        f"of {share:.0f} %: chance does not do that. Do not trust the comparison before somebody "
        "has found out why."
    )


def _nothing_yet(found: Outcomes) -> str:
    test = found.experiment
    said = found.champion.predictions + found.challenger.predictions
    if not said:
        return "Too early to tell: nothing has been decided since it began."
    waits = found.champion.graded + found.challenger.graded
    return (
        f"Too early to tell: {said:,} predictions are logged ({found.champion.predictions:,} by "
        f"{_champion(found)}, {found.challenger.predictions:,} by version {test.challenger}), "
        f"{'of ' + format(waits, ',') if waits else 'of none'} of which it is known what came."
    )


def _champion(found: Outcomes) -> str:
    return name_of(found.experiment.champion).lower()


def _about(number: int) -> int:
    """Two figures: it is an estimate."""
    digits = max(len(str(number)) - 2, 0)
    return round(number, -digits)
