"""Data: can these numbers be trusted?"""

from __future__ import annotations

import streamlit as st

from app import cached
from app.access import Permission
from app.services import data as service
from app.ui import acts, feedback, jobs, skeleton, state
from app.ui.facts import data_facts
from pages.data import imports, reconcile, snapshot, work

VIEWS = {
    "snapshot": "Snapshot and checks",
    "jobs": "Jobs",
    "imports": "Imports",
    "reconcile": "Compare with the shop",
}

person = state.guard(Permission.read_pages)
desk, now = state.desk(), state.now()
manifest = cached.manifest()

buttons = skeleton.heading("Can these numbers be trusted?", facts=data_facts(desk, manifest, now))
if person.may(Permission.manage_data):
    with buttons:
        if acts.pressed("Refresh now", icon=":material/refresh:", key="refresh_now"):
            with feedback.explain_errors():
                service.refresh(desk, state.identity())
                st.rerun()

left, right = skeleton.switch_row()
with left:
    view = skeleton.view_switch(VIEWS, key="show")

with feedback.explain_errors():
    if view == "jobs":
        work.show(desk, person)
        st.stop()
    jobs.latest(desk, person, "refresh", key="refresh")

if manifest is None:
    feedback.empty(
        "No snapshot yet",
        "Pages read from a snapshot of the shop, not from the shop itself. "
        "An admin takes the first one with Refresh now.",
    )
    st.stop()

with feedback.explain_errors():
    if view == "imports":
        imports.show(desk)
    elif view == "reconcile":
        reconcile.show(desk, manifest)
    else:
        with right:
            chosen = snapshot.chooser(desk, manifest)
        snapshot.show(desk, chosen, now)
