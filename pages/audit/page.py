"""Audit: who did what, when, and why?"""

from __future__ import annotations

import streamlit as st

from app.access import Permission
from app.services import audit as service
from app.ui import audit, feedback, skeleton, state, tables, words

person = state.guard(Permission.read_audit)
desk = state.desk()
buttons = skeleton.heading(
    "Who did what, when, and why?",
    facts=["Every act leaves an entry that nobody can change or delete"],
)
with feedback.explain_errors():
    wanted = audit.filters(desk, person)
    found = service.total(desk, person, wanted)
    with buttons:
        tables.download(
            "Export",
            lambda: service.entries(desk, state.identity(), wanted, zone=desk.zone),
            name="audit",
            facts=[
                ("Exported by", person.name),
                ("At (UTC)", state.now()),
                ("Act begins with", wanted.act or "anything"),
                ("By", wanted.actor or "everybody"),
                ("Object begins with", wanted.object or "anything"),
                ("From", wanted.first_day or "the beginning"),
                ("To", wanted.last_day or "now"),
                ("Newest entries at most", service.MOST_EXPORTED),
                ("Times in", desk.zone.key),
            ],
            key="audit_csv",
        )
    if not found:
        feedback.empty("No entry fits", "Choose less above: nobody did anything like that yet.")
    else:
        before, after = audit.place()
        page = service.page(desk, person, wanted, zone=desk.zone, before=before, after=after)
        many = found > service.MOST_COUNTED
        counted = words.counted(min(found, service.MOST_COUNTED), "entry", "entries")
        st.caption(
            f"{'More than ' if many else ''}{counted}, newest first. "
            "Choose a row to see before and after side by side."
        )
        chosen = audit.table(page)
        audit.turn_row(page)
        if chosen is not None:
            audit.entry(service.record(desk, person, chosen), desk)
