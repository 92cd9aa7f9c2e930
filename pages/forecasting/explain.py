"""Explain: why is the forecast of one week what it is?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import cached
from app.ui import feedback, forecasts, parts, skeleton, words

if TYPE_CHECKING:
    from app.services.forecasting import ForecastView


def show(found: ForecastView) -> None:
    """The parts of one week as a chart and as a table; they add up to the number."""
    if not found.known:
        feedback.empty(
            f"No forecast for {words.plain(found.label)}",
            "There is nothing to explain: it was not on offer when the forecast was made.",
        )
        return
    main, aside = skeleton.chart_and_why(
        f"What makes the forecast of {words.plain(found.label)}", "The parts", wide_share=1.15
    )
    with main:
        week = forecasts.week_chooser(found)
        why = cached.why(cached.dated(found.question.snapshot), found.question, week)
        feedback.sentence(why.sentence)
        forecasts.why(found, why, height=420)
    with aside:
        parts.table(found, why)
    with skeleton.card("The weeks ahead"):
        forecasts.weeks_table(found)
