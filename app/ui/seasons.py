"""Seasons of a series: named, with their strength, and drawn apart from trend and rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import cached
from app.metrics import share
from app.ui import charts, feedback, tables, words

if TYPE_CHECKING:
    from app.services.forecasting import ForecastView
    from app.services.forecasting.season_parts import SeasonView
    from ml.forecasting.seasons import Season

NAMES = {
    "none": "No season",
    "weekly": "A weekly season",
    "yearly": "A yearly season",
    "both": "A weekly and a yearly season",
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
STRONG, CLEAR = 0.6, 0.3
"""Shares of what varies that a season must explain to be called strong, or clear."""


def read(found: ForecastView, by: cached.Grain) -> SeasonView:
    return cached.seasons(cached.decided(found.question.snapshot), found.question, by)


def chart(found: ForecastView, by: cached.Grain) -> None:
    """Trend over what sold, season and rest beneath."""
    shown = read(found, by)
    if len(shown.points) < 8:
        feedback.empty(
            "Too little history to take apart",
            f"{words.counted(len(shown.points), 'point')} of sales; eight are the least that "
            "show a trend.",
        )
        return
    panels = [
        (
            "Sold and trend",
            [
                charts.Series(name="Sold", values=shown.sold, colour="ink", muted=True),
                charts.Series(name="Trend", values=shown.trend, colour="primary"),
            ],
        )
    ]
    if shown.season:
        panels.append(
            ("Season", [charts.Series(name="Season", values=shown.season, colour="watch")])
        )
    panels.append(("Rest", [charts.Series(name="Rest", values=shown.rest, colour="muted")]))
    day = shown.step == 1
    charts.show(
        charts.stacked(days=shown.points, panels=panels, grain="day" if day else "week"),
        key="decomposition",
        alt=f"{found.label}: sales taken apart into trend, "
        f"{'season ' if shown.season else ''}and rest",
    )
    st.caption(_said(shown, by))


def _said(shown: SeasonView, by: cached.Grain) -> str:
    if shown.step == 1:
        return "By STL over the days of a week: trend + season + rest is what sold that day."
    months = " Months are taken apart by their weeks." if by == "month" else ""
    if shown.season:
        return f"By STL over the weeks of a year: trend + season + rest is what sold.{months}"
    return (
        "A yearly season can be told apart after two whole years; until then everything beside "
        f"the trend is in the rest.{months}"
    )


def story(found: ForecastView, by: cached.Grain) -> None:
    """What seasons there are, how strong, and how sure that is."""
    shown = read(found, by)
    st.markdown(f"**{NAMES[shown.seasons.name]}**")
    st.markdown(_line("Weekly", shown.seasons.weekly, "weeks", 12))
    st.markdown(_line("Yearly", shown.seasons.yearly, "years", 2))
    if shown.weekdays and shown.seasons.weekly.found:
        frame = tables.rows(
            [
                {"day": name, "times": times}
                for name, times in zip(WEEKDAYS, shown.weekdays, strict=True)
            ]
        )
        tables.show(
            frame,
            {
                "day": tables.text_column("Day"),
                "times": st.column_config.ProgressColumn(
                    "Of a mean day",
                    format="%.2f ×",
                    min_value=0.0,
                    max_value=max(2.0, *shown.weekdays),
                ),
            },
            alt=f"{found.label}: what each weekday sells beside the mean day",
        )


def _line(name: str, season: Season, unit: str, needed: int) -> str:
    if not season.enough:
        return f"{name}: cannot be told yet: {season.history:g} {unit} of sales, {needed} needed."
    if not season.found:
        return (
            f"{name}: none that chance would not show as well "
            f"({season.history:g} {unit} looked at)."
        )
    how = (
        "strong" if season.strength >= STRONG else "clear" if season.strength >= CLEAR else "slight"
    )
    chance = "less than 1 in 1,000" if season.chance < 0.001 else f"1 in {1 / season.chance:,.0f}"
    return (
        f"{name}: {how}, explains {share(season.strength)} of what varies; by chance it would "
        f"look so {chance}."
    )
