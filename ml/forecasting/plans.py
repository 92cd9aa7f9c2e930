"""Plans by day: which price change or discount is planned for a product on each day ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ml.contract import Frames
from ml.forecasting.panel import Panel, ancestors
from ml.forecasting.types import Floats, Ints

DAYS = 7
PRODUCT, CATEGORY, SHOP = "product", "category", "shop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One plan as far as it touches the days ahead of a panel."""

    rows: Ints  # products
    value: float  # change of price, or discount
    first: int  # day ahead, 0: the first day after the last complete week; may be negative
    last: int  # inclusive; past the horizon where it stays


def known(panel: Panel, frames: Frames, name: str, column: str) -> list[Planned]:
    """Plans announced by the panel's day that touch the weeks ahead.

    Ordered so that a later one overrules an earlier one: the shop's, then a category's, then a
    product's own; within each by when they were announced.
    """
    given = frames.get(name)
    if given is None or given.empty:
        return []
    told = pd.to_datetime(given["announced_at"]).to_numpy().astype("datetime64[D]")
    start = pd.to_datetime(given["starts_on"]).to_numpy().astype("datetime64[D]")
    stop = pd.to_datetime(given["ends_on"]).to_numpy().astype("datetime64[D]")
    begin = panel.week(panel.n_weeks)
    days = panel.horizon * DAYS
    close = begin + np.timedelta64(days, "D")
    stop = np.where(np.isnat(stop), close, stop)
    kept = (told <= np.datetime64(panel.as_of, "D")) & (start < close) & (stop >= begin)
    plans = given.assign(told=told, start=start, stop=stop)[kept]
    level = np.where(plans["product_id"].notna(), 2, np.where(plans["category_id"].notna(), 1, 0))
    plans = plans.assign(level=level).sort_values(["level", "told", "start"], kind="stable")
    place = {str(product): i for i, product in enumerate(panel.products)}
    above = ancestors(frames)
    chains = [set(above.get(str(name), [str(name)])) for name in panel.categories]
    found = []
    for plan in plans.to_dict("records"):
        rows = _rows(plan, place, chains, panel)
        if len(rows):
            found.append(
                Planned(
                    rows=rows,
                    value=float(plan[column]),
                    first=_days(plan["start"], begin),
                    last=_days(plan["stop"], begin),
                )
            )
    return found


def _days(day: pd.Timestamp, begin: np.datetime64) -> int:
    return int((pd.Timestamp(day) - pd.Timestamp(begin)).days)


def _rows(
    plan: dict[Any, Any], place: dict[str, int], chains: list[set[str]], panel: Panel
) -> Ints:
    if plan["level"] == 2:
        row = place.get(str(plan["product_id"]))
        return np.array([] if row is None else [row], dtype=np.int64)
    if plan["level"] == 1:
        inside = np.array([str(plan["category_id"]) in chain for chain in chains], bool)
        return np.flatnonzero(inside[panel.category_of])
    return np.arange(panel.n)


def touched(plans: list[Planned]) -> Ints:
    """Products with a plan, sorted."""
    return np.unique(np.concatenate([plan.rows for plan in plans]))


def by_week(by_day: Floats) -> Floats:
    """[m, H] mean over the days of each week."""
    return np.asarray(by_day.reshape(len(by_day), -1, DAYS).mean(2))
