"""Plan: what do we know that the model cannot: promotions, prices, overrides, further columns?"""

from __future__ import annotations

import streamlit as st

from app import cached
from app.access import Identity, Permission
from app.context import Desk
from app.ui import (
    external,
    feedback,
    jobs,
    overrides,
    plans,
    reversal,
    series,
    skeleton,
    state,
    words,
)
from app.ui.facts import data_facts
from app.ui.skeleton import Row

PARTS = {
    "calendar": "Calendar",
    "overrides": "Overrides",
    "scoreboard": "Scoreboard",
    "columns": "Further columns",
}


def show(desk: Desk, person: Identity, snapshot: int, *, title: Row, right: Row) -> None:
    """Calendar, overrides, scoreboard and further columns; `title` holds the question."""
    with title:
        buttons = skeleton.heading(
            "How many units will we sell, and what should we order?",
            facts=data_facts(desk, cached.manifest(snapshot), state.now()),
        )
    with buttons:
        plans.compute_button(desk, person)
    jobs.hint(desk, "publish")
    part = skeleton.view_switch(PARTS, key="plan")
    reversal.show(desk)
    if not person.may(Permission.decide_commerce):
        st.caption("Merchandisers and admins decide here; you see what they decided.")
    if part == "calendar":
        plans.show(desk, person, snapshot)
    elif part == "overrides":
        with right:
            chosen = series.picker(cached.dated(snapshot))
        _overrides(desk, person, chosen)
    elif part == "scoreboard":
        overrides.scoreboard(desk, person)
    else:
        external.show(desk, person)


def _overrides(desk: Desk, person: Identity, chosen: series.Series) -> None:
    """The form for the series of the address, and those that hold."""
    if person.may(Permission.decide_commerce):
        with skeleton.card("What do you know that the model does not?"):
            if chosen.level == "shop" or chosen.series_id is None:
                st.markdown(
                    "Choose a category or a product at the top right; a category's units are "
                    "spread over its products in proportion to their forecast."
                )
            else:
                with feedback.explain_errors():
                    st.markdown(f"**{words.plain(chosen.label)}**")
                    overrides.form(desk, chosen.level, chosen.series_id)
    overrides.listed(desk, person)
