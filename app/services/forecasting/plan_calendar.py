"""The calendar: what staff plan, beside the shop's own promotions and public holidays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from app.services import series as series_service
from app.services.forecasting import inputs
from app.services.forecasting.plan_checks import percent
from app.services.forecasting.plans import names_of, newest_manifest
from data_access.queries.events import promotions_in
from data_access.queries.selection import SalesSelection
from data_access.state.plans import list_plans, values_of

if TYPE_CHECKING:
    from app.context import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One line of the calendar; both days included."""

    kind: str  # promotion | price | holiday
    planned: bool  # by staff; else the shop's own, or a public holiday
    label: str
    where: str
    first: date
    last: date | None  # None: it stays


def calendar(desk: Desk, *, first: date, last: date) -> tuple[Bar, ...]:
    """Plans, the shop's own promotions and public holidays that touch these days, by first day."""
    snapshot = newest_manifest(desk).number
    with desk.state.read() as session:
        rows = [values_of(row) for row in list_plans(session, first=first, last=last)]
    names = names_of(desk, rows)
    bars = [
        Bar(
            kind=row.kind,
            planned=True,
            label=f"{row.name} {percent(row.change)}",
            where=names[(row.level, row.series_id)],
            first=row.starts_on,
            last=row.ends_on,
        )
        for row in rows
    ]
    bars += _own(desk, snapshot, first, last)
    holidays = inputs.public_holidays(desk.settings.country, first, last)
    bars += [
        Bar(kind="holiday", planned=False, label=str(name), where="", first=at, last=at)
        for name, at in zip(holidays["name"], holidays["day"].dt.date, strict=True)
    ]
    return tuple(sorted(bars, key=lambda bar: (bar.first, bar.last or date.max, bar.label)))


def _own(desk: Desk, snapshot: int, first: date, last: date) -> list[Bar]:
    span = SalesSelection(level="shop", series_id=None, first_day=first, last_day=last)
    rows = desk.analytics.frame(snapshot, promotions_in(span)).to_dict("records")
    ids = {str(row["series_id"]) for row in rows if row["level"] == "category"}
    names = series_service.labels(desk, snapshot, "category", ids) if ids else {}
    return [
        Bar(
            kind="promotion",
            planned=False,
            label=row["name"]
            if "%" in row["name"]
            else f"{row['name']} {percent(-row['discount'])}",
            where=names.get(str(row["series_id"]), "Whole shop"),
            first=row["starts_on"].date(),
            last=row["ends_on"].date(),
        )
        for row in rows
    ]
