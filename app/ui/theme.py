"""The colours of charts, light and dark, and the one Plotly layout that every chart starts from.

The same values stand in `.streamlit/config.toml` for everything that Streamlit draws itself; a
test compares the two. Charts are plain dictionaries: building `plotly.graph_objects` costs ten
times more and the browser needs only the JSON.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import plotly.io
import streamlit as st

# Our layout is complete; without this Plotly copies its own 7 kB template into every chart.
plotly.io.templates.default = None

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours by meaning, as hex; `categories` in the order in which series get them."""

    primary: str
    background: str
    surface: str
    ink: str
    muted: str
    grid: str
    border: str
    good: str
    bad: str
    watch: str
    categories: tuple[str, ...]
    event_opacity: float  # of event bands: a dark page needs more to be seen
    band_opacity: float  # of each of the three nested ranges, which add up where they overlap


LIGHT = Palette(
    primary="#1f5f5b",
    background="#fbfaf7",
    surface="#f1efe9",
    ink="#1d2524",
    muted="#6d7572",
    grid="#e9e5db",
    border="#dedad0",
    good="#2f7d4f",
    bad="#b23a48",
    watch="#c8702b",
    categories=(
        "#1f5f5b",
        "#c8702b",
        "#4a6fa5",
        "#8f5b8c",
        "#7d8a2e",
        "#b23a48",
        "#5c6b73",
        "#d1a43a",
    ),
    event_opacity=0.10,
    band_opacity=0.15,
)
DARK = Palette(
    primary="#6fbdb3",
    background="#141a1a",
    surface="#1c2424",
    ink="#e7e9e4",
    muted="#93a09c",
    grid="#263030",
    border="#2d3838",
    good="#6fc38f",
    bad="#e27d88",
    watch="#e59a5c",
    categories=(
        "#6fbdb3",
        "#e59a5c",
        "#86a8dc",
        "#c494c1",
        "#b5c35a",
        "#e27d88",
        "#9fb0b8",
        "#e3c168",
    ),
    event_opacity=0.13,
    band_opacity=0.17,
)


def palette() -> Palette:
    """The colours of the theme that the viewer looks at now."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def layout(colours: Palette, *, height: int) -> Json:
    """Layout that every chart starts from: horizontal grid only, room for labels, no background."""
    axis: Json = {
        "automargin": True,  # without it Plotly 7 cuts long labels off
        "color": colours.ink,
        "gridcolor": colours.grid,
        "linecolor": colours.grid,
        "tickfont": {"size": 12, "color": colours.ink},
        "title": {"font": {"size": 12, "color": colours.muted}},
        "zeroline": False,
        "fixedrange": False,
    }
    return deepcopy(
        {
            "height": height,
            "autosize": True,
            "margin": {"l": 8, "r": 8, "t": 34, "b": 8},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": "Inter, sans-serif", "size": 12, "color": colours.ink},
            "colorway": list(colours.categories),
            "separators": ".,",
            "hovermode": "x unified",
            "hoverlabel": {
                "bgcolor": colours.surface,
                "bordercolor": colours.border,
                "font": {"family": "Inter, sans-serif", "size": 12, "color": colours.ink},
            },
            "showlegend": False,
            "legend": {
                "orientation": "h",
                "x": 0,
                "xanchor": "left",
                "y": 1.02,
                "yanchor": "bottom",
                "bgcolor": "rgba(0,0,0,0)",
                "itemclick": False,
                "itemdoubleclick": False,
            },
            "xaxis": {**axis, "showgrid": False, "showline": True, "ticks": ""},
            "yaxis": {
                **axis,
                "showgrid": True,
                "showline": False,
                "rangemode": "tozero",
                "tickformat": ",~r",
                "nticks": 6,
                "ticklabelstandoff": 6,
            },
            "dragmode": "zoom",
        }
    )


def see_through(colour: str, opacity: float) -> str:
    """Hex colour as `rgba()` with that opacity."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"
