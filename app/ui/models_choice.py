"""Which capability the models on the page belong to, kept in the address."""

from __future__ import annotations

import streamlit as st

from app.services import capabilities


def capability() -> str:
    """The key of the chosen capability; the first that is listed where none was chosen."""
    known = {one.key: one.label for one in capabilities.listed()}
    keys = list(known)
    if st.session_state.get("capability") not in known:
        said = st.query_params.get("capability", "")  # a link opens the same capability
        st.session_state["capability"] = said if said in known else keys[0]
    chosen: str = st.selectbox(
        "Capability",
        keys,
        format_func=lambda key: known[key],
        key="capability",
        bind="query-params",
        label_visibility="collapsed",
        width=180,
    )
    return chosen
