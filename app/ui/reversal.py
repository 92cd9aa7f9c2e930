"""After a decision: what was done, and the way back, until something else is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.context import Desk
from app.ui import acts, feedback, state, words

if TYPE_CHECKING:
    from app.services.done import Done

_KEY = "_reversible"


def offer(done: Done) -> None:
    """Remember what was done for the run that follows."""
    st.session_state[_KEY] = done


def show(desk: Desk) -> None:
    """The last decision with an undo."""
    done: Done | None = st.session_state.get(_KEY)
    if done is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/check: {words.plain(done.text)}", width="stretch")
        if acts.pressed("Undo", key="reverse", icon=":material/undo:"):
            with feedback.explain_errors():
                offer(done.back(desk, state.identity()))
                st.rerun()
