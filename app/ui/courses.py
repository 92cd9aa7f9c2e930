"""The main chart of a series by day, week or month: its forecast, or last year beside it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app import cached
from app.metrics import about, share
from app.ui import charts, feedback, overrides, tables, words
from app.ui.events import Event

if TYPE_CHECKING:
    from app.services.forecasting import ForecastView
    from app.services.forecasting.courses import Course

GRAINS: dict[cached.Grain, str] = {"day": "Day", "week": "Week", "month": "Month"}


def grain() -> cached.Grain:
    """By what the chart is drawn; kept in the address."""
    chosen = st.segmented_control(
        "By",
        list(GRAINS),
        format_func=lambda one: GRAINS[one],
        default="week",
        required=True,
        key="grain",
        bind="query-params",
        label_visibility="collapsed",
        wrap=False,
    )
    return chosen if chosen in GRAINS else "week"


def course(found: ForecastView, by: cached.Grain, *, compare: bool = False) -> Course:
    """The series at that grain."""
    key = cached.decided(found.question.snapshot)
    return cached.course(key, found.question, by, compare=compare)


def forecast(found: ForecastView, by: cached.Grain, *, selected: date | None = None) -> None:
    """History, forecast with its ranges, events, and what the model said before an override."""
    shown = course(found, by)
    if not shown.future:
        feedback.empty("Too short", "No whole month ends within these weeks. Choose more weeks.")
        return
    others = []
    if found.overridden:
        others.append(
            charts.Series(
                name="Before overrides", values=shown.model_mean, colour="muted", dash="dash"
            )
        )
    _chart(found, shown, others, selected=selected if by == "week" else None)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        st.caption(_held(shown, by), width="stretch")
        overrides.show(found)


def _chart(
    found: ForecastView,
    shown: Course,
    others: list[charts.Series],
    *,
    selected: date | None = None,
    bands: bool = True,
) -> None:
    figure = charts.forecast_band(
        weeks=shown.points,
        sold=shown.sold,
        future=shown.future,
        mean=shown.mean,
        bands=[charts.Band(level=r.level, low=r.low, high=r.high) for r in shown.ranges if bands],
        others=others,
        events=[
            Event(kind=e.kind, label=e.label, first=e.first, last=e.last) for e in found.events
        ],
        today=found.model.as_of,
        selected=selected,
        grain=shown.grain,
        height=350,
    )
    charts.show(
        figure,
        key="forecast_band",
        alt=f"{found.label}: units a {shown.grain} to {words.day(found.model.as_of)} and "
        f"{words.counted(len(shown.future), shown.grain)} of forecast, "
        f"{about(sum(shown.mean)):,.0f} units in all",
    )


def _held(shown: Course, by: cached.Grain) -> str:
    """How often the ranges held, and on what it was measured."""
    told = [f"{one.level} % held {share(one.held)}" for one in shown.ranges if one.held is not None]
    if not told:
        return "Ranges of 50, 80 and 95 %; not yet measured: too little history."
    on = {
        "week": "measured on past weeks that the model had not seen",
        "day": "measured on past days, the mean of 8 weeks standing for the week's forecast",
        "month": "measured on past spans of 30 days, the mean of 8 weeks standing for the forecast",
    }[by]
    return f"Ranges: {', '.join(told)}; {on}."


def last_year(found: ForecastView, by: cached.Grain) -> None:
    """The same series a year before, as a line beside it."""
    shown = course(found, by, compare=True)
    if not any(one is not None for one in shown.year_ago):
        feedback.empty(
            "No last year to compare with",
            f"{words.plain(found.label)} has less than a year of history. Season and trend shows "
            "what its weeks say already.",
        )
        return
    line = charts.Series(
        name="A year before", values=shown.year_ago, colour="watch", dash="dot", muted=False
    )
    _chart(found, shown, [line], bands=False)


def year_table(found: ForecastView, by: cached.Grain) -> None:
    """Next weeks against the same ones a year before, in numbers."""
    rows = []
    for weeks in (4, 8, 13, 26):
        total = found.total(weeks)
        if total is None or weeks > found.question.horizon_weeks:
            continue
        rows.append(
            {
                "span": words.counted(weeks, "week"),
                "mean": total.mean,
                "ago": total.last_year,
                "change": None if total.change is None else total.change * 100,
            }
        )
    if not rows:
        total = found.total(found.question.horizon_weeks)
        if total is None:
            return
        rows = [
            {
                "span": words.counted(total.weeks, "week"),
                "mean": total.mean,
                "ago": total.last_year,
                "change": None if total.change is None else total.change * 100,
            }
        ]
    tables.show(
        tables.rows(rows),
        {
            "span": tables.text_column("Next", width=62),
            "mean": st.column_config.NumberColumn("Forecast", format="%,.0f", width=62),
            "ago": st.column_config.NumberColumn("Last year", format="%,.0f", width=64),
            "change": st.column_config.NumberColumn("Change", format="%+.0f %%", width=56),
        },
        alt=f"{found.label}: the next weeks beside the same weeks a year before",
    )
    st.caption("The same weeks, 52 weeks before, so that weekdays agree. Holidays may have moved.")


def frame(found: ForecastView, by: cached.Grain) -> pd.DataFrame:
    """One row a point ahead, for a file: first day · forecast · before overrides · ranges."""
    shown = course(found, by)
    data: dict[str, object] = {
        by: shown.future,
        "forecast": shown.mean,
        "before_overrides": shown.model_mean,
    }
    for one in shown.ranges:
        data[f"low_{one.level}"], data[f"high_{one.level}"] = one.low, one.high
    return pd.DataFrame(data)
