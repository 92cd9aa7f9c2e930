"""Charts: each function takes plain sequences and gives back a Plotly figure as a dictionary.

`show` puts one on the page. History is ink, a forecast is the primary colour, ranges are three
nested bands of it, events are faint vertical bands with a word on top, today is a dotted line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import streamlit as st
from plotly.basedatatypes import BaseFigure

from app.metrics import sign
from app.ui.events import Event, event_layer
from app.ui.theme import Json, Palette, layout, palette, see_through

CONFIG = {"displayModeBar": False, "responsive": True, "doubleClick": "reset"}
WHOLE = ",.0f"  # d3 format of counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One range around a forecast; all sequences have the length of the forecast's weeks."""

    level: int  # percent: 95, 80 or 50
    low: Sequence[float]
    high: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line or one set of bars of a chart."""

    name: str
    values: Sequence[float | None]
    colour: str | None = None  # a field of `Palette`; None: the next category colour
    dash: str | None = None
    muted: bool = False


class Drawn(BaseFigure):  # type: ignore[misc]
    """A figure that is passed on as it is.

    Streamlit has Plotly check every property of a dictionary at every rerun, which was 40 % of a
    page's time; these dictionaries are our own, and the tests have Plotly check each kind once.
    """

    def __init__(self, figure: Json) -> None:
        self._figure = figure

    def to_dict(self) -> Json:
        return self._figure


def show(figure: Json, *, key: str, alt: str) -> None:
    """Draw a figure over the whole width; `alt` says in a sentence what it shows."""
    st.plotly_chart(Drawn(figure), key=key, config=CONFIG, theme=None, alt=alt)


Grain = Literal["day", "week", "month"]
STEPS: dict[Grain, Literal[1, 7, 30]] = {"day": 1, "week": 7, "month": 30}
"""Days between two points, about."""

HOVERS: dict[Grain, str] = {"day": "%a %-d %b %Y", "week": "week of %-d %b %Y", "month": "%B %Y"}
TICKS: dict[Grain, str] = {"day": "%-d %b", "week": "%b %Y", "month": "%b %Y"}


def forecast_band(
    *,
    weeks: Sequence[date],
    sold: Sequence[float | None],
    future: Sequence[date],
    mean: Sequence[float],
    bands: Sequence[Band] = (),
    others: Sequence[Series] = (),
    events: Sequence[Event] = (),
    today: date | None = None,
    selected: date | None = None,
    marked: tuple[date, str] | None = None,
    grain: Grain = "week",
    unit: str = "units",
    height: int = 380,
    colours: Palette | None = None,
) -> Json:
    """History and forecast of one series, a point a day, week or month.

    weeks, sold : first days (of weeks: Mondays) and units sold; `None` where nothing is known.
    future, mean : likewise of what is expected.
    bands : widest first, drawn over one another.
    others : lines over the same points, past and future (last year), or over the future alone (the
        model's own numbers where a person changed them).
    marked : another day with its word, for example the one on which the forecast was made.
    """
    colours = colours or palette()
    figure = layout(colours, height=height)
    xs, fs = [_iso(day) for day in weeks], [_iso(day) for day in future]
    widest_first = sorted(bands, key=lambda band: -band.level)
    traces = [
        {
            **_filled(fs, band.low, band.high, f"{band.level} % range", colours),
            "showlegend": False,
        }
        for band in widest_first
        if len(fs)
    ]
    hover = f"%{{y:{WHOLE}}} {unit}"
    for one in others:
        places = fs if len(one.values) == len(fs) else [*xs, *fs]
        colour = getattr(colours, one.colour or "muted")
        extra = _line(places, one.values, one.name, colour, 1.1 if one.muted else 1.8, hover)
        if one.dash:
            extra["line"]["dash"] = one.dash
        traces.append(extra)
    traces.append(_line(xs, sold, "Sold", colours.ink, 1.6, hover))
    eighty = next((band for band in bands if band.level == 80), None)
    line = _line(fs, mean, "Forecast", colours.primary, 2.4, hover)
    if len(fs) == 1:  # one month ahead: a line of one point would not be seen
        line["mode"] = "lines+markers"
        line["marker"] = {"color": colours.primary, "size": 7}
    if eighty is not None:
        line["customdata"] = list(zip(eighty.low, eighty.high, strict=True))
        line["hovertemplate"] = (
            f"%{{y:{WHOLE}}} {unit}, 80 % range %{{customdata[0]:{WHOLE}}} to "
            f"%{{customdata[1]:{WHOLE}}}<extra>Forecast</extra>"
        )
    traces.append(line)
    shown = sorted({*weeks, *future})
    shapes, words, marks = event_layer(
        events, first=shown[0], last=shown[-1], colours=colours, step=STEPS[grain]
    )
    if marks is not None:
        traces.append(marks)
    if today is not None:
        shapes.append(_dotted(_iso(today), colours.muted))
        if marked is None or marked[0] != today:  # else one word would stand on the other
            words.append(_word(_iso(today), "today", colours.muted, anchor="right"))
    if selected is not None:
        shapes.append(_dotted(_iso(selected), colours.primary))
    if marked is not None:
        shapes.append(_dotted(_iso(marked[0]), colours.primary))
        words.append(_word(_iso(marked[0]), marked[1], colours.primary, anchor="right"))
    figure.update(shapes=shapes, annotations=words, showlegend=True)
    margin = STEPS[grain] * 0.6
    figure["xaxis"].update(
        type="date",
        range=[
            _iso(shown[0] - timedelta(days=round(margin))),
            _iso(shown[-1] + timedelta(days=round(margin) + 1)),
        ],
        hoverformat=HOVERS[grain],
        tickformat=TICKS[grain],
        nticks=9,
    )
    figure["margin"]["t"] = 46
    figure["legend"]["y"] = 1.06
    return {"data": traces, "layout": figure}


def stacked(
    *,
    days: Sequence[date],
    panels: Sequence[tuple[str, Sequence[Series]]],
    grain: Grain = "week",
    height: int = 420,
    colours: Palette | None = None,
) -> Json:
    """Lines over the same days in panels one under the other; the first is twice as high."""
    colours = colours or palette()
    figure = layout(colours, height=height)
    xs = [_iso(day) for day in days]
    base = figure.pop("yaxis")
    shares = [2.0, *([1.0] * (len(panels) - 1))]
    gap, top, traces, notes = 0.07, 1.0, [], []
    room = (1 - gap * (len(panels) - 1)) / sum(shares)
    for number, (title, series) in enumerate(panels):
        name = "" if not number else str(number + 1)
        bottom = max(top - shares[number] * room, 0.0)
        axis = {**base, "domain": [bottom, top], "nticks": 5 if not number else 3}
        if number:
            axis.update(rangemode="normal", zeroline=True, zerolinecolor=colours.grid)
        figure[f"yaxis{name}"] = axis
        notes.append(
            {
                **_word(xs[0], title, colours.muted, anchor="left"),
                "yref": "paper",
                "y": top,
                "yanchor": "bottom",
            }
        )
        for one in series:
            colour = getattr(colours, one.colour or "primary")
            trace = _line(xs, one.values, one.name, colour, 1.1 if one.muted else 2.0,
                          f"%{{y:{WHOLE}}} units")  # fmt: skip
            traces.append({**trace, "yaxis": f"y{name}"})
        top = bottom - gap
    figure["xaxis"].update(
        type="date", range=[xs[0], xs[-1]], hoverformat=HOVERS[grain], tickformat=TICKS[grain],
        nticks=8, anchor=f"y{len(panels)}" if len(panels) > 1 else "y",
    )  # fmt: skip
    figure.update(annotations=notes, showlegend=False)
    return {"data": traces, "layout": figure}


def lines(
    *,
    days: Sequence[date],
    series: Sequence[Series],
    low: Sequence[float | None] | None = None,
    high: Sequence[float | None] | None = None,
    band_name: str = "usual range",
    unit: str = "",
    prefix: str = "",
    percent: bool = False,
    events: Sequence[Event] = (),
    height: int = 320,
    colours: Palette | None = None,
) -> Json:
    """Lines over days, with one optional range behind them."""
    colours = colours or palette()
    figure = layout(colours, height=height)
    xs = [_iso(day) for day in days]
    traces: list[Json] = []
    number = ".1%" if percent else WHOLE
    if low is not None and high is not None:
        known = [i for i, (a, b) in enumerate(zip(low, high, strict=True)) if None not in (a, b)]
        if known:
            at = [xs[i] for i in known]
            bottom, top = [low[i] or 0.0 for i in known], [high[i] or 0.0 for i in known]
            traces.append(_filled(at, bottom, top, band_name, colours))
    for number_of, one in enumerate(series):
        colour = getattr(colours, one.colour) if one.colour else colours.categories[number_of % 8]
        suffix = f" {unit}" if unit else ""
        trace = _line(
            xs,
            one.values,
            one.name,
            colour,
            1.1 if one.muted else 2.0,
            f"{prefix}%{{y:{number}}}{suffix}",
        )
        if one.dash:
            trace["line"]["dash"] = one.dash
        traces.append(trace)
    shapes, words, marks = event_layer(
        events, first=days[0], last=days[-1], colours=colours, step=1
    )
    if marks is not None:
        traces.append(marks)
    figure.update(shapes=shapes, annotations=words, showlegend=len(traces) > 1)
    figure["xaxis"].update(
        type="date",
        range=[xs[0], xs[-1]],
        hoverformat="%a %-d %b %Y",
        tickformat="%-d %b",
        nticks=8,
    )
    if len(days) > 1 and days[1] - days[0] == timedelta(weeks=1):  # ticks on the points' Mondays
        every = max(-(-len(days) // 8), 1)
        figure["xaxis"].update(tickmode="array", tickvals=xs[::every], hoverformat=HOVERS["week"])
    if percent:
        figure["yaxis"]["tickformat"] = ",.0%"
    figure["yaxis"]["tickprefix"] = prefix
    if events:
        figure["margin"]["t"] = 46
        figure["legend"]["y"] = 1.06
    return {"data": traces, "layout": figure}


def bars(
    *,
    names: Sequence[str],
    values: Sequence[float],
    texts: Sequence[str] | None = None,
    shades: Sequence[str] | None = None,
    unit: str = "",
    height: int | None = None,
    colours: Palette | None = None,
) -> Json:
    """Horizontal bars, the first on top; the text beside a bar has room kept for it.

    shades : a field of `Palette` for each bar.
    """
    colours = colours or palette()
    figure = layout(colours, height=height or 60 + 34 * len(names))
    texts = texts or [f"{value:,.0f}" for value in values]
    largest = max([*values, 0.0]) or 1.0
    room = 1 + 0.022 * max((len(text) for text in texts), default=0) + 0.05
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": list(values),
        "y": list(names),
        "text": list(texts),
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {
            "color": [getattr(colours, shade) for shade in shades or ["primary"] * len(names)],
            "cornerradius": 2,
        },
        "hovertemplate": f"%{{y}}: %{{text}} {unit}<extra></extra>",
    }
    figure.update(hovermode="closest", bargap=0.35)
    figure["margin"]["t"] = 10
    figure["xaxis"].update(range=[0, largest * room], showticklabels=False, showline=False)
    figure["yaxis"].update(autorange="reversed", showgrid=False, tickformat=None, nticks=0)
    figure["yaxis"].pop("tickformat")
    figure["yaxis"].pop("nticks")
    return {"data": [trace], "layout": figure}


def prefix(unit: str, currency: str) -> str:
    """What stands before each number of an axis: the currency's sign for money."""
    return f"{sign(currency)} " if unit == "money" else ""


def _filled(
    xs: Sequence[str], low: Sequence[float], high: Sequence[float], name: str, colours: Palette
) -> Json:
    """The area between two lines, in the see-through primary colour."""
    return {
        "type": "scatter",
        "x": [*xs, *reversed(xs)],
        "y": [*high, *reversed(low)],
        "fill": "toself",
        "fillcolor": see_through(colours.primary, colours.band_opacity),
        "line": {"width": 0},
        "mode": "lines",
        "hoverinfo": "skip",
        "name": name,
    }


def _line(
    xs: Sequence[str],
    ys: Sequence[float | None],
    name: str,
    colour: str,
    width: float,
    hover: str,
) -> Json:
    return {
        "type": "scatter",
        "x": list(xs),
        "y": list(ys),
        "mode": "lines",
        "name": name,
        "line": {"color": colour, "width": width},
        "connectgaps": False,
        "hovertemplate": f"{hover}<extra>{name}</extra>",
    }


def _dotted(x: str, colour: str) -> Json:
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": 1,
        "line": {"color": colour, "width": 1.2, "dash": "dot"},
    }


def _word(x: str, text: str, colour: str, *, anchor: str = "center") -> Json:
    return {
        "x": x,
        "xref": "x",
        "y": 1,
        "yref": "paper",
        "yanchor": "top",
        "xanchor": anchor,
        "text": text,
        "showarrow": False,
        "font": {"size": 11, "color": colour},
    }


def _iso(day: date) -> str:
    return day.isoformat()
