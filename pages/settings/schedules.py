"""Schedules: what is asked for by itself, and how often."""

from __future__ import annotations

import streamlit as st

from app.context import Desk
from app.services import jobs as service
from app.ui import acts, feedback, skeleton, state, words


def show(desk: Desk) -> None:
    """One form a schedule."""
    found = service.schedules(desk)
    if not found:
        feedback.empty("No schedule yet", "The worker makes them when it first starts.")
        return
    for column, schedule in zip(st.columns(len(found)), found, strict=True):
        with column, skeleton.card(schedule.title):
            _form(desk, schedule)


def _form(desk: Desk, schedule: service.ScheduleView) -> None:
    with st.form(f"schedule_{schedule.name}", border=False):
        offered = sorted({*service.MINUTES, schedule.every_minutes})
        every = st.selectbox(
            "Every",
            offered,
            index=offered.index(schedule.every_minutes),
            format_func=lambda minutes: words.duration(minutes * 60),
        )
        active = st.toggle("Active", value=schedule.active)
        if acts.submitted(
            "Save", key=f"schedule_{schedule.name}_save", type="primary", icon=":material/check:"
        ):
            with feedback.explain_errors():
                service.change_schedule(
                    desk, state.identity(), schedule.name, every_minutes=every, active=active
                )
                feedback.done(f"{schedule.title}: saved")
                st.rerun()
