"""Rows of key figures, all of the same make: label, value, one comparison, small chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

Direction = Literal[-1, 0, 1]
MOST = 4  # figures in a row that can be read at 1280 px


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One card.

    delta : the comparison in words, without an arrow ("11 % on last year").
    direction : whether the value rose or fell against what it is compared with; 0 for neither.
    good : whether that is good; None where it is neither (drawn grey).
    note : a second line under the comparison, for example the usual range.
    """

    label: str
    value: str
    delta: str | None = None
    direction: Direction = 0
    good: bool | None = None
    chart: Sequence[float] | None = None
    chart_type: Literal["line", "bar", "area"] = "line"
    note: str | None = None
    about: str | None = None  # what the figure is, shown on hover


ARROWS: dict[int, Literal["up", "down", "off"]] = {1: "up", 0: "off", -1: "down"}
COLOURS: dict[bool | None, Literal["green", "red", "gray"]] = {
    True: "green",
    False: "red",
    None: "gray",
}


def row(figures: Sequence[Kpi]) -> None:
    """Up to four cards of equal height in one row."""
    columns = st.columns(min(len(figures), MOST))
    for column, figure in zip(columns, figures, strict=False):
        with column:
            card(figure)


def card(figure: Kpi) -> None:
    """One card; the arrow says the true direction, the colour whether that is good."""
    box = st.container(border=True, height="stretch", gap=None)
    box.metric(
        figure.label,
        figure.value,
        figure.delta,
        # Not "inverse": Streamlit would read the sign from the text, which says "8 points better".
        delta_color=COLOURS[figure.good],
        delta_arrow=ARROWS[figure.direction],
        help=figure.about,
        chart_data=list(figure.chart) if figure.chart and len(figure.chart) > 1 else None,
        chart_type=figure.chart_type,
    )
    if figure.note:
        box.caption(figure.note)
