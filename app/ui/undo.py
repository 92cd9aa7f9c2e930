"""After a change of settings or targets: what was done, and the way back."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.context import Desk
from app.services import settings as service
from app.services.settings import Change
from app.ui import acts, feedback, state

_KEY = "_undoable"


def offer(changes: Sequence[Change]) -> None:
    """Remember what was done for the run that follows."""
    st.session_state[_KEY] = [(change.entry_id, change.text) for change in changes]


def show(desk: Desk) -> None:
    """The last change with an undo, until something else is done."""
    changes: list[tuple[int, str]] = st.session_state.get(_KEY, [])
    if not changes:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(" ".join(text for _, text in changes), width="stretch")
        if acts.pressed("Undo", key="undo_change", icon=":material/undo:"):
            with feedback.explain_errors():
                for entry_id, _ in reversed(changes):
                    service.undo(desk, state.identity(), entry_id=entry_id)
                del st.session_state[_KEY]
                feedback.done("Taken back")
                st.rerun()
