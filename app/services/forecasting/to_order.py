"""What the order list says about one series: how much to order now, and what is at risk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from app.services.forecasting import applied
from app.services.forecasting.views import ForecastQuestion
from app.services.ordering import OrderList

if TYPE_CHECKING:
    from app.context import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class ToOrder:
    """Orders that the list proposes, or that stand in it, for the products of a series."""

    known: bool  # False: no stock figures
    products: int  # to order
    units: int
    at_risk: float  # currency of sales
    soonest: date | None  # day on which the first of them runs out
    by_week: tuple[int, ...]  # products that run out in this week, the next, …: 8 weeks


WEEKS = 8


def of_series(desk: Desk, question: ForecastQuestion, found: OrderList) -> ToOrder:
    """Rows of the list that belong to the series, summed."""
    rows = found.rows
    if question.level == "product":
        rows = rows[rows["product_id"] == question.series_id]
    elif question.level == "category":
        rows = rows[rows["product_id"].isin(applied.members(desk, question))]
    wanted = rows[rows["order"] > 0]
    days = (rows["out_on"] - pd.Timestamp(found.day)).dt.days
    soon = (days // 7)[days >= 0]
    ends = rows["out_on"].dropna()
    return ToOrder(
        known=found.has_stock,
        products=len(wanted),
        units=int(wanted["order"].sum()),
        at_risk=float(rows["at_risk"].sum()),
        soonest=None if ends.empty else ends.min().date(),
        by_week=tuple(int((soon == week).sum()) for week in range(WEEKS)),
    )
