"""What is shown once: a one-time password or an API key, to the one who made it."""

from __future__ import annotations

import streamlit as st

from app.ui import acts, words

_KEY = "_secret"


def keep(label: str, value: str) -> None:
    """Hold it over the rerun that follows the act."""
    st.session_state[_KEY] = (label, value)


def show_once() -> None:
    """Show it until it is put away; nothing brings it back."""
    kept = st.session_state.get(_KEY)
    if kept is None:
        return
    label, value = kept
    with st.container(border=True):
        st.markdown(f"**{words.plain(label)}**, shown only now. Copy it and hand it over.")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.code(value, language=None)
            if acts.pressed("Put away", key="put_away", icon=":material/visibility_off:"):
                del st.session_state[_KEY]
                st.rerun()
