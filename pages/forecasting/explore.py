"""Explore: what sold, what will, and why one week is what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import cached
from app.ui import feedback, forecasts, movers, skeleton, words

if TYPE_CHECKING:
    from app.services.forecasting import ForecastView


def show(found: ForecastView) -> None:
    """Figures, chart with its why, and the products that change most."""
    if not found.known:
        feedback.empty(
            f"No forecast for {words.plain(found.label)}",
            " ".join(found.warnings)
            or "It was not on offer when the forecast was made. "
            "Look at its category, or at the whole shop.",
        )
        return
    for warning in found.model.warnings:
        feedback.watch(warning)
    forecasts.cards(found)
    main, aside = skeleton.chart_and_why(
        f"{words.plain(found.label)}, units a week", "Why this number?"
    )
    with aside:
        week = forecasts.week_chooser(found)
        parts = cached.why(cached.dated(found.question.snapshot), found.question, week)
        forecasts.why(found, parts, height=320)
    with main:
        forecasts.chart(found, selected=week)
    movers.show(found)
