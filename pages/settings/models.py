"""Feature switches: which capabilities decide, how sure they are, what goes by itself."""

from __future__ import annotations

import streamlit as st

from app.access import Identity
from app.context import Desk
from app.services import capabilities
from app.ui import models_switch, reversal


def show(desk: Desk, person: Identity) -> None:
    """A card a capability, two in a row."""
    reversal.show(desk)
    found = capabilities.listed()
    for start in range(0, len(found), 2):
        for column, one in zip(st.columns(2), found[start : start + 2], strict=False):
            with column:
                models_switch.show(desk, person, one.key, title=one.label, about=one.question)
