"""Buttons whose press is not lost when the page runs again before it comes to them.

A run of a page may be ended by another before it comes to a button: a part that renews itself
starts one, or the browser tells what a table holds now. ``if st.button(…)`` is true in the first
run only, so the press is gone. A callback runs before anything of the page does, whatever comes
after; here it carries the press over, or carries out the act itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner_utils.exceptions import RerunException, StopException

from app.ui import feedback

PRESSES = "_presses"
"""Keys of the buttons that were pressed and not yet come to."""


def pressed(label: str, *, key: str, **how: Any) -> bool:
    """Whether this button was pressed, once, in the first run that comes to it.

    how : as for `st.button`.
    """
    st.button(label, key=key, on_click=_remember, args=(key,), **how)
    return _take(key)


def submitted(label: str, *, key: str, **how: Any) -> bool:
    """As `pressed`, for the button of a form.

    how : as for `st.form_submit_button`.
    """
    st.form_submit_button(label, key=key, on_click=_remember, args=(key,), **how)
    return _take(key)


def forget_presses() -> None:
    """At the end of a run of a whole page: what it did not come to is not on it any more."""
    st.session_state.pop(PRESSES, None)


def button(label: str, act: Callable[[], None], *, key: str, **how: Any) -> None:
    """A button that does `act`, then draws the whole page anew; what it refused stands below it.

    how : as for `st.button`.
    """
    refused = f"_refused_{key}"
    st.button(label, key=key, on_click=_carry_out, args=(act, refused), **how)
    error = st.session_state.pop(refused, None)
    if error is not None:
        feedback.explain(error)


def _remember(key: str) -> None:
    st.session_state.setdefault(PRESSES, set()).add(key)


def _take(key: str) -> bool:
    presses: set[str] = st.session_state.get(PRESSES, set())
    if key not in presses:
        return False
    presses.remove(key)
    return True


def _carry_out(act: Callable[[], None], refused: str) -> None:
    try:
        act()
    except (RerunException, StopException):
        raise
    except Exception as error:
        st.session_state[refused] = error
    else:
        st.rerun()
