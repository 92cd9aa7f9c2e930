"""Errors become sentences: ours with their remedy, others with a number that the log knows."""

from __future__ import annotations

import logging
import re

import pytest
from streamlit.testing.v1 import AppTest


def known() -> None:
    import streamlit as st

    from app.ui import feedback
    from data_access.errors import DataError

    with feedback.explain_errors():
        raise DataError("The shop does not answer.", remedy="Start its database.")
    st.caption("the rest of the page")


def unknown() -> None:
    from app.ui import feedback

    with feedback.explain_errors():
        raise ZeroDivisionError("secret detail")


def stopping() -> None:
    import streamlit as st

    from app.ui import feedback

    with feedback.explain_errors():
        st.stop()
    st.caption("never reached")


def test_an_error_of_ours_shows_what_to_do_and_the_page_goes_on() -> None:
    page = AppTest.from_function(known).run()

    assert page.error[0].proto.title == "The shop does not answer."
    assert page.error[0].value == "Start its database."
    assert page.caption[0].value == "the rest of the page"


def test_an_unknown_error_is_logged_under_the_number_that_is_shown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR, logger="shopsight.pages"):
        page = AppTest.from_function(unknown).run()

    number = re.search(r"the number (\w{6})", page.error[0].value)
    assert number is not None
    assert caplog.records[-1].error_id == number.group(1)  # type: ignore[attr-defined]
    assert "secret detail" not in page.error[0].value
    assert not page.exception


def test_stopping_a_page_is_no_error() -> None:
    page = AppTest.from_function(stopping).run()

    assert not page.error
    assert not page.caption
