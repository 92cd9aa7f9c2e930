"""Explore: what sold, what will, and why one week is what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import cached
from app.ui import (
    beliefs,
    courses,
    feedback,
    forecasts,
    lookalikes,
    movers,
    parts_switch,
    seasons,
    whatif,
    words,
)

if TYPE_CHECKING:
    from app.services.forecasting import ForecastView


def show(found: ForecastView) -> None:
    """Figures, the chart in one of its parts with what belongs beside it, and many products."""
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
    if found.unsure:
        bound, sure = (found.bound or 0.0) * 100, (found.confidence or 0.0) * 100
        feedback.watch(
            f"Not sure: the 80 % range of the next weeks is too wide for the {bound:.0f} % that is "
            f"asked for ({sure:.0f} % sure). The order list proposes nothing by forecasts this "
            "unsure."
        )
    forecasts.cards(found)
    main, aside = parts_switch.cards()
    with main:
        part, by = parts_switch.head(found)
    if part == "forecast":
        with aside:
            week = forecasts.week_chooser(found)
            told = cached.why(cached.dated(found.question.snapshot), found.question, week)
            forecasts.why(found, told, height=320)
        with main:
            courses.forecast(found, by, selected=week)
    elif part == "year":
        with main:
            courses.last_year(found, by)
        with aside:
            courses.year_table(found, by)
    elif part == "season":
        with main:
            seasons.chart(found, by)
        with aside:
            seasons.story(found, by)
    elif part == "believed":
        beliefs.show(found, main, aside)
    else:
        with main:
            (whatif if part == "whatif" else lookalikes).show(found)
    movers.show(found)
