"""A test mail: whether the mail settings work, before Monday."""

from __future__ import annotations

import streamlit as st

from app.context import Desk
from app.services import mail
from app.ui import acts, feedback, state


def show(desk: Desk) -> None:
    """An address and a button; what the mail server said comes back in words."""
    with st.form("test_mail", border=False):
        address = st.text_input(
            "Send a test mail to", max_chars=254, placeholder="ada@example.com", key="test_mail_to"
        )
        if acts.submitted("Send a test mail", key="test_mail_send", icon=":material/send:"):
            with feedback.explain_errors(), st.spinner("Speaking with the mail server"):
                feedback.done(mail.send_test(desk, state.identity(), address))
                st.rerun()
