"""Around every page: what it stands on and lacks, and a sentence where the page itself fails."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app.cached import ground
from app.ui import feedback, words


def run(page: Callable[[], None]) -> None:
    """Say what is gone, then run the page; what it cannot do ends in a sentence with a remedy."""
    with feedback.explain_errors():
        for one in ground.missing():
            st.warning(words.plain(one.remedy), title=one.text, icon=":material/database_off:")
    with feedback.explain_errors():
        page()
