"""Explain: why is the forecast of one week what it is?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import cached
from app.services.forecasting.importance import with_override
from app.ui import feedback, forecasts, importance, parts, skeleton, words

if TYPE_CHECKING:
    from app.services.forecasting import ForecastView


def show(found: ForecastView) -> None:
    """The parts of one week as a chart and a table that add up to the number; the whole model."""
    if not found.known:
        feedback.empty(
            f"No forecast for {words.plain(found.label)}",
            "There is nothing to explain: it was not on offer when the forecast was made.",
        )
        return
    main, aside = skeleton.chart_and_why(
        f"What makes up the forecast: {words.plain(found.label)}", "The parts", wide_share=1.15
    )
    with main:
        week = forecasts.week_chooser(found)
        dated = cached.dated(found.question.snapshot)
        why = with_override(cached.why(dated, found.question, week), found)
        feedback.sentence(why.sentence)
        forecasts.why(found, why, height=420)
    with aside:
        parts.table(found, why)
    matters = cached.matters(dated, found.question.publication)
    importance.by_feature(
        matters,
        cached.features(dated, found.question, week),
        found.label,
        words.day(week),
        product=found.question.level == "product",
    )
    left, right = st.columns(2)
    with left, skeleton.card("What matters to the model as a whole"):
        importance.whole_model(matters)
    with right, skeleton.card("The weeks ahead"):
        forecasts.weeks_table(found)
