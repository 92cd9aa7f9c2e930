"""Figures of forecasts in words."""

from __future__ import annotations

from collections.abc import Sequence

NOT_PUBLISHED = "The stored forecast is no longer there."
EACH = {
    "product": "a product and week",
    "category": "a category and week",
    "shop": "a week",
}


def share(value: float) -> str:
    """0.143 → "14 %"."""
    return f"{value * 100:.0f} %"


def accuracy(own: float, simple: float, rule: str, level: str) -> str:
    """How good the model has been, with the rule of thumb beside it."""
    if abs(own - simple) < 1e-9:
        return f"off by {share(own)} {EACH[level]}; it is the rule of thumb, {rule}"
    return f"off by {share(own)} {EACH[level]}; {rule} was off by {share(simple)}"


def held(level: int, coverage: float) -> str:
    """The range with its measured coverage."""
    return f"{level} % range; held {share(coverage)} of the time"


def model_name(number: int | None, label: str) -> str:
    return f"{label}, version {number}" if number is not None else "Rule of thumb"


def sum_of(total: float, parts: Sequence[tuple[str, float]]) -> str:
    """ "120 = 95 usual level + 30 season − 5 price"; parts that round to nothing left out."""
    digits = 0 if abs(total) >= 10 else 1
    told = []
    for number, (name, units) in enumerate(parts):
        size = f"{abs(units):,.{digits}f}"
        if number and not float(size.replace(",", "")):
            continue
        sign = ("− " if units < 0 else "") if not number else ("− " if units < 0 else "+ ")
        told.append(f"{sign}{size} {name}")
    return f"{total:,.{digits}f} = " + " ".join(told)
