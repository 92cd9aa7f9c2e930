"""Audit: who did what, when, and why?"""

from __future__ import annotations

import streamlit as st

from app.access import Permission
from app.services import audit as service
from app.ui import feedback, skeleton, state, tables, words

KINDS = {
    "": "Everything",
    "session.": "Logins",
    "user.": "Users",
    "key.": "Keys",
    "champion.": "Models",
    "job.": "Jobs",
    "preference.": "Settings",
    "target.": "Targets",
    "shop.": "Imports",
}

person = state.guard(Permission.read_audit)
desk = state.desk()
buttons = skeleton.heading(
    "Who did what, when, and why?",
    facts=["Every act leaves an entry that nobody can change or delete"],
)
with st.container(horizontal=True, vertical_alignment="bottom"):
    kind = st.selectbox(
        "About",
        list(KINDS),
        format_func=lambda act: KINDS[act],
        key="about",
        bind="query-params",
        width=180,
    )
    actor = st.text_input(
        "By", placeholder="Everybody", key="by", bind="query-params", max_chars=120, width=220
    )
    thing = st.text_input(
        "Object begins with",
        placeholder="user:ada",
        key="object",
        bind="query-params",
        max_chars=200,
        width=220,
    )

wanted = service.AuditFilter(actor=actor.strip(), act=kind, object=thing.strip())
with feedback.explain_errors():
    found = service.total(desk, person, wanted)
    with buttons:
        tables.download(
            "Export",
            lambda: service.entries(
                desk, state.identity(), wanted, zone=desk.zone, limit=service.MOST_EXPORTED
            ),
            name="audit",
            facts=[
                ("Exported by", person.name),
                ("At (UTC)", state.now()),
                ("About", KINDS[kind]),
                ("By", wanted.actor or "everybody"),
                ("Object begins with", wanted.object or "anything"),
                ("Times in", desk.zone.key),
            ],
            key="audit_csv",
        )
    if not found:
        feedback.empty("No entry fits", "Choose less above: nobody did anything like that yet.")
    else:
        st.caption(f"{words.counted(found, 'entry', 'entries')}, newest first")
        table = st.container()
        offset = tables.pages(found, key="page")
        with table:
            tables.show(
                service.entries(desk, person, wanted, zone=desk.zone, offset=offset),
                {
                    "at": st.column_config.DatetimeColumn("When", format="D MMM YYYY, HH:mm:ss"),
                    "actor": tables.text_column("Who"),
                    "act": tables.text_column("Did"),
                    "object": tables.text_column("To what"),
                    "change": tables.text_column("Change", width="large"),
                    "reason": tables.text_column("Why"),
                },
                alt="Audit entries, newest first",
            )
