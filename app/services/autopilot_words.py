"""How far one version is ahead of another, in a sentence with its figures."""

from __future__ import annotations

from collections.abc import Mapping

from data_access.models import ModelVersion
from ml.contract import Capability, Measure
from ml.lead import FEWEST_UNITS, Lead


def led(capability: Capability, against: Mapping[str, Lead], other: ModelVersion | None) -> str:
    """ "WAPE 21.0 % against 23.4 % of version 3 on 812 cases, surely less." for each."""
    measure = next(m for m in capability.measures if m.slug == capability.primary)
    whom = {
        "champion": f"version {other.number}" if other is not None else "the champion",
        "rule": "the rule of thumb",
    }
    told = [
        f"{figure(measure, one.own)} against {figure(measure, one.other)} of {whom[name]} on "
        f"{one.cases:,} cases, {how_sure(one)}"
        for name, one in sorted(against.items())
    ]
    return f"{measure.label} {'; '.join(told)}."


def how_sure(one: Lead) -> str:
    if one.units < FEWEST_UNITS:
        return "too few to tell"
    if one.surely_better:
        return "surely better"
    return "surely worse" if one.surely_worse else "which can be luck"


def figure(measure: Measure, value: float) -> str:
    return f"{value * 100:.1f} %" if measure.unit == "share" else f"{value:.3g}"


def rolled_back_text(before: ModelVersion | None) -> str:
    """Who decides again, and what to look at."""
    who = f"Version {before.number}" if before is not None else "The rule of thumb"
    return (
        f"{who} decides again. For a week nothing is promoted by itself; see at Models, Watch, "
        "whether the data changed."
    )
