"""Several cases decided at once: what it would do is shown before it is done."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.metrics import money, sign
from app.services.fraud import together as service
from app.services.fraud.together import Preview
from app.services.fraud.views import REASONS, CaseRow
from app.ui import (
    acts,
    dialogs,
    feedback,
    fraud_act,
    fraud_address,
    fraud_case,
    fraud_words,
    state,
    words,
)

ASKED = "_fraud_together"
LISTED = 6  # rows of the preview before it scrolls
LABELS = {"approve": "Approve", "decline": "Decline"}
ICONS = {"approve": ":material/check:", "decline": ":material/block:"}


def buttons(rows: Sequence[CaseRow], *, key: str, label: str | None = None) -> None:
    """Approve or decline these; each opens the preview."""
    for act, words_of in LABELS.items():
        st.button(
            f"{words_of} {label or ''} {len(rows):,} …".replace("  ", " "),
            key=f"{act}_{key}",
            icon=ICONS[act],
            on_click=_ask_for,
            args=(act, [row.case_id for row in rows]),
        )


def ticked_row(rows: Sequence[CaseRow]) -> None:
    """Beneath the queue: what is ticked, and what can be done with it."""
    if not rows:
        return
    amount = money(sum(row.amount for row in rows), state.desk().currency)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        ticked = words.counted(len(rows), "case")
        st.markdown(f"**{ticked}** ticked, worth {amount}", width="stretch")
        buttons(rows, key="ticked")


def dialog() -> None:
    """The preview that was asked for; at the end of the page."""
    asked = st.session_state.pop(ASKED, None)
    st.session_state.pop(fraud_act.DIALOG, None)
    if asked is not None:
        _preview(*asked)


def _ask_for(act: str, case_ids: list[int]) -> None:
    st.session_state[ASKED] = (act, case_ids)
    # No key may decide behind the dialog.
    st.session_state[fraud_act.DIALOG] = ("together", None)


@dialogs.dialog("Decide together", width="large")
def _preview(act: str, case_ids: list[int]) -> None:
    """What it would do, for which orders; done only from here."""
    with feedback.explain_errors():
        found = service.preview(state.desk(), state.identity(), case_ids, act)
        _told(found)
        reason = st.selectbox(
            "Reason",
            list(REASONS[act]),
            index=None,
            format_func=lambda slug: REASONS[act][slug],
            placeholder="None",
            key=f"together_reason_{act}",
        )
        note = st.text_input("Note", max_chars=2000, key="together_note")
        if acts.pressed(
            f"{LABELS[act]} {words.counted(len(found.rows), 'order')}",
            type="primary",
            key="together_do",
            icon=ICONS[act],
            shortcut="Ctrl+Enter",
            disabled=not found.rows,
        ):
            done = service.decide_many(
                state.desk(), state.identity(), found.items, act, reason, note or None
            )
            fraud_act.remember(done)
            fraud_address.open_queue()
            st.rerun()


def _told(found: Preview) -> None:
    currency = state.desk().currency
    orders = words.counted(len(found.rows), "order")
    if found.act == "approve":
        loss = money(found.expected_loss, currency)
        st.markdown(
            f"**{orders}**, worth {money(found.amount, currency)}, would be let through; the "
            f"expected loss is **{loss}**."
        )
    else:
        good = sum(row.amount * (1 - row.score) for row in found.rows)
        st.markdown(
            f"**{orders}**, worth {money(found.amount, currency)}, would be declined; of that, "
            f"**{money(good, currency)}** is expected to be good business."
        )
    if found.rows:
        frame = pd.DataFrame(
            [
                {
                    "order": row.order_id,
                    "score": fraud_words.score(row.score),
                    "amount": row.amount,
                    "why": row.reason,
                }
                for row in found.rows
            ]
        )
        st.dataframe(
            frame,
            hide_index=True,
            column_config={
                "order": st.column_config.TextColumn("Order", width=88),
                "score": st.column_config.TextColumn("Score", width=70),
                "amount": st.column_config.NumberColumn(
                    "Amount", format=f"{sign(currency)} %,.0f", width=76
                ),
                "why": st.column_config.TextColumn("Strongest reason", width="large"),
            },
            alt="Orders that would be decided",
            height=fraud_case.ROW * (LISTED + 1) + 2 if len(frame) > LISTED else "auto",
        )
    for _, why in found.skipped[:3]:
        st.markdown(f":orange[:material/flag:] Left out: {fraud_words.said(why)}")
    if len(found.skipped) > 3:
        st.caption(f"and {len(found.skipped) - 3:,} more left out")
