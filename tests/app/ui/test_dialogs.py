"""News that comes by itself renews the page, but not over an open window."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


@pytest.fixture
def part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if each run was one of a part that renews itself, which AppTest cannot do."""
    monkeypatch.setattr("app.ui.dialogs.by_itself", lambda: True)


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
    if st.button("Act"):
        st.markdown("acted")
    st.markdown("drawn to the end")


def shown(app: AppTest) -> list[str]:
    return [one.value for one in app.markdown]


@pytest.mark.usefixtures("part_by_part")
def test_news_renews_a_page_on_which_no_window_is_open() -> None:
    app = AppTest.from_function(page)
    app.session_state["news"] = True
    app.run()
    assert app.session_state["runs"] == 2
    assert shown(app) == ["drawn to the end"]


@pytest.mark.usefixtures("part_by_part")
def test_news_leaves_an_open_window_alone() -> None:
    app = AppTest.from_function(page).run()
    app.session_state["news"] = True
    app.button[0].click().run()
    assert app.session_state["runs"] == 2  # the click's own run, not one more
    assert set(shown(app)) == {"typing a note", "drawn to the end"}


@pytest.mark.usefixtures("part_by_part")
def test_the_page_renews_itself_again_once_the_window_is_closed() -> None:
    app = AppTest.from_function(page).run()
    app.button[0].click().run()
    app.session_state["news"] = True
    app.run()  # what closing the window does
    assert app.session_state["runs"] == 4


def test_news_that_comes_with_a_click_does_not_swallow_it() -> None:
    app = AppTest.from_function(page).run()
    app.session_state["news"] = True
    app.button[1].click().run()
    assert shown(app) == ["acted", "drawn to the end"]


def acting_page() -> None:
    """A part that starts the run anew stands above a button."""
    import streamlit as st

    from app.ui import acts

    def act() -> None:
        if st.session_state.get("refuse"):
            raise ValueError("no")
        st.session_state["acted"] = st.session_state.get("acted", 0) + 1

    if st.session_state.pop("news", False):
        st.rerun()
    acts.button("Act", act, key="act")


def test_an_act_is_carried_out_once_though_the_page_starts_anew_above_its_button() -> None:
    app = AppTest.from_function(acting_page).run()
    app.session_state["news"] = True
    app.button[0].click().run()
    assert app.session_state["acted"] == 1
    app.run()
    assert app.session_state["acted"] == 1


def test_what_an_act_refused_stands_below_its_button_once() -> None:
    app = AppTest.from_function(acting_page).run()
    app.session_state["refuse"] = True
    app.button[0].click().run()
    assert len(app.error) == 1
    assert "acted" not in app.session_state
    app.run()
    assert len(app.error) == 0
