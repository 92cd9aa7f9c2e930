"""When models learn anew by themselves."""

from __future__ import annotations

import streamlit as st

from app.access import Identity
from app.context import Desk
from app.services import triggers
from app.ui import models_alone, models_schedules, reversal, skeleton


def show(desk: Desk, person: Identity, capability: str) -> None:
    """What was just done, the triggers, a form for another one, and what happens by itself."""
    reversal.show(desk)
    found = triggers.listed(desk, capability)
    with skeleton.card("What lets the champion learn anew"):
        models_schedules.listed(desk, person, found, capability)
    left, right = st.columns(2)
    with left, skeleton.card("Another trigger"):
        models_schedules.form(capability, person)
    with right, skeleton.card("What becomes of a new version"):
        models_alone.promotion(desk, person, capability)
    with skeleton.card("What was done by itself"):
        models_alone.acts(desk, capability)
