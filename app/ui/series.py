"""Which series: the shop, a category or a product, found by search among any number of them."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app import cached
from app.cached import Dated, Level
from app.ui import words

LEVELS: dict[Level, str] = {"shop": "Shop", "category": "Category", "product": "Product"}
FOUND = 8  # shown below the search field; more words narrow it down


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What was chosen; `series_id` is None for the shop."""

    level: Level
    series_id: str | None
    label: str


def picker(key: Dated) -> Series:
    """Level and, below the shop, one of its series; both stand in the address."""
    level = st.selectbox(
        "Level",
        list(LEVELS),
        format_func=lambda level: LEVELS[level],
        key="level",
        bind="query-params",
        width=112,
    )
    if level not in ("category", "product"):
        return Series(level="shop", series_id=None, label="Whole shop")
    return _chosen(key, level)


def open_series(level: Level, series_id: str) -> None:
    """As a callback: go to this series."""
    st.session_state["level"] = level
    st.session_state[level] = series_id
    st.session_state[f"_{level}_found"] = False


def _chosen(key: Dated, level: Level) -> Series:
    current = _current(key, level)
    with st.container(gap="xxsmall", width=232):
        st.markdown(f":small[{LEVELS[level]}]", width="stretch")
        popover = st.popover(
            words.plain(current.label),
            icon=":material/search:",
            width="stretch",
            wrap=False,
            key=f"_{level}_found",
            on_change="rerun",
        )
    with popover, st.container(gap="xsmall"):
        if popover.open:
            _search(key, level)
        # The id is what the address keeps; it is bound whether the popover is open or not.
        if st.session_state.get(level) != current.series_id:
            st.session_state[level] = current.series_id
        st.text_input(
            f"{LEVELS[level]} number",
            key=level,
            bind="query-params",
            max_chars=200,
        )
    return current


def _search(key: Dated, level: Level) -> None:
    search = st.text_input(
        "Search",
        type="search",
        live=True,
        placeholder="Words of the name",
        max_chars=100,
        key=f"_{level}_search",
    )
    found = cached.series_options(key, level, search or "", FOUND)
    if not found:
        st.caption("Nothing holds all these words. Try fewer of them.")
    with st.container(gap=None):
        for option in found:
            within = f" · {words.plain(option.category)}" if option.category else ""
            st.button(
                f"{words.plain(option.label)}{within}",
                key=f"_{level}_{option.series_id}",
                type="tertiary",
                on_click=open_series,
                args=(level, option.series_id),
            )
    if found and found[0].found > len(found):
        st.caption(f"{found[0].found:,} found; those that sell most stand first.")


def _current(key: Dated, level: Level) -> Series:
    """The series of the address if there is one, else the one that sells most."""
    asked = str(st.session_state.get(level) or st.query_params.get(level, "")).strip()
    label = cached.series_label(key, level, asked) if asked else None
    if label is not None:
        return Series(level=level, series_id=asked, label=label)
    first = cached.series_options(key, level, "", 1)
    if not first:
        return Series(level="shop", series_id=None, label="Whole shop")
    return Series(level=level, series_id=first[0].series_id, label=first[0].label)
