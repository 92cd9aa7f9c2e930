"""Figures of models in words, the same on the page, in the passport and on the command line."""

from __future__ import annotations

from datetime import date

from ml.comparison import Interval
from ml.contract import Measure


def figure(measure: Measure, value: float | None) -> str:
    """14.2 %, +3.1 %, 0.87; a dash where there is none."""
    if value is None or value != value:
        return "–"
    if measure.unit != "share":
        told = f"{value:.2f}"
    elif measure.better == "near zero" and measure.slug == "bias":
        told = f"{value * 100:+.1f} %"
    else:
        told = f"{value * 100:.1f} %"
    return told.replace("-", "−")


def interval(measure: Measure, one: Interval | None) -> str:
    """13.1 to 15.4 %; a dash where luck cannot be told."""
    if one is None or one.low is None or one.high is None:
        return "–"
    low, high = figure(measure, one.low), figure(measure, one.high)
    if low.endswith(" %"):
        low = low.removesuffix(" %")
    return f"{low} to {high}"


def plain_day(day: date) -> str:
    """19 Nov 2026."""
    return f"{day.day} {day:%b %Y}"


def lead(measure: Measure, value: float) -> str:
    """How much better: "2.1 points", "0.031"."""
    return f"{value * 100:.1f} points" if measure.unit == "share" else f"{value:.3f}"


def leads(measure: Measure, low: float | None, high: float | None) -> str:
    """ "−0.4 to 4.6 points"; a dash where luck cannot be told."""
    if low is None or high is None:
        return "–"
    scale, unit = (100, " points") if measure.unit == "share" else (1, "")
    told = f"{low * scale:.1f} to {high * scale:.1f}" if unit else f"{low:.3f} to {high:.3f}"
    return f"{told.replace('-', '−')}{unit}"
