"""What staff have said, as frames: planned promotions and prices, further columns by day.

Point in time: nothing is known before it was entered. What was entered after the forecast's
origin, since a snapshot is always a little older than the clock, is known to that origin, and
to none before it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from data_access.state.external_columns import active_values
from data_access.state.forecast_tables import PlannedEvent
from data_access.state.plans import list_plans

if TYPE_CHECKING:
    from app.context import Desk

DAYS = ("starts_on", "ends_on")


def promotions(desk: Desk, known_by: date) -> pd.DataFrame:
    """Planned promotions in the form of the shop's own; known by `known_by` at the latest."""
    rows = [
        {**_of(plan), "discount": -plan.change, "announced_at": _told(plan.announced_at, known_by)}
        for plan in _plans(desk, "promotion")
    ]
    names = ("product_id", "category_id", "discount", *DAYS, "announced_at")
    return _typed(rows, names)


def price_plans(desk: Desk, known_by: date) -> pd.DataFrame:
    """Planned changes of list prices; without a last day they stay."""
    rows = [
        {**_of(plan), "change": plan.change, "announced_at": _told(plan.announced_at, known_by)}
        for plan in _plans(desk, "price")
    ]
    names = ("product_id", "category_id", "change", *DAYS, "announced_at")
    return _typed(rows, names)


def external(desk: Desk, known_by: date) -> pd.DataFrame:
    """day · name · value · known_at of the columns that are switched on."""
    with desk.state.read() as session:
        rows = active_values(session)
    frame = pd.DataFrame(rows, columns=["day", "name", "value", "known_at"])
    limit = pd.Timestamp(known_by)
    told = pd.to_datetime(frame["known_at"]).astype("datetime64[ns]")
    return frame.assign(
        day=pd.to_datetime(frame["day"]).astype("datetime64[ns]"),
        name=frame["name"].astype(object),
        value=frame["value"].astype(float),
        known_at=told.mask(told > limit, limit),
    )


def _plans(desk: Desk, kind: str) -> list[PlannedEvent]:
    with desk.state.read() as session:
        return [plan for plan in list_plans(session) if plan.kind == kind]


def _of(plan: PlannedEvent) -> dict[str, Any]:
    return {
        "product_id": plan.series_id if plan.level == "product" else None,
        "category_id": plan.series_id if plan.level == "category" else None,
        "starts_on": plan.starts_on,
        "ends_on": plan.ends_on,
    }


def _told(announced_at: datetime, known_by: date) -> datetime:
    return min(announced_at, datetime(known_by.year, known_by.month, known_by.day))


def _typed(rows: list[dict[str, Any]], names: tuple[str, ...]) -> pd.DataFrame:
    """The types that a snapshot's frames have, also where there is no row."""
    frame = pd.DataFrame(rows, columns=list(names))
    for name in names:
        if name in (*DAYS, "announced_at"):
            frame[name] = pd.to_datetime(frame[name]).astype("datetime64[ns]")
        else:
            frame[name] = frame[name].astype(object if name.endswith("_id") else float)
    return frame
