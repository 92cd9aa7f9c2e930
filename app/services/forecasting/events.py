"""Marks on the chart of one series: promotions, prices, stock, holidays, activations."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import pandas as pd

from app.services.forecasting import inputs, lost
from app.services.forecasting.views import EventMark, ForecastQuestion
from data_access.queries.events import price_changes_in, promotions_in
from data_access.queries.selection import SalesSelection
from data_access.state.champions import time_line
from ml.forecasting import KEY

if TYPE_CHECKING:
    from app.context import Desk

MOST_SHOWN = 24
"""Promotions from which a category or the shop shows only its own: more is a striped chart."""

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
        marks += _stockouts(desk, question, span)
    marks += _activations(desk, first, last)
    return tuple(sorted(marks, key=lambda mark: (mark.first, mark.last, mark.kind)))


def _promotions(desk: Desk, question: ForecastQuestion, span: SalesSelection) -> list[EventMark]:
    rows = desk.analytics.frame(question.snapshot, promotions_in(span))
    if len(rows) > MOST_SHOWN and question.level != "product":
        # A shop that always has an offer somewhere: only those for all that is looked at.
        rows = rows[(rows["level"] == "shop") | (rows["series_id"] == question.series_id)]
    return [
        EventMark(
            kind="promotion",
            label=row["name"]
            if "%" in row["name"]
            else f"{row['name']} −{row['discount'] * 100:.0f} %",
            first=row["starts_on"].date(),
            last=row["ends_on"].date(),
        )
        for row in rows.tail(MOST_MARKS).to_dict("records")
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


def _stockouts(desk: Desk, question: ForecastQuestion, span: SalesSelection) -> list[EventMark]:
    """Also of the running week, up to the last whole day."""
    yesterday = desk.store.get(question.snapshot).as_of_day - timedelta(days=1)
    return [
        EventMark(
            kind="stockout",
            label=_lost(spell.low, spell.high),
            first=spell.first,
            last=spell.last,
        )
        for spell in lost.spells(desk, question, span, yesterday)
    ]


def _lost(low: float, high: float) -> str:
    """ "Out of stock: 12 to 20 lost"; whole units, since more is not known."""
    few, many = round(low), round(high)
    if not many:
        return "Out of stock"
    return f"Out of stock: {f'{few} to {many}' if few < many else f'about {many}'} lost"


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
