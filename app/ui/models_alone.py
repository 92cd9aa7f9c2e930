"""What becomes of a retrained version by itself, and what was done so."""

from __future__ import annotations

import streamlit as st

from app.access import Identity, Permission
from app.context import Desk
from app.services import by_itself, switches
from app.ui import feedback, judged, reversal, state, words


def promotion(desk: Desk, person: Identity, capability: str) -> None:
    """Whether it may be promoted by itself, with what that means."""
    found = switches.switch(desk, capability)
    wanted = st.toggle(
        "Promote it by itself where it surely is better",
        value=found.promotes,
        key=f"{capability}_promotes_{found.row_version}",
        disabled=not person.may(Permission.manage_models),
    )
    if wanted != found.promotes:
        with feedback.explain_errors():
            reversal.offer(
                switches.set_promotion(
                    desk, state.identity(), capability, wanted, expected=found.row_version
                )
            )
            st.rerun()
    st.caption(
        "A retrained version waits as challenger. Where this is allowed, it is compared with the "
        "champion and with the rule of thumb on the newest cases whose truth is known, the same "
        "for all, and is promoted only if it is better beyond luck (the whole 90 % range of the "
        "lead lies above zero)."
    )
    st.caption(
        "Once a day it is looked back: if it surely does worse on what came since than the version "
        "before it or the rule of thumb, that promotion is taken back, and for a week nothing is "
        "promoted by itself. While an experiment runs, nothing is."
    )
    if not person.may(Permission.manage_models):
        st.caption(f"{judged.who_may(Permission.manage_models)} decide about this.")


def acts(desk: Desk, capability: str) -> None:
    """Trainings, promotions and rollbacks that nobody asked for, the newest first."""
    found = by_itself.acts(desk, capability)
    if not found:
        st.caption("Nothing yet: no training, promotion or rollback was done by itself.")
        return
    for one in found:
        with st.container(gap=None):
            st.markdown(
                f"**{one.what}** · {words.instant(one.at, desk.zone)} · {words.plain(one.why)}"
            )
            st.caption(words.plain(one.came))
