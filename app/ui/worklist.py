"""What waits for somebody, most urgent first; each item leads to where it is dealt with."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.services.work import Waiting
from app.ui import places, words

ICONS = {
    "bad": ":red[:material/error:]",
    "watch": ":orange[:material/flag:]",
    "info": ":blue[:material/sync:]",
}
SHOWN = 5
LONGEST = 160  # characters of an item's text; the page it leads to has the rest


def show(items: Sequence[Waiting]) -> None:
    """At most five items; the rest is counted."""
    if not items:
        st.markdown(":green[:material/check_circle:] Nothing waits for you.")
        st.caption("Failed jobs, failed checks and models to decide about would stand here.")
        return
    for item in items[:SHOWN]:
        with st.container(gap="xxsmall"):
            st.markdown(f"{ICONS[item.urgency]} **{words.plain(item.title)}**")
            st.caption(words.plain(words.shortened(item.text, LONGEST)))
            if item.place in places.BY_SLUG:
                title = places.BY_SLUG[item.place].title
                places.link(item.place, f"Open {title}", query=dict(item.query))
    if len(items) > SHOWN:
        st.caption(f"and {len(items) - SHOWN} more")
