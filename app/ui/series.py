"""Which series: the shop, a category or a product, found by search among any number of them.

The address is where the choice is kept, and nowhere else: the chooser lives in a button whose words
change with the choice, so that its fields are drawn anew each time, and what a browser remembers of
a field that is gone must not bring an earlier choice back.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app import cached
from app.cached import Dated, Level
from app.ui import words

LEVELS: dict[Level, str] = {"shop": "Shop", "category": "Category", "product": "Product"}
WIDTH = 196  # pixels of the button
LONGEST = 24  # characters of a name in it
FOUND = 8  # shown below the search field; more words narrow it down


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What was chosen; `series_id` is None for the shop."""

    level: Level
    series_id: str | None
    label: str


def picker(key: Dated) -> Series:
    """Which series, in one button, so that the filters fit beside five views at 1280 px.

    Level and series stand in the address; the shop is a level without a choice.
    """
    level = _level()
    current = _current(key, level)
    popover = st.popover(
        words.plain(words.shortened(current.label, LONGEST)),
        icon=":material/search:",
        width=WIDTH,
        wrap=False,
        key="_series",
        on_change="rerun",
    )
    with popover, st.container(gap="small"):
        st.segmented_control(
            "Level",
            list(LEVELS),
            format_func=lambda one: LEVELS[one],
            default=level,
            required=True,
            key=f"_level_{level}",
            on_change=_change_level,
            args=(f"_level_{level}",),
            label_visibility="collapsed",
        )
        if level == "shop":
            st.caption("Everything that the shop sells, as one series.")
        else:
            if popover.open:
                _search(key, level)
            st.text_input(
                f"{LEVELS[level]} number",
                key=f"_{level}_number",
                placeholder=current.series_id,
                max_chars=200,
                on_change=_typed,
                args=(level,),
            )
    return current


def open_series(level: Level, series_id: str) -> None:
    """As a callback: go to this series."""
    st.query_params["level"] = LEVELS[level]
    st.query_params[level] = series_id
    st.session_state["_series"] = False


def _change_level(key: str) -> None:
    """As a callback: the button stays open, though its words change with the level."""
    st.query_params["level"] = LEVELS[st.session_state[key]]
    st.session_state["_series"] = True


def _typed(level: Level) -> None:
    """As a callback: a number was typed in place of a search."""
    number = str(st.session_state[f"_{level}_number"]).strip()
    if number:
        open_series(level, number)


def _level() -> Level:
    said = st.query_params.get("level", "")
    return next((one for one in LEVELS if said in (one, LEVELS[one])), "shop")


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
    if level == "shop":
        return Series(level="shop", series_id=None, label="Whole shop")
    asked = st.query_params.get(level, "").strip()
    label = cached.series_label(key, level, asked) if asked else None
    if label is not None:
        return Series(level=level, series_id=asked, label=label)
    first = cached.series_options(key, level, "", 1)
    if not first:
        return Series(level="shop", series_id=None, label="Whole shop")
    return Series(level=level, series_id=first[0].series_id, label=first[0].label)
