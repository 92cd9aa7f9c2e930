"""Marks on the chart of one series: promotions, prices, stock, holidays, activations."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import pandas as pd

from app.services.forecasting import inputs
from app.services.forecasting.views import EventMark, ForecastQuestion
from data_access.queries.events import price_changes_in, promotions_in, stockouts_in
from data_access.queries.selection import SalesSelection
from data_access.state.champions import time_line
from ml.forecasting import KEY

if TYPE_CHECKING:
    from app.context import Desk

MOST_MARKS = 60
"""Marks of one kind: beyond that a chart is all stripes; the newest are kept."""


def of(
    desk: Desk,
    question: ForecastQuestion,
    weeks: tuple[date, ...],
    future: tuple[date, ...],
) -> tuple[EventMark, ...]:
    """Events between the first week of history and the last week ahead, ordered by day."""
    days = [*weeks, *future]
    if not days:
        return ()
    first, last = days[0], days[-1] + timedelta(days=6)
    span = SalesSelection(
        level=question.level, series_id=question.series_id, first_day=first, last_day=last
    )
    marks = [*_promotions(desk, question, span), *_holidays(desk.settings.country, first, last)]
    if question.level == "product":
        marks += _prices(desk, question, span)
        marks += _stockouts(desk, question, span, last_known=weeks[-1] if weeks else first)
    marks += _activations(desk, first, last)
    return tuple(sorted(marks, key=lambda mark: (mark.first, mark.last, mark.kind)))


def _promotions(desk: Desk, question: ForecastQuestion, span: SalesSelection) -> list[EventMark]:
    rows = desk.analytics.frame(question.snapshot, promotions_in(span)).tail(MOST_MARKS)
    return [
        EventMark(
            kind="promotion",
            label=row["name"]
            if "%" in row["name"]
            else f"{row['name']} −{row['discount'] * 100:.0f} %",
            first=row["starts_on"].date(),
            last=row["ends_on"].date(),
        )
        for row in rows.to_dict("records")
    ]


def _prices(desk: Desk, question: ForecastQuestion, span: SalesSelection) -> list[EventMark]:
    rows = desk.analytics.frame(question.snapshot, price_changes_in(span)).tail(MOST_MARKS)
    return [
        EventMark(
            kind="price",
            label=f"Price {row['change'] * 100:+.0f} %".replace("-", "−"),
            first=row["local_day"].date(),
            last=row["local_day"].date(),
        )
        for row in rows.to_dict("records")
        if pd.notna(row["change"])
    ]


def _stockouts(
    desk: Desk, question: ForecastQuestion, span: SalesSelection, *, last_known: date
) -> list[EventMark]:
    rows = desk.analytics.frame(question.snapshot, stockouts_in(span)).tail(MOST_MARKS)
    return [
        EventMark(
            kind="stockout",
            label="Out of stock",
            first=row["first_day"].date(),
            last=row["last_day"].date()
            if pd.notna(row["last_day"])
            else last_known + timedelta(days=6),
        )
        for row in rows.to_dict("records")
    ]


@lru_cache(maxsize=64)
def _holidays(country: str, first: date, last: date) -> tuple[EventMark, ...]:
    rows = inputs.public_holidays(country, first, last)
    return tuple(
        EventMark(
            kind="holiday", label=str(row["name"]), first=row["day"].date(), last=row["day"].date()
        )
        for row in rows.to_dict("records")
    )


def _activations(desk: Desk, first: date, last: date) -> list[EventMark]:
    with desk.state.read() as session:
        changes = time_line(session, KEY, limit=MOST_MARKS)
    return [
        EventMark(
            kind="activation",
            label=(
                f"Version {change.to_version} active"
                if change.to_version is not None
                else "Rule of thumb active"
            ),
            first=change.at.date(),
            last=change.at.date(),
        )
        for change in changes
        if first <= change.at.date() <= last
    ]
