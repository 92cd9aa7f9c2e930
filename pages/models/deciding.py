"""Who decides, who did, and who is tried beside them."""

from __future__ import annotations

import streamlit as st

from app.access import Identity
from app.context import Desk
from app.ui import (
    models_activate,
    models_experiment,
    models_switch,
    models_timeline,
    reversal,
    switched_off,
)


def show(desk: Desk, person: Identity, capability: str) -> None:
    """Who decides, who did, and who is tried beside them."""
    reversal.show(desk)
    switched_off.note(desk, capability)
    left, right = st.columns([1.35, 1])
    with left:
        models_activate.show(desk, person, capability)
    with right:
        models_switch.show(desk, person, capability)
    models_timeline.show(desk, person, capability)
    models_experiment.show(desk, person, capability)
