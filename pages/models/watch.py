"""Whether the data still looks as it did, and what was told about it."""

from __future__ import annotations

import streamlit as st

from app.access import Identity, Permission
from app.context import Desk
from app.services import jobs, watching
from app.ui import acts, feedback, models_alerts, models_watch, state


def show(desk: Desk, person: Identity, capability: str) -> None:
    """Whether the data still looks as it did, and what was told about it."""
    now = state.now()
    found = watching.watched(desk, capability, now=now)
    if found.checked_at is None and not found.alerts:
        feedback.empty(
            "Nobody has looked yet",
            "The worker looks every hour, first when a model was activated: at the model's files, "
            "at drift, data and quality, at speed and errors.",
            icon=":material/monitor_heart:",
        )
        _look_now(desk, person)
        return
    models_watch.figures(found, now)
    models_alerts.show(desk, person, found.alerts, now)
    models_watch.drift_and_parts(found)
    if found.drift is not None:
        models_watch.inputs(found.drift, capability, desk)
    left, right = st.columns([1, 1.7])
    with left:
        if found.drift is not None:
            models_watch.data(found.drift)
    with right:
        models_watch.use(found)
    models_alerts.past(desk, capability)
    _look_now(desk, person)


def _look_now(desk: Desk, person: Identity) -> None:
    """Admins need not wait for the hour."""
    if not person.may(Permission.manage_models):
        return
    with st.container(horizontal=True, horizontal_alignment="right"):
        if acts.pressed("Look now", key="look_now", icon=":material/refresh:"):
            with feedback.explain_errors():
                jobs.start(desk, state.identity(), "watch", {})
                feedback.done("The worker looks; this takes about a minute")
                st.rerun()
