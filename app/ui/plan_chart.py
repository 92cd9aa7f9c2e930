"""The timeline of planned promotions and prices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from app.ui import words
from app.ui.theme import Json, Palette, layout, palette, see_through

if TYPE_CHECKING:
    from app.services.forecasting.plan_calendar import Bar

ROW = 26  # pixels of a line
LONGEST = 60  # characters beside a bar
DAYS_A_CHARACTER = 2.1  # of the axis, at 1280 px


def timeline(
    lines: Sequence[Bar],
    bars: Sequence[Bar],
    *,
    today: date,
    first: date,
    last: date,
    colours: Palette | None = None,
) -> Json:
    """One line a promotion or price, months below, holidays as hairs, today dotted."""
    colours = colours or palette()
    figure = layout(colours, height=110 + ROW * max(len(lines), 3))
    traces: list[Json] = []
    shades = {
        ("promotion", True): ("Planned promotion", colours.watch),
        ("promotion", False): ("The shop's own promotion", see_through(colours.watch, 0.45)),
        ("price", True): ("Planned price", colours.primary),
    }
    for (kind, planned), (name, colour) in shades.items():
        at = [i for i, bar in enumerate(lines) if (bar.kind, bar.planned) == (kind, planned)]
        if not at:
            continue
        starts = [max(lines[i].first, first) for i in at]
        ends = [min(lines[i].last or last, last) + timedelta(days=1) for i in at]
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": name,
                "y": at,
                "base": [start.isoformat() for start in starts],
                "x": [
                    (end - start) / timedelta(milliseconds=1)
                    for start, end in zip(starts, ends, strict=True)
                ],
                "width": 0.62,
                "marker": {"color": colour, "cornerradius": 3},
                "customdata": [_span(lines[i]) for i in at],
                "hovertemplate": "%{customdata}<extra></extra>",
            }
        )
    notes = [_beside(i, bar, first, last, colours) for i, bar in enumerate(lines)]
    shapes = [
        _hair(bar.first, see_through(colours.muted, 0.35), "solid")
        for bar in bars
        if bar.kind == "holiday"
    ]
    shapes.append(_hair(today, colours.ink, "dot"))
    traces.append(_holidays(bars, len(lines), colours))
    notes.append(
        {
            "x": today.isoformat(),
            "y": 1,
            "yref": "paper",
            "yanchor": "bottom",
            "text": "today",
            "showarrow": False,
            "font": {"size": 11, "color": colours.muted},
        }
    )
    figure.update(
        shapes=shapes, annotations=notes, showlegend=True, hovermode="closest", barmode="overlay"
    )
    figure["legend"]["y"] = 1.06
    figure["margin"]["t"] = 46
    figure["xaxis"].update(
        type="date",
        range=[first.isoformat(), last.isoformat()],
        dtick="M1",
        tickformat="%b %Y",
        ticklabelmode="period",
        showgrid=True,
    )
    figure["yaxis"].update(
        range=[max(len(lines), 3) + 0.1, -0.6], visible=False, showgrid=False, rangemode="normal"
    )
    return {"data": traces, "layout": figure}


def _beside(place: int, bar: Bar, first: date, last: date, colours: Palette) -> Json:
    """The words of a bar: at its right; where there is no room, at its left; else inside."""
    where = f" · {bar.where}" if bar.where and bar.where not in bar.label else ""
    said = words.shortened(f"{bar.label}{where}", LONGEST)
    need = timedelta(days=len(said) * DAYS_A_CHARACTER)
    start, end = max(bar.first, first), min(bar.last or last, last) + timedelta(days=1)
    if end + need <= last:
        at, anchor, shift, colour = end, "left", 4, colours.ink
    elif start - need >= first:
        at, anchor, shift, colour = start, "right", -4, colours.ink
    else:
        on_bar = colours.background if bar.planned else colours.ink
        at, anchor, shift, colour = start, "left", 6, on_bar
    return {
        "x": at.isoformat(),
        "y": place,
        "xanchor": anchor,
        "yanchor": "middle",
        "xshift": shift,
        "text": _text(said),
        "showarrow": False,
        "font": {"size": 12, "color": colour},
        # Beside its bar it stands over the lines of holidays, months and today: they would run
        # through its letters.
        **({"bgcolor": colours.background, "borderpad": 1} if colour == colours.ink else {}),
    }


def _text(text: str) -> str:
    """Text from data in a chart, where Plotly would read tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _span(bar: Bar) -> str:
    until = f"to {words.day(bar.last)}" if bar.last else "and stays"
    where = f"<br>{_text(bar.where)}" if bar.where else ""
    return f"{_text(bar.label)}{where}<br>{words.day(bar.first)} {until}"


def _hair(day: date, colour: str, dash: str) -> Json:
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": day.isoformat(),
        "x1": day.isoformat(),
        "y0": 0,
        "y1": 1,
        "line": {"color": colour, "width": 1, "dash": dash},
        "layer": "below",
    }


def _holidays(bars: Sequence[Bar], count: int, colours: Palette) -> Json:
    """Marks at the foot that name the holidays."""
    found = [bar for bar in bars if bar.kind == "holiday"]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "Public holiday",
        "x": [bar.first.isoformat() for bar in found],
        "y": [max(count, 3) - 0.25] * len(found),
        "marker": {"color": colours.muted, "symbol": "diamond", "size": 7},
        "text": [f"{_text(bar.label)}, {words.day(bar.first)}" for bar in found],
        "hovertemplate": "%{text}<extra></extra>",
    }
