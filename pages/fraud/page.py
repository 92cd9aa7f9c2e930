"""Fraud review: which orders should we stop, and which should we let go?"""

from __future__ import annotations

import streamlit as st

from app.access import Permission
from app.ui import feedback, served, skeleton, state, switched_off
from pages.fraud import case, explain, queue, statistics, threshold, train

VIEWS = {
    "queue": "Queue",
    "case": "Case",
    "threshold": "Threshold and capacity",
    "statistics": "Statistics",
    "train": "Compare and train",
    "explain": "Explain",
}

person = state.guard(Permission.read_pages)
desk = state.desk()

title = st.container()
left, right = skeleton.switch_row()
with left:
    view = skeleton.view_switch(VIEWS, key="view")

with feedback.explain_errors():
    switched_off.note(desk, "fraud")
    served.note(desk, "fraud")
    if view == "queue":
        queue.show(desk, person, title=title, right=right)
    elif view == "case":
        case.show(desk, person, title=title, right=right)
    elif view == "threshold":
        threshold.show(desk, person, title=title, right=right)
    elif view == "statistics":
        statistics.show(desk, person, title=title, right=right)
    elif view == "train":
        train.show(desk, person, title=title, right=right)
    else:
        explain.show(desk, person, title=title, right=right)
