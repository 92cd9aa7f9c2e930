"""News that comes by itself renews the page, but not over an open window."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def page() -> None:
    """A page that hears of news at its first two runs, and can open a window."""
    import streamlit as st

    from app.ui import dialogs

    dialogs.all_closed()
    st.session_state["runs"] = st.session_state.get("runs", 0) + 1

    @dialogs.dialog("Window")
    def window(what: str) -> None:
        st.markdown(f"typing {what}")

    if st.button("Open"):
        window("a note")
    if st.session_state.pop("news", False):
        dialogs.renew_page()
    st.markdown("drawn to the end")


def shown(app: AppTest) -> list[str]:
    return [one.value for one in app.markdown]


def test_news_renews_a_page_on_which_no_window_is_open() -> None:
    app = AppTest.from_function(page)
    app.session_state["news"] = True
    app.run()
    assert app.session_state["runs"] == 2
    assert shown(app) == ["drawn to the end"]


def test_news_leaves_an_open_window_alone() -> None:
    app = AppTest.from_function(page).run()
    app.session_state["news"] = True
    app.button[0].click().run()
    assert app.session_state["runs"] == 2  # the click's own run, not one more
    assert set(shown(app)) == {"typing a note", "drawn to the end"}


def test_the_page_renews_itself_again_once_the_window_is_closed() -> None:
    app = AppTest.from_function(page).run()
    app.button[0].click().run()
    app.session_state["news"] = True
    app.run()  # what closing the window does
    assert app.session_state["runs"] == 4
