"""Queue: which orders wait for a decision, and which of them comes first?"""

from __future__ import annotations

import streamlit as st

from app.access import Identity
from app.context import Desk
from app.services.fraud import queue as service
from app.services.fraud.views import QueuePage
from app.ui import (
    fraud_act,
    fraud_address,
    fraud_bulk,
    fraud_filters,
    fraud_heading,
    fraud_queue,
    fraud_unsure,
    skeleton,
    state,
    words,
)
from app.ui.skeleton import Row


def show(desk: Desk, person: Identity, *, title: Row, right: Row) -> None:
    """`title` holds the question, `right` what belongs beside the view switch."""
    now = state.now()
    offset = fraud_queue.offset()
    found = service.page(
        desk,
        person,
        fraud_address.filters(),
        fraud_address.sort(),
        fraud_queue.PAGE,
        offset=offset,
        now=now,
    )
    buttons = fraud_heading.heading(desk, title, facts=fraud_heading.live(desk, now))
    with buttons:
        fraud_act.next_button(person)
        fraud_act.help_card()
    with right:
        fraud_filters.beside_switch(desk, person, found)
    fraud_act.show_last(person)
    fraud_queue.clock(desk, found, fraud_address.filters())
    with skeleton.card("Orders that wait for a person"):
        _waiting(person, desk, found)
    fraud_unsure.card(desk, person)
    fraud_bulk.dialog()


def _waiting(person: Identity, desk: Desk, found: QueuePage) -> None:
    fraud_filters.show(found)
    ticked = fraud_queue.table(found, desk.currency, turn=fraud_act.turn())
    if not found.total:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = words.counted(found.total, "case")
        more = "; tick several to decide them together" if fraud_act.may(person) else ""
        st.caption(f"{shown}. Choose a row to open it{more}.")
        fraud_queue.pages(found)
    if fraud_act.may(person):
        fraud_bulk.ticked_row(ticked)
