"""Beneath the queue: orders whose scores are too unsure, so that nothing was done by them."""

from __future__ import annotations

import streamlit as st

from app.access import Identity
from app.context import Desk
from app.services.fraud import unsure as service
from app.services.fraud.reasons import kind_words
from app.ui import fraud_address, skeleton, state, tables, words


def card(desk: Desk, person: Identity) -> None:
    """Nothing where every score of the last two weeks was sure enough."""
    found = service.unsure(desk, person, now=state.now())
    if not found.total:
        return
    bound = "" if found.bound is None else f" Asked for are {found.bound * 100:.0f} %."
    with skeleton.card("Not sure: nothing was done about these orders"):
        st.caption(
            f"{words.counted(found.total, 'order')} of the last 14 days scored too close to a coin "
            f"toss: no case was opened and nothing was blocked.{bound} Open one to decide by hand."
        )
        tables.opening(
            tables.rows(
                [
                    {
                        "order_id": one.order_id,
                        "score": round(one.score, 2),
                        "confidence": round(one.confidence, 2),
                        "loss": one.expected_loss,
                        "kind": kind_words(one.kind),
                        "by": f"Version {one.model_version}" if one.model_version else "Rules",
                        "at": words.instant(one.made_at, desk.zone),
                    }
                    for one in found.rows
                ]
            ),
            {
                "order_id": tables.text_column("Order"),
                "score": tables.share_column("Probability of fraud"),
                "confidence": tables.share_column(
                    "Sure", about="100 %: certainly fraud or certainly not; 0 %: a coin toss"
                ),
                "loss": tables.money_column("Expected loss", desk.currency),
                "kind": tables.text_column("Likely kind"),
                "by": tables.text_column("Scored by"),
                "at": tables.text_column("Scored"),
            },
            alt="Orders whose scores are too unsure to act on",
            key="fraud_unsure",
            id_column="order_id",
            on_open=fraud_address.open_order,
        )
        if found.total > len(found.rows):
            st.caption(f"The {len(found.rows)} with the largest expected loss are shown.")
