"""The passport of a version: read here, taken as a page for print."""

from __future__ import annotations

import streamlit as st

from app.context import Desk
from app.services import registry
from app.services.registry import STATUSES, Passport, passport_page
from app.services.registry import figures as figures_in_words
from app.ui import models_tables, skeleton, state, words

KEY = "passport"  # in the address: the version's number


def asked() -> int | None:
    """The version whose passport the address asks for."""
    said = st.query_params.get(KEY, "")
    return int(said) if said.isdigit() else None


def open_(number: int) -> None:
    """As a callback: to the passport of a version."""
    st.query_params[KEY] = str(number)


def _close() -> None:
    st.query_params.pop(KEY, None)


def show(desk: Desk, capability: str, number: int) -> None:
    """The page, and the file."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.button(
            "Back to the versions", key="passport_back", icon=":material/arrow_back:",
            on_click=_close,
        )  # fmt: skip
        place = st.container(width="content")
    told = registry.passport(desk, capability, number, state.now())
    dates = {one.change_id: words.instant(one.at, desk.zone) for one in told.activations}
    with place:
        st.download_button(
            "Page for print",
            data=passport_page.page(
                told, str(desk.zone), words.instant(told.made_at, desk.zone), dates
            ),
            file_name=f"{capability}-version-{number}.html",
            mime="text/html",
            icon=":material/print:",
            on_click="ignore",
            key="passport_file",
        )
    _told(told, dates)


def _told(told: Passport, dates: dict[int, str]) -> None:
    version = told.row.version
    with skeleton.card(f"{told.label}: version {version.number}, {told.row.label}"):
        st.caption(STATUSES[told.row.standing.status])
        st.markdown(words.plain(f"{told.question} {told.about}"))
        st.markdown(words.plain(version.verdict))
        if told.row.standing.note:
            st.markdown(f":material/sticky_note_2: {words.plain(told.row.standing.note)}")
    left, right = st.columns(2)
    with left, skeleton.card("Data and dates"):
        models_tables.facts(passport_page.data_facts(told))
    with right, skeleton.card("Lineage"):
        models_tables.facts(passport_page.lineage_facts(told))
    with skeleton.card("Quality, beside the rule of thumb"):
        _figures(told)
    if told.parts:
        with skeleton.card(f"{told.primary.label} by group"):
            _parts(told)
    left, right = st.columns(2)
    with left, skeleton.card("Weak spots"):
        _list(told.weak, "None were found on the cases measured.")
    with right, skeleton.card("Not to be used for"):
        _list(told.not_for, "")
    with skeleton.card("Who let it decide"):
        _list(passport_page.changes_of(told, dates), "It never decided.")


def _figures(told: Passport) -> None:
    models_tables.wrapped(
        ("Figure", "Version", "95 % range", "Rule of thumb", "What it says"),
        [
            (
                one.measure.label,
                figures_in_words.figure(one.measure, one.own),
                figures_in_words.interval(one.measure, one.interval),
                figures_in_words.figure(one.measure, one.rule),
                one.measure.about,
            )
            for one in told.figures
        ],
    )


def _parts(told: Passport) -> None:
    models_tables.wrapped(
        ("Group", "Cases kept", "Share", "Version", "Rule of thumb"),
        [
            (
                one.group,
                f"{one.cases:,}",
                f"{one.share * 100:.0f} %",
                figures_in_words.figure(told.primary, one.own),
                figures_in_words.figure(told.primary, one.rule),
            )
            for one in told.parts[: passport_page.MOST_PARTS]
        ],
    )


def _list(told: tuple[str, ...] | list[str], instead: str) -> None:
    if not told:
        st.markdown(instead)
        return
    st.markdown("\n".join(f"- {words.plain(one)}" for one in told))
