"""Search for parameters: the form, and the tries of a search as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app import cached
from app.services import searching
from app.services.searching import words as said
from app.ui import acts, charts, feedback, forms, state, tables, train_form, words
from app.ui.theme import Json, layout, palette

if TYPE_CHECKING:
    from app.services.searching import Book
    from ml.contract import Candidate, Value

MINUTES = (2, 5, 10, 20, 30, 60, 120, 240)
SHOWN = 8  # tries in the table, the best first


@st.fragment
def form(capability: str) -> None:
    """Renews itself alone."""
    desk = state.desk()
    with feedback.explain_errors():
        scope = train_form.scope_of(capability)
        if scope is None:
            return
        offered = searching.offered(capability)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            one = st.selectbox(
                "Search parameters of",
                offered,
                format_func=lambda found: found.label,
                key=f"{capability}_search_candidate",
                width=320,
            )
            minutes = st.select_slider(
                "Minutes",
                MINUTES,
                value=10,
                key=f"{capability}_search_minutes",
                width=320,
                help="For the tries alone; measuring and training the best come on top.",
            )
        seconds = next(
            (
                offer.seconds
                for offer in cached.offers(capability, scope)
                if offer.candidate.key == one.key
            ),
            None,
        )
        fixed = _fixed(one, capability)
        _said(one, seconds, minutes)
        with st.container(horizontal=True, vertical_alignment="center"):
            if acts.pressed(
                f"Search for {words.counted(minutes, 'minute')}",
                type="primary",
                icon=":material/search_insights:",
                key=f"{capability}_search_go",
            ):
                searching.ask(
                    desk, state.identity(), capability, one.key, float(minutes), fixed, scope
                )
                st.rerun()
            st.caption(
                "Tries are judged on earlier days than those on which the version is measured, so "
                "that its figures are not the luck of the best of many. Nothing is activated by "
                "itself.",
                width="stretch",
            )


def _fixed(one: Candidate, capability: str) -> dict[str, Value]:
    """What is asked, which no try may change."""
    asked = [parameter for parameter in one.parameters if not parameter.searched]
    values: dict[str, Value] = {}
    if asked:
        with st.expander("What stays as it is set"):
            columns = st.columns(max(len(asked), 3))
            for column, parameter in zip(columns, asked, strict=False):
                with column:
                    values[parameter.name] = forms.field(
                        parameter, key=f"{capability}_search_{one.key}_{parameter.name}"
                    )
    return values


def _said(one: Candidate, seconds: float | None, minutes: int) -> None:
    names = [words.plain(parameter.label) for parameter in one.parameters if parameter.searched]
    text = f"Searched: {', '.join(names)}, within their bounds."
    if seconds:
        tries = max(int(minutes * 60 / seconds), 1)
        text += (
            f" About {words.counted(tries, 'try', 'tries')}, if each takes as long as a training."
        )
    st.caption(text)


def tries(book: Book, *, key: str) -> None:
    """Each try as a point, the best so far as a line, and the best ones in a table."""
    measured = book.measured
    if not measured:
        st.caption(words.plain(book.tries[-1].why or "Not one could be measured so far."))
        return
    candidate = _candidate(book)
    left, right = st.columns([1.15, 1])
    with left:
        charts.show(
            figure(book),
            key=key,
            alt=f"{book.measure} of {len(measured)} tries, one after the other, and the best so "
            "far",
        )
    with right:
        best = sorted(measured, key=lambda one: (one.score or 0.0, one.number))[:SHOWN]
        tables.show(
            pd.DataFrame(
                [
                    {
                        "number": one.number,
                        "figure": said.figure(book, one.figure),
                        "parameters": said.values(candidate, one.parameters),
                    }
                    for one in best
                ]
            ),
            {
                "number": st.column_config.NumberColumn("Try", width=50),
                "figure": tables.text_column(book.measure, width=90),
                "parameters": tables.text_column("Parameters", width="large"),
            },
            alt="The best tries so far with their parameters",
            key=f"{key}_table",
        )
    unmeasured = len(book.tries) - len(measured)
    parts = [
        f"Judged on days up to {words.day(book.earlier)}" if book.earlier else "",
        f"the version is measured from {words.day(book.reported[0])} on" if book.reported else "",
        f"{words.counted(unmeasured, 'try', 'tries')} could not be measured" if unmeasured else "",
    ]
    st.caption(words.sentence(", ".join(part for part in parts if part)) + ".")


def _candidate(book: Book) -> Candidate:
    found = searching.offered(book.capability)
    return next((one for one in found if one.key == book.candidate), found[0])


def figure(book: Book) -> Json:
    """Each try as a point and the best so far as a line, in the measure's unit."""
    colours = palette()
    drawn = layout(colours, height=230)
    share = book.unit == "share"
    scale, unit = (100.0, " %") if share else (1.0, "")
    line: list[float] = []
    least: tuple[float, float] | None = None
    for one in book.measured:
        if least is None or (one.score or 0.0) < least[1]:
            least = ((one.figure or 0.0) * scale, one.score or 0.0)
        line.append(least[0])
    numbers = [one.number for one in book.measured]
    font = drawn["yaxis"]["title"]["font"]
    drawn["yaxis"].update(
        title={"text": f"{book.measure}, earlier days", "font": font},
        ticksuffix=unit,
        rangemode="normal",
    )
    drawn["xaxis"].update(
        title={"text": "Try", "font": font},
        range=[0.5, max(numbers[-1], 5) + 0.5],
        tickformat="d",
        nticks=8,
        hoverformat="d",
    )
    drawn["margin"]["t"] = 12
    points = {
        "type": "scatter",
        "mode": "markers",
        "name": "Try",
        "x": numbers,
        "y": [(one.figure or 0.0) * scale for one in book.measured],
        "marker": {"color": colours.muted, "size": 7},
        "hovertemplate": f"%{{y:.1f}}{unit}<extra>This try</extra>",
    }
    best = {
        "type": "scatter",
        "mode": "lines",
        "name": "Best so far",
        "x": numbers,
        "y": line,
        "line": {"color": colours.primary, "width": 2.2, "shape": "hv"},
        "hovertemplate": f"%{{y:.1f}}{unit}<extra>Best so far</extra>",
    }
    return {"data": [points, best], "layout": drawn}
