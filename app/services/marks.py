"""What happened to the whole shop that explains its days: promotions, holidays, activations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from data_access.queries.events import promotions_in
from data_access.queries.selection import SalesSelection
from data_access.scope import split
from data_access.state.champions import list_champions, time_line

if TYPE_CHECKING:
    from app.context import Desk

MOST = 40  # marks of one kind; beyond that a chart is all stripes


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One event, both days included."""

    kind: Literal["promotion", "holiday", "activation"]
    label: str
    first: date
    last: date


def of_shop(desk: Desk, snapshot: int, *, first: date, last: date) -> tuple[Mark, ...]:
    """Promotions of the whole shop, public holidays, and activations of models, by day."""
    marks = [*_promotions(desk, snapshot, first, last), *_holidays(desk, first, last)]
    marks += _activations(desk, first, last)
    return tuple(sorted(marks, key=lambda mark: (mark.first, mark.last, mark.kind)))


def _promotions(desk: Desk, snapshot: int, first: date, last: date) -> list[Mark]:
    span = SalesSelection(level="shop", series_id=None, first_day=first, last_day=last)
    frame = desk.analytics.frame(snapshot, promotions_in(span))
    whole = frame[frame["level"] == "shop"].tail(MOST)
    starts, ends = whole["starts_on"].dt.date, whole["ends_on"].dt.date
    return [
        Mark(kind="promotion", label=str(name), first=starts_on, last=ends_on)
        for name, starts_on, ends_on in zip(whole["name"], starts, ends, strict=True)
    ]


def _holidays(desk: Desk, first: date, last: date) -> list[Mark]:
    from app.services.forecasting.inputs import public_holidays  # its library takes a while

    found = public_holidays(desk.settings.country, first, last)
    return [
        Mark(kind="holiday", label=str(name), first=day, last=day)
        for name, day in zip(found["name"], found["day"].dt.date, strict=True)
    ]


def _activations(desk: Desk, first: date, last: date) -> list[Mark]:
    with desk.state.read() as session:
        changes = [
            change
            for capability in list_champions(session)
            if split(capability)[1].whole  # the others decide for a part of the shop only
            for change in time_line(session, capability, limit=MOST)
        ]
    return [
        Mark(
            kind="activation",
            label=f"Version {change.to_version} active" if change.to_version else "Rule active",
            first=change.at.date(),
            last=change.at.date(),
        )
        for change in changes
        if first <= change.at.date() <= last
    ]
