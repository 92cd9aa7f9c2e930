"""Windows over a page that stay open while the page behind them has news.

Streamlit closes a dialog whenever the whole page runs again. What renews a page by itself (the end
of a job, a colleague who opens the same case) therefore waits while somebody reads or types in one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if TYPE_CHECKING:
    from streamlit.elements.lib.dialog import DialogWidth

Given = ParamSpec("Given")
OPEN = "_dialog_open"


def dialog(
    title: str, *, width: DialogWidth = "small"
) -> Callable[[Callable[Given, None]], Callable[Given, None]]:
    """As `st.dialog`, for a window that nothing but its reader closes.

    Closing it renews the page, which shows what came meanwhile.
    """

    def opening(body: Callable[Given, None]) -> Callable[Given, None]:
        window = st.dialog(title, width=width, on_dismiss="rerun")(body)

        @wraps(body)
        def open_it(*args: Given.args, **kwargs: Given.kwargs) -> None:
            st.session_state[OPEN] = True
            window(*args, **kwargs)

        return open_it

    return opening


def all_closed() -> None:
    """At the start of a run of a whole page: Streamlit has closed what was open."""
    st.session_state.pop(OPEN, None)


def renew_page() -> None:
    """Run the whole page again, for news that came by itself; not over somebody's open window.

    Only from a part that renews itself: a run of the whole page shows the news anyway, and ending
    it here would lose the click that began it.
    """
    if by_itself() and not st.session_state.get(OPEN):
        st.rerun()


def by_itself() -> bool:
    """Whether only a part of the page runs now, as one does that renews itself."""
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)
