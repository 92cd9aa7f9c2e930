"""A press counts once, in the first run of the page that comes to its button."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def page() -> None:
    """A page whose run may start anew, or end early, above its buttons."""
    import streamlit as st

    from app.ui import acts

    if st.session_state.pop("news", False):
        st.rerun()
    if not st.session_state.get("hidden"):
        if acts.pressed("Go", key="go"):
            st.session_state["went"] = st.session_state.get("went", 0) + 1
            st.rerun()
        with st.form("form"):
            text = st.text_input("Text", key="text")
            if acts.submitted("Save", key="save"):
                st.session_state["saved"] = text
    acts.forget_presses()


def test_a_press_counts_once() -> None:
    app = AppTest.from_function(page).run()
    app.button(key="go").click().run()
    assert app.session_state["went"] == 1
    app.run()
    assert app.session_state["went"] == 1


def test_a_press_counts_though_the_page_starts_anew_above_its_button() -> None:
    app = AppTest.from_function(page).run()
    app.session_state["news"] = True
    app.button(key="go").click().run()
    assert app.session_state["went"] == 1


def test_a_form_is_saved_with_what_was_typed_though_the_page_starts_anew() -> None:
    app = AppTest.from_function(page).run()
    app.session_state["news"] = True
    app.text_input(key="text").input("typed")
    app.button(key="save").click().run()
    assert app.session_state["saved"] == "typed"


def test_a_press_of_a_button_that_the_page_has_no_more_is_not_carried_out_later() -> None:
    app = AppTest.from_function(page).run()
    app.session_state["hidden"] = True
    app.button(key="go").click().run()
    app.session_state["hidden"] = False
    app.run()
    assert "went" not in app.session_state
