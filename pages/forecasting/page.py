"""Forecasting: how many units will we sell, and what should we order?"""

from __future__ import annotations

import streamlit as st

from app import cached
from app.access import Permission
from app.ui import feedback, follow, forecasts, jobs, served, skeleton, state, switched_off
from app.ui.facts import data_facts
from pages.forecasting import decide, explain, explore, plan, train

VIEWS = {
    "decide": "Decide",
    "explore": "Explore",
    "plan": "Plan",
    "train": "Compare and train",
    "explain": "Explain",
}
QUESTION = "How many units will we sell, and what should we order?"

person = state.guard(Permission.read_pages)
desk, now = state.desk(), state.now()
manifest = cached.manifest()

title = st.container()
left, right = skeleton.switch_row()
with left:
    view = skeleton.view_switch(VIEWS, key="view")

with feedback.explain_errors():
    switched_off.note(desk, "forecasting")
    served.note(desk, "forecasting")
    if view == "train" or manifest is None:
        with title:
            skeleton.heading(QUESTION, facts=data_facts(desk, manifest, now))
        train.show(desk, person)
    elif view in ("decide", "plan"):
        chosen = decide if view == "decide" else plan
        chosen.show(desk, person, manifest.number, title=title, right=right)
    else:
        with right:
            asked = forecasts.question(desk, manifest)
        if asked is None:
            with title:
                skeleton.heading(QUESTION, facts=data_facts(desk, manifest, now))
            forecasts.none_yet(desk, person)
        else:
            found = cached.forecast(cached.decided(manifest.number), asked)
            with title:
                buttons = skeleton.heading(
                    QUESTION, facts=forecasts.facts(desk, found, manifest.number)
                )
            with buttons:
                category = found.question.level == "category"
                follow.button(
                    desk,
                    person,
                    found.question.series_id if category else None,
                )
                forecasts.export(found)
            jobs.hint(desk, "first_models", "publish")
            shown = explain if view == "explain" else explore
            shown.show(found)
