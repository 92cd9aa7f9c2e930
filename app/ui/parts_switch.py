"""What the main card of Explore shows: a small switch inside it, and the grain beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import cached
from app.ui import courses, skeleton, words
from app.ui.skeleton import Row

if TYPE_CHECKING:
    from app.services.forecasting import ForecastView

PARTS = {
    "forecast": "Forecast",
    "year": "Last year",
    "season": "Season and trend",
    "whatif": "What if",
    "believed": "What we believed",
    "new": "New",
}
ASIDE = {
    "forecast": "Why this number?",
    "year": "Against last year",
    "season": "Which seasons?",
    "believed": "Since going live",
}
WIDE = frozenset({"whatif", "new"})
"""Parts that take the whole width: nothing stands beside them."""


def asked() -> str:
    """The part that is asked for, before its switch is drawn."""
    said = str(st.session_state.get("part") or st.query_params.get("part", ""))
    return next((one for one, label in PARTS.items() if said in (one, label)), "forecast")


def cards() -> tuple[Row, Row]:
    """The main card, and the one beside it, for the part that is asked for."""
    part = asked()
    if part in WIDE:
        return skeleton.card(), st.container()
    wide, narrow = st.columns([2.15, 1])
    with wide:
        main = skeleton.card()
    with narrow:
        aside = skeleton.card(ASIDE[part])
    return main, aside


def head(found: ForecastView) -> tuple[str, cached.Grain]:
    """Title with the grain at its right, the switch of parts beneath."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", wrap=False
    ):
        title = st.container()
        by = courses.grain()
    with title:
        st.subheader(f"{words.plain(found.label)}, units a {by}", anchor=False)
    part = st.segmented_control(
        "Part",
        list(PARTS),
        format_func=lambda one: PARTS[one],
        default="forecast",
        required=True,
        key="part",
        bind="query-params",
        label_visibility="collapsed",
        wrap=False,
    )
    return (part if part in PARTS else "forecast"), by
