"""Explain: why is a score what it is, what does the model go by, and how far can it be trusted?"""

from __future__ import annotations

import streamlit as st

from app.access import Identity
from app.context import Desk
from app.services.fraud import explaining, inputs
from app.ui import feedback, fraud_explain, fraud_heading, words
from app.ui.skeleton import Row


def show(desk: Desk, person: Identity, *, title: Row, right: Row) -> None:
    """`title` holds the question, `right` the order's number."""
    fraud_heading.heading(desk, title)
    with right:
        asked = fraud_explain.chooser(explaining.riskiest(desk))
    with feedback.explain_errors():
        found = explaining.of_order(desk, asked) if asked else None
        if found is not None:
            fraud_explain.order(desk, found)
        elif asked:
            feedback.empty(
                f"Order {words.plain(asked)} has not been scored",
                "Check its number, or let it be scored: orders are scored as they appear.",
            )
        else:
            st.caption("No order has been scored yet.")
    with feedback.explain_errors():
        fraud_explain.whole(desk, explaining.whole(desk))
        fraud_explain.not_told(inputs.not_told(desk))
