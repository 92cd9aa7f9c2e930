"""What we believed: a stored forecast of some day against what came, and accuracy since then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import streamlit as st

from app import cached
from app.metrics import share
from app.ui import charts, feedback, tables, words
from app.ui.events import Event
from app.ui.skeleton import Row

if TYPE_CHECKING:
    from app.services.forecasting import ForecastView
    from app.services.forecasting.beliefs import Belief, Kept, Live

WORTH_A_LOOK = 4
"""Weeks that should be over before a forecast is offered first."""


def show(found: ForecastView, main: Row, aside: Row) -> None:
    """The chart in the main card, the figures beside it."""
    key = cached.decided(found.question.snapshot)
    days = cached.kept_forecasts(key)
    last = found.model.as_of
    with main:
        chosen = _chooser(days, last)
        if chosen is None:
            feedback.empty(
                "Nothing stored to look back on",
                "Each computed forecast is kept from now on, and drawn here against what came.",
            )
            return
        shown = cached.belief(key, found.question, chosen.publication, last)
        _chart(found, shown, last)
    with aside:
        _figures(found, key, last)


def _chooser(days: Sequence[Kept], last: date) -> Kept | None:
    """The day; at first the newest forecast of which some weeks are over."""
    if not days:
        return None
    grown = [one for one in days if one.as_of <= last - timedelta(weeks=WORTH_A_LOOK)]
    first = grown[0] if grown else days[-1]
    by_day = {one.as_of: one for one in days}
    chosen = st.selectbox(
        "What we believed on",
        list(by_day),
        index=list(by_day).index(first.as_of),
        format_func=words.day,
        key="believed",
        bind="query-params",
        width=160,
    )
    return by_day.get(chosen, first)


def _chart(found: ForecastView, shown: Belief, last: date) -> None:
    if not shown.future:
        feedback.empty(
            f"No forecast of that day for {words.plain(found.label)}",
            "It was not on offer then. Choose a later day.",
        )
        return
    figure = charts.forecast_band(
        weeks=shown.points,
        sold=shown.sold,
        future=shown.future,
        mean=shown.mean,
        bands=[charts.Band(level=r.level, low=r.low, high=r.high) for r in shown.ranges],
        events=[
            Event(kind=e.kind, label=e.label, first=e.first, last=e.last)
            for e in found.events
            if e.kind != "activation"
        ],
        today=last,
        marked=(shown.kept.as_of, "that day"),
        height=320,
    )
    charts.show(
        figure,
        key="belief",
        alt=f"{found.label}: the forecast of {words.day(shown.kept.as_of)} beside what was sold",
    )
    st.caption(words.plain(_said(shown)))


def _said(shown: Belief) -> str:
    """How that forecast did, in a sentence."""
    by = f"By {shown.kept.label}."
    if not shown.over:
        return f"{by} None of its weeks is over yet."
    over = f"{words.counted(shown.over, 'week')} of it {'is' if shown.over == 1 else 'are'} over"
    if shown.error is None:
        return f"{by} {over}; nothing was sold in them."
    way = "" if shown.bias is None or abs(shown.bias) < 0.005 else (
        f", {share(abs(shown.bias))} too {'high' if shown.bias > 0 else 'low'} in all"
    )  # fmt: skip
    return (
        f"{by} {over}: off by {share(shown.error)}{way}; "
        f"{shown.inside} of {shown.over} within the 80 % range."
    )


def _figures(found: ForecastView, key: cached.Decided, last: date) -> None:
    """Error since going live beside what the backtest promised, of the series and of its level."""
    level = found.question.level
    own = cached.accuracy_of_series(key, found.question, last)
    if not own:
        st.caption(
            "No week of a stored forecast is over yet. The first figures come once a week "
            "that was forecast has passed."
        )
        return
    st.markdown(f"**{words.plain(found.label)}**, 1 to 4 weeks ahead")
    _table(own, f"{found.label}: accuracy by version")
    if level != "shop":
        st.markdown(f"**{'All products' if level == 'product' else 'All categories'}**")
        _table(cached.accuracy_of_level(key, level), f"All of level {level}: accuracy by version")
    few = next((one for one in own if one.few), None)
    if few is not None:
        over = f"{words.counted(few.weeks, 'week')} {'is' if few.weeks == 1 else 'are'} over"
        feedback.watch(f"{few.label}: only {over}, too few to judge it by.")
    st.caption("Promised: what the backtest said, as far ahead, over all series of this level.")


def _table(rows: Sequence[Live], alt: str) -> None:
    if not rows:
        st.caption("Not graded yet; grades are written whenever a forecast is computed.")
        return
    tables.show(
        tables.rows(
            [
                {
                    "version": "Rule" if one.version is None else f"v{one.version}",
                    "weeks": one.weeks,
                    "error": one.error * 100,
                    "promised": None if one.promised is None else one.promised * 100,
                    "inside": one.inside * 100,
                }
                for one in rows
            ]
        ),
        {
            "version": tables.text_column("Model"),
            "weeks": tables.count_column("Weeks"),
            "error": st.column_config.NumberColumn("Off by", format="%.0f %%"),
            "promised": st.column_config.NumberColumn("Promised", format="%.0f %%"),
            "inside": st.column_config.NumberColumn("In 80 %", format="%.0f %%"),
        },
        alt=alt,
    )
