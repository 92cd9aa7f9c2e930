"""Marks on time charts: promotions, price changes, stock-outs, holidays, activations.

All bands go into one `shapes` list: twelve `add_vrect` calls cost 79 ms, the list 6 ms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from app.ui.theme import Json, Palette, see_through

Kind = Literal["promotion", "price", "stockout", "holiday", "activation", "refresh"]
NAMED = frozenset({"promotion", "stockout", "price", "activation"})
"""Kinds with a word on top; holidays come back each year, and the hover box names them."""
HAIR: dict[str, float] = {
    "promotion": 0.5,
    "price": 0.35,
    "stockout": 0.5,
    "holiday": 0.18,
    "activation": 0.5,
    "refresh": 0.3,
}
"""Opacity of the line that an event of one day is drawn as."""
COLOUR: dict[str, str] = {
    "promotion": "watch",
    "price": "muted",
    "stockout": "bad",
    "holiday": "muted",
    "activation": "primary",
    "refresh": "muted",
}
CHARACTER_SHARE = 0.0122  # of the chart's width that one character of a word takes at 1280 px


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened from `first` to `last`, both days included."""

    kind: Kind
    label: str
    first: date
    last: date


def event_layer(
    events: Sequence[Event],
    *,
    first: date,
    last: date,
    colours: Palette,
    step: Literal[1, 7, 30] = 7,
) -> tuple[list[Json], list[Json], Json | None]:
    """Shapes, words and one unseen trace that names the events in the hover box.

    step : days between two points of the chart: 1, 7, or 30 for months.

    A word is left out where it would run into the one before; the hover box still has it.
    """
    span = max((last - first).days, 1)
    shapes: list[Json] = []
    words: list[Json] = []
    hover: dict[str, list[str]] = {}
    free_from = -1.0
    seen = (e for e in events if e.last >= first and e.first <= last)
    for event in sorted(seen, key=lambda e: (e.first, e.last)):
        colour = getattr(colours, COLOUR[event.kind])
        start, end = max(event.first, first), min(event.last, last)
        shapes.append(_shape(start, end, colour, colours.event_opacity, hair=HAIR[event.kind]))
        middle = ((start - first).days + (end - start).days / 2) / span
        half = len(event.label) * CHARACTER_SHARE / 2
        left = min(max(middle - half, 0.0), 1 - 2 * half)
        if event.kind in NAMED and left >= free_from and 2 * half < 0.5:
            words.append(_text(first, span, left + half, event.label, colours.muted))
            free_from = left + 2 * half + 0.01
        for point in _points(start, end, step):
            hover.setdefault(point.isoformat(), []).append(event.label)
    return shapes, words, _hover_trace(hover)


def _shape(start: date, end: date, colour: str, opacity: float, *, hair: float) -> Json:
    if start == end:  # a day is a hair at this scale: draw it as one
        line = {"color": see_through(colour, hair), "width": 1}
        ends = {"x0": start.isoformat(), "x1": start.isoformat()}
        return {
            "type": "line",
            "xref": "x",
            "yref": "paper",
            **ends,
            "y0": 0,
            "y1": 1,
            "line": line,
            "layer": "below",
        }
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": start.isoformat(),
        "x1": (end + timedelta(days=1)).isoformat(),
        "y0": 0,
        "y1": 1,
        "fillcolor": see_through(colour, opacity),
        "line": {"width": 0},
        "layer": "below",
    }


def _text(first: date, span: int, share: float, label: str, colour: str) -> Json:
    return {
        "x": (first + timedelta(days=round(share * span))).isoformat(),
        "xref": "x",
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "xanchor": "center",
        "text": label,
        "showarrow": False,
        "font": {"size": 11, "color": colour},
    }


def _points(start: date, end: date, step: Literal[1, 7, 30]) -> list[date]:
    """The chart's points that lie in the event: its days, Mondays, or first days of months."""
    if step == 30:
        months = {start.replace(day=1), end.replace(day=1)}
        return sorted(months)
    first = start if step == 1 else start - timedelta(days=start.weekday())
    return [first + timedelta(days=step * i) for i in range((end - first).days // step + 1)]


def _hover_trace(hover: dict[str, list[str]]) -> Json | None:
    if not hover:
        return None
    weeks = sorted(hover)
    return {
        "type": "scatter",
        "x": weeks,
        "y": [0] * len(weeks),
        "mode": "markers",
        "marker": {"opacity": 0, "size": 1},
        "text": [", ".join(dict.fromkeys(hover[week])) for week in weeks],
        "hovertemplate": "%{text}<extra></extra>",
        "showlegend": False,
        "name": "Events",
    }
