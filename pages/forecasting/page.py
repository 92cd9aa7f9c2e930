"""Forecasting: how many units will we sell?"""

from __future__ import annotations

import streamlit as st

from app import cached
from app.access import Permission
from app.ui import feedback, forecasts, jobs, skeleton, state
from app.ui.facts import data_facts
from pages.forecasting import explain, explore, train

VIEWS = {"explore": "Explore", "train": "Compare and train", "explain": "Explain"}

person = state.guard(Permission.read_pages)
desk, now = state.desk(), state.now()
manifest = cached.manifest()

title = st.container()
left, right = skeleton.switch_row()
with left:
    view = skeleton.view_switch(VIEWS, key="view")

if view == "train" or manifest is None:
    with title:
        skeleton.heading("How many units will we sell?", facts=data_facts(desk, manifest, now))
    with feedback.explain_errors():
        train.show(desk, person)
else:
    with feedback.explain_errors():
        with right:
            asked = forecasts.question(desk, manifest)
        if asked is None:
            with title:
                skeleton.heading(
                    "How many units will we sell?", facts=data_facts(desk, manifest, now)
                )
            forecasts.none_yet(desk, person)
        else:
            found = cached.forecast(cached.decided(manifest.number), asked)
            with title:
                buttons = skeleton.heading(
                    "How many units will we sell?",
                    facts=forecasts.facts(desk, found, manifest.number),
                )
            with buttons:
                forecasts.export(found)
            jobs.hint(desk, "first_models", "publish")
            shown = explain if view == "explain" else explore
            shown.show(found)
