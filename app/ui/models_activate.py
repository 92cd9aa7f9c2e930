"""Who decides now, and any other version in its place, by the one activation flow."""

from __future__ import annotations

import streamlit as st

from app.access import Identity
from app.context import Desk
from app.services import activation as service
from app.services.activation.choices import OFFERED, Offered, offered
from app.services.switches import switch
from app.ui import activation, acts, feedback, judged, skeleton, state, words


def show(desk: Desk, person: Identity, capability: str) -> None:
    """The card: the champion with its word, then the choice of another."""
    now = service.champion(desk, capability)
    permission = service.promote_permission(capability)
    with skeleton.card("Who decides now"):
        name = service.name_of(now.version)
        since = f"since {words.instant(now.since, desk.zone)}" if now.since else "from the start"
        by = f", on the word of {words.plain(now.by)}" if now.by else ""
        st.markdown(f":green[:material/check_circle:] **{name}**, {since}{by}.")
        if now.version is not None:
            feedback.sentence(desk.models.head(capability, now.version).verdict)
        found = offered(desk, capability)
        if not person.may(permission):
            st.caption(f"{judged.who_may(permission)} decide which version is used.")
            return
        if not switch(desk, capability).active:
            st.caption("It is switched off: switch it on again to choose a version.")
            return
        chosen = None
        if found:
            chosen = st.selectbox(
                "Another version",
                found,
                format_func=_name,
                key="deciding_version",
                help=f"Challengers first, then the newest {OFFERED}; older ones are activated "
                "from Compare and train.",
            )
            feedback.sentence(chosen.version.verdict)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            if chosen is not None and acts.pressed(
                "See what would change", key="preview", icon=":material/visibility:"
            ):
                activation.preview_dialog(capability, chosen.version.number)
            if now.version is not None and acts.pressed(
                "Let the rule of thumb decide", key="to_rule"
            ):
                with feedback.explain_errors():
                    service.activate(desk, state.identity(), capability, None, now.row_version)
                    feedback.done("The rule of thumb decides now; Undo takes it back")
                    st.rerun()
        if not found:
            st.caption("No other version is stored. Train one at Training.")


def _name(one: Offered) -> str:
    beats = "" if one.version.beats_baseline else " · loses to the rule of thumb"
    waits = " · challenger" if one.waits else ""
    return f"Version {one.version.number} · {one.label}{waits}{beats}"
