"""Who becomes champion of fraud review: the rule, as a pure function."""

from __future__ import annotations

from collections.abc import Sequence

from ml.contract import Choice, Measured

COSTLY = ("attention",)
"""Candidates that must be clearly better than the others to be worth their training."""

WORTH = 0.02
"""Share by which a costly one must be better."""

PRIMARY = "average_precision"


def champion(measured: Sequence[Measured]) -> Choice:
    """The highest average precision among those that beat the plain rules, or none.

    A network that is not clearly better than the best of the others is passed over, and the
    sentence says so.
    """
    better = [m for m in measured if m.beats and m.metrics[PRIMARY] > m.baseline[PRIMARY]]
    if not better:
        return _none(measured)
    best = max(better, key=lambda m: (m.metrics[PRIMARY], m.name))
    aside = ""
    light = [m for m in better if m.candidate not in COSTLY]
    if best.candidate in COSTLY and light:
        second = max(light, key=lambda m: (m.metrics[PRIMARY], m.name))
        if best.metrics[PRIMARY] < second.metrics[PRIMARY] * (1 + WORTH):
            aside = f" {best.label} has {_share(best)}, too little more to be worth its training."
            best = second
    return Choice(
        name=best.name,
        sentence=f"{best.label} finds most: average precision {_share(best)} against "
        f"{best.baseline[PRIMARY] * 100:.1f} % of the plain rules.{aside}",
    )


def _none(measured: Sequence[Measured]) -> Choice:
    if not measured:
        return Choice(name=None, sentence="The plain rules decide: nothing has been trained.")
    best = max(measured, key=lambda m: (m.metrics[PRIMARY], m.name))
    return Choice(
        name=None,
        sentence=f"The plain rules decide: no candidate is surely better. The nearest is "
        f"{best.label} average precision {_share(best)} against "
        f"{best.baseline[PRIMARY] * 100:.1f} %.",
    )


def _share(m: Measured) -> str:
    return f"{m.metrics[PRIMARY] * 100:.1f} %"
