"""What queues of every length would have meant, as a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app import metrics
from app.services.fraud.thresholds import History, Thresholds
from app.ui import charts, words
from app.ui.theme import Json, layout, palette, see_through

if TYPE_CHECKING:
    from ml.fraud.replay import Outcome, Work


def show(found: History, asked: Thresholds, work: Work, now: Outcome, then: Outcome) -> None:
    """Money caught and good customers held by the length of the queue."""
    curve = found.replay.curve(asked.block, work)
    if len(curve) < 2:
        st.caption("There are too few different scores to draw a curve.")
        return
    charts.show(
        _curve(curve, now, then, work.capacity),
        key="threshold_curve",
        alt=f"Share of fraud money caught by orders a day in the queue: "
        f"{metrics.share(then.caught_share)} at {metrics.count(then.orders)} a day, "
        f"{metrics.share(now.caught_share)} at the {metrics.count(now.orders)} of now",
    )
    st.caption(
        f"Replayed with the scores of version {found.version} on "
        f"{found.orders * found.days:,.0f} orders of {words.day(found.first)} to "
        f"{words.day(found.last)} whose end is known, {found.frauds:,} of them fraud. It never "
        "learned from them."
    )


def _curve(curve: pd.DataFrame, now: Outcome, then: Outcome, capacity: float) -> Json:
    colours = palette()
    figure = layout(colours, height=300)
    xs = [0.0, *curve["orders"]]

    def line(name: str, label: str, colour: str, dash: str = "solid") -> Json:
        return {
            "type": "scatter",
            "mode": "lines",
            "x": xs,
            "y": [0.0, *curve[name]],
            "name": label,
            "line": {"color": colour, "width": 2.2, "dash": dash},
            "hovertemplate": f"%{{y:.0%}}<extra>{label}</extra>",
        }

    band = {
        "type": "scatter",
        "x": [*xs, *reversed(xs)],
        "y": [0.0, *curve["caught_high"], *reversed(curve["caught_low"].tolist()), 0.0],
        "fill": "toself",
        "fillcolor": see_through(colours.primary, colours.band_opacity),
        "line": {"width": 0},
        "mode": "lines",
        "hoverinfo": "skip",
        "name": "80 % range",
        "showlegend": False,
    }
    points = {
        "type": "scatter",
        "mode": "markers",
        "x": [then.orders],
        "y": [then.caught_share],
        "marker": {"size": 10, "color": colours.primary},
        "name": "What you try",
        "hovertemplate": "%{y:.0%} of fraud money at %{x:,.1f} a day<extra>What you try</extra>",
    }
    traces = [
        band,
        line("caught_share", "Fraud money caught", colours.primary),
        line("precision", "Fraud among the queue", colours.watch),
        line("good_share", "Good orders held up", colours.muted, "dot"),
        points,
    ]
    # Two words at one place would stand on each other: the higher one is said lower down.
    marks = [("live", now.orders, colours.ink, 1.0), ("capacity", capacity, colours.muted, 0.9)]
    last = max(xs[-1], now.orders)
    shown = [mark for mark in marks if 0 < mark[1] <= last]
    figure.update(
        showlegend=True,
        hovermode="x",
        shapes=[
            {
                "type": "line", "xref": "x", "yref": "paper", "x0": x, "x1": x, "y0": 0, "y1": 1,
                "line": {"color": colour, "width": 1.2, "dash": "dot"},
            }
            for _, x, colour, _ in shown
        ],
        annotations=[
            {
                "x": x, "xref": "x", "y": high, "yref": "paper", "yanchor": "top",
                "xanchor": "right" if x > last / 2 else "left", "text": word, "showarrow": False,
                "font": {"size": 11, "color": colour},
            }
            for word, x, colour, high in shown
        ],
    )  # fmt: skip
    figure["xaxis"].update(
        range=[0, last * 1.02],
        title={"text": "Orders a day in the queue", "font": {"size": 12, "color": colours.muted}},
        hoverformat=",.1f",
    )
    figure["yaxis"].update(tickformat=".0%", range=[0, 1.02])
    figure["margin"].update(t=40, b=30)
    return {"data": traces, "layout": figure}
