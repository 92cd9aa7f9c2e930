"""The skeleton of every page: question and buttons, provenance, view switch and filters, cards."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import streamlit as st

from app.ui import feedback, provenance

Row = AbstractContextManager[Any]


def heading(question: str, *, facts: Sequence[str | None] = ()) -> Row:
    """Question at the left; returns the place for at most two buttons at its right."""
    feedback.show_done()
    with st.container(gap="xsmall"):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            st.title(question, anchor=False, width="stretch")
            buttons = st.container(horizontal=True, width="content", gap="small")
        provenance.line(facts)
    return buttons


def switch_row() -> tuple[Row, Row]:
    """One row that holds the view switch at the left and the filters at the right."""
    bar = st.container(
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="bottom",
        wrap=False,
    )
    left = bar.container(width="content")
    right = bar.container(
        horizontal=True, width="content", vertical_alignment="bottom", gap="small", wrap=False
    )
    return left, right


def view_switch(views: dict[str, str], *, key: str) -> str:
    """Segmented control over views (slug to label), kept in the address; the first is default.

    The address decides, so that a link opens the same view and Back returns to the one before: a
    field bound to the address would replace the entry in the browser's history instead.

    key : its name in the address, another one on each page: a value of one page would else be
        carried over to the next, where it means nothing.
    """
    said = st.query_params.get(key, "")
    current = next((slug for slug, label in views.items() if said in (slug, label)), None)
    current = current or next(iter(views))
    if st.session_state.get(key) != current:
        st.session_state[key] = current
    st.segmented_control(
        "View",
        list(views),
        format_func=lambda slug: views[slug],
        required=True,
        key=key,
        on_change=_turn,
        args=(key, views),
        label_visibility="collapsed",
        wrap=False,
    )
    return current


def open_view(key: str, label: str) -> None:
    """As a callback: turn to the view of this label."""
    st.query_params[key] = label


def _turn(key: str, views: dict[str, str]) -> None:
    chosen = st.session_state[key]
    if chosen in views:
        open_view(key, views[chosen])


def card(title: str | None = None, *, about: str | None = None) -> Row:
    """A bordered card that is as high as its neighbours."""
    box = st.container(border=True, height="stretch")
    if title:
        box.subheader(title, anchor=False, help=about)
    return box


def chart_and_why(
    title: str, why: str, *, why_about: str | None = None, wide_share: float = 2.15
) -> tuple[Row, Row]:
    """The main chart's card and, at its right, the card that says why."""
    wide, narrow = st.columns([wide_share, 1])
    with wide:
        main = card(title)
    with narrow:
        reason = card(why, about=why_about)
    return main, reason
