"""The file for disputing a chargeback, made only when it is asked for."""

from __future__ import annotations

import streamlit as st

from app.access import Identity, Permission
from app.context import Desk
from app.services.fraud import dispute
from app.services.fraud.case_facts import CaseView
from app.ui import state


def buttons(desk: Desk, person: Identity, view: CaseView) -> None:
    """A download for who may see personal data."""
    if not person.may(Permission.see_personal_fraud):
        return
    order_id = view.order.order_id
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        st.caption("For a dispute: what the bank may see, to be printed. Scores are not in it.")
        st.download_button(
            "Dispute file",
            data=lambda: dispute.file(state.desk(), state.identity(), order_id),
            file_name=f"dispute-{''.join(c for c in order_id if c.isalnum())}.html",
            mime="text/html",
            icon=":material/print:",
            on_click="ignore",
            key="dispute_file",
        )
