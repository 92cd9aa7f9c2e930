"""At the top of a capability's page: that it is switched off, and what is shown instead."""

from __future__ import annotations

import streamlit as st

from app.context import Desk
from app.services import capabilities
from app.services.switches import switch
from app.services.switches.shown import still_shown
from app.ui import words


def note(desk: Desk, capability: str) -> None:
    """Nothing where it is on; else who switched it off, when and why."""
    now = switch(desk, capability)
    if now.active:
        return
    when = words.instant(now.changed_at, desk.zone) if now.changed_at else ""
    version = still_shown(desk, capability)
    seen = (
        "What you see is the rule of thumb, which learns nothing."
        if version is None
        else f"A worker works out the rule of thumb's numbers; until then what you see is still "
        f"from version {version}."
    )
    st.warning(
        f"{seen} Reason: "
        f"{words.plain(now.reason or 'none was given')}. Since {when}. An admin can switch it "
        "on again at Models, Who decides.",
        title=f"{capabilities.name_of(capability)} is switched off: no model decides",
        icon=":material/power_settings_new:",
    )
