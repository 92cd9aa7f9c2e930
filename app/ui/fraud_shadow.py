"""Thresholds in shadow: counted on every new order beside the live ones, deciding nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from app.access import Identity, Permission
from app.context import Desk
from app.services.fraud import thresholds as service
from app.services.fraud.thresholds import Holding
from app.ui import acts, feedback, state, tables, undo, words

RISKS = {"low": "Passes", "review": "Queue", "block": "Held at once"}


def show(desk: Desk, person: Identity, held: Holding) -> None:
    story = service.shadow_story(desk, held)
    if story is None or held.shadow is None or held.shadow_since is None:
        st.caption(
            "Nothing is tried in shadow. What is put there is counted on every new order beside "
            "the live thresholds, and decides nothing: see for some days what it would have done, "
            "then set it live or not."
        )
        return
    feedback.sentence(
        f"Since {words.instant(held.shadow_since, desk.zone)}, by {held.shadow_by}: review from "
        f"{told(held.shadow.review)}, hold from {told(held.shadow.block)}."
    )
    if not story.scored:
        st.caption("No order was scored since. The first ones will stand here.")
    else:
        feedback.sentence(
            f"Of {words.counted(story.scored, 'order')} scored since, {story.queue_shadow:,} would "
            f"be in the queue instead of {story.queue_live:,}, and {story.held_shadow:,} held "
            f"instead of {story.held_live:,}."
        )
    if len(story.rows):
        _changing(story.rows, desk)
    if not may_set(person):
        return
    with st.container(horizontal=True):
        if acts.pressed("Set these live", key="shadow_live", icon=":material/check:"):
            with feedback.explain_errors():
                undo.offer(service.set_live(desk, state.identity(), held.shadow))
                forget_sliders()
                st.rerun()
        if acts.pressed("End the trial", key="shadow_end", icon=":material/close:"):
            with feedback.explain_errors():
                undo.offer(service.end_shadow(desk, state.identity()))
                st.rerun()


def _changing(rows: pd.DataFrame, desk: Desk) -> None:
    frame = rows.assign(
        score=[told(one) for one in rows["score"]],
        live=rows["live"].map(RISKS),
        shadow=rows["shadow"].map(RISKS),
        at=[_when(one, desk) for one in rows["made_at"]],
    )
    tables.show(
        frame,
        {
            "order_id": tables.text_column("Order"),
            "at": tables.text_column("Scored"),
            "score": tables.text_column("Score", width=60),
            "live": tables.text_column("Live", width=84),
            "shadow": tables.text_column("In shadow", width=84),
            "expected_loss": tables.money_column("Expected loss", desk.currency, decimals=2),
        },
        alt="Orders that change sides between the live thresholds and those in shadow",
        scroll=True,
    )


def _when(at: datetime, desk: Desk) -> str:
    local = at.replace(tzinfo=UTC).astimezone(desk.zone)
    return f"{words.day_short(local.date())}, {local:%H:%M}"


def may_set(person: Identity) -> bool:
    return person.may(Permission.set_fraud_thresholds) or person.may(Permission.set_targets)


def forget_sliders() -> None:
    """So that they start from what is live now."""
    for key in ("threshold_queue", "threshold_held"):
        st.session_state.pop(key, None)


def told(value: float) -> str:
    """A score as staff read it."""
    return f"{value * 100:.1f} %" if value < 0.9995 else "100 %"
