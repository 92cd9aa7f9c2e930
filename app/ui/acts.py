"""Buttons whose act is carried out before anything is drawn.

``if st.button(…)`` acts when the script comes to that line: where a part of the page that renews
itself starts the run anew before, the click is gone. A callback runs first, whatever comes after.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner_utils.exceptions import RerunException, StopException

from app.ui import feedback


def button(label: str, act: Callable[[], None], *, key: str, **how: Any) -> None:
    """A button that does `act`, then draws the whole page anew; what it refused stands below it.

    how : as for `st.button`.
    """
    refused = f"_refused_{key}"
    st.button(label, key=key, on_click=_carry_out, args=(act, refused), **how)
    error = st.session_state.pop(refused, None)
    if error is not None:
        feedback.explain(error)


def _carry_out(act: Callable[[], None], refused: str) -> None:
    try:
        act()
    except (RerunException, StopException):
        raise
    except Exception as error:
        st.session_state[refused] = error
    else:
        st.rerun()
