"""Every version of a capability, two to four side by side."""

from __future__ import annotations

import streamlit as st

from app.access import Identity
from app.context import Desk
from app.services import registry
from app.ui import (
    feedback,
    models_compared,
    models_passport,
    models_version,
    models_versions,
    reversal,
)


def show(desk: Desk, person: Identity, capability: str) -> None:
    """Every version of a capability, two to four side by side."""
    number = models_passport.asked()
    if number is not None:
        models_passport.show(desk, capability, number)
        return
    reversal.show(desk)
    wanted, kind = models_versions.filters(desk, capability)
    listed, chosen = models_versions.show(desk, capability, wanted, kind)
    if not listed.every:
        return
    if not chosen:
        st.caption(
            "Choose a version to read its note and its passport; choose two to four to see them "
            "side by side."
        )
    elif len(chosen) == 1:
        models_version.show(desk, person, capability, chosen[0])
    elif len(chosen) > registry.MOST:
        feedback.watch(
            f"{len(chosen)} versions are chosen; at most {registry.MOST} stand side by side."
        )
    else:
        models_compared.show(desk, capability, chosen)
