"""A page opened before the first forecast shows it as soon as it is there."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def page() -> None:
    """Draws what waits for the first forecast, twice at most."""
    import streamlit as st

    from app.ui import forecasts

    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    if st.session_state["runs"] < 3:
        forecasts.until_published()


@pytest.mark.parametrize(("published", "runs"), [(None, 1), (object(), 3)])
def test_the_page_renews_itself_once_a_forecast_is_published(
    published: object | None, runs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ui.dialogs.by_itself", lambda: True)  # AppTest runs whole pages only
    monkeypatch.setattr("app.ui.state.desk", lambda: None)
    monkeypatch.setattr("app.services.forecasting.newest", lambda desk: published)
    app = AppTest.from_function(page).run()
    assert not app.exception
    assert app.session_state["runs"] == runs
