"""Learn the days of a forecast when it is published: shares, ranges, and the days of the sums."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from app.services.forecasting import stored
from app.services.forecasting.days import FILE, SHAPES, DayPlan, Span, grid
from app.services.forecasting.inputs import Inputs
from data_access.queries.days import category_days, sampled_days
from ml.contract import Frames
from ml.forecasting import BOUNDS, SHOP_SERIES, last_complete_week
from ml.forecasting.grains import WEEK, shares
from ml.forecasting.panel import UNCATEGORISED, ancestors
from ml.forecasting.shapes import DayShapes, History, learn
from ml.forecasting.types import Floats

if TYPE_CHECKING:
    from app.context import Desk

LEARNED_WEEKS = 52
"""Weeks of daily history that shares are learned from: one of each season."""

SEPARATOR = "\x1f"
"""Between category and product in the name of a series; no id holds it."""

SAMPLE = 1_500
"""Products, about, whose days say how units clump: a thousand would do."""


def write(desk: Desk, read: Inputs, forecast: pd.DataFrame, folder: Path) -> None:
    """Learn the days, and store those of the shop and the categories beside the forecast."""
    plan = _plan(desk, read, forecast)
    table = _summed(plan, read.frames, forecast)
    stored.write_table(folder / FILE, table)
    text = {
        "shapes": plan.shapes.to_json(),
        "holidays": [day.isoformat() for day in sorted(plan.holidays)],
        "promotions": [
            [span.product, span.category, span.first.isoformat(), span.last.isoformat()]
            for span in plan.promotions
        ],
    }
    (folder / SHAPES).write_text(json.dumps(text))


def _plan(desk: Desk, read: Inputs, forecast: pd.DataFrame) -> DayPlan:
    frames = read.frames
    last = last_complete_week(read.as_of)
    sold = frames["panel"]["week"]
    known = (last - sold.min().date()).days // WEEK + 1 if len(sold) else 0
    count = max(min(LEARNED_WEEKS, known), 1)
    weeks = [last - timedelta(weeks=count - 1 - i) for i in range(count)]
    ahead = forecast["week"].max() + pd.Timedelta(days=WEEK)
    holidays = frames.get("holidays")
    spans = _spans(frames, weeks[0], ahead.date())
    days = set() if holidays is None else {pd.Timestamp(day).date() for day in holidays["day"]}
    products = int((forecast["level"] == "product").sum() // max(forecast["ahead"].max(), 1))
    end = last + timedelta(days=WEEK - 1)
    by_category = desk.analytics.frame(read.snapshot, category_days(weeks[0], end))
    by_product = desk.analytics.frame(
        read.snapshot, sampled_days(weeks[0], end, max(round(products / SAMPLE), 1))
    )
    chains = ancestors(frames)
    shapes = learn(
        _history(by_category.assign(product_id=None), weeks, days, spans, chains),
        _history(by_product, weeks, days, spans, chains),
    )
    horizon = pd.Timestamp(weeks[-1]).date() + timedelta(days=WEEK)
    return DayPlan(
        shapes=shapes,
        holidays=frozenset(day for day in days if horizon <= day < ahead.date()),
        promotions=tuple(span for span in spans if span.last >= horizon),
    )


def _spans(frames: Frames, first: date, last: date) -> list[Span]:
    rows = frames.get("promotions")
    if rows is None or rows.empty:
        return []
    begins, ends = pd.to_datetime(rows["starts_on"]), pd.to_datetime(rows["ends_on"])
    rows = rows.assign(begins=begins, ends=ends)[
        (ends >= pd.Timestamp(first)) & (begins <= pd.Timestamp(last))
    ]
    return [
        Span(
            product=_text(row["product_id"]),
            category=_text(row["category_id"]),
            first=row["begins"].date(),
            last=row["ends"].date(),
        )
        for row in rows.to_dict("records")
    ]


def _history(
    rows: pd.DataFrame,
    weeks: Sequence[date],
    holidays: set[date],
    spans: Sequence[Span],
    chains: dict[str, list[str]],
) -> History:
    """Rows of category_id · product_id · day · units as a grid."""
    rows = rows.assign(category_id=rows["category_id"].astype(object).fillna(""))
    keys = (
        rows["category_id"].astype(str) + SEPARATOR + rows["product_id"].astype(object).fillna("")
    )
    codes, names = pd.factorize(keys, sort=True)
    at = (rows["day"] - pd.Timestamp(weeks[0])).dt.days.to_numpy()
    units = np.zeros((len(names), len(weeks) * WEEK))
    np.add.at(units, (codes, at), rows["units"].to_numpy())
    days_of = grid(weeks)
    promoted = np.zeros((len(names), *days_of.shape), bool)
    split = [name.split(SEPARATOR) for name in names]
    by_product = {product: i for i, (_, product) in enumerate(split) if product}
    for span in spans:
        days = (days_of >= np.datetime64(span.first)) & (days_of <= np.datetime64(span.last))
        if span.product is not None:
            if span.product in by_product:
                promoted[by_product[span.product]] |= days
            continue
        touched = [
            i
            for i, (category, _) in enumerate(split)
            if span.category is None or span.category in _chain(chains, category)
        ]
        promoted[touched] |= days
    return History(
        names=tuple(category for category, _ in split),
        units=units.reshape(len(names), len(weeks), WEEK),
        promoted=promoted,
        holidays=np.isin(days_of, np.array(sorted(holidays), "datetime64[D]")),
    )


def _summed(plan: DayPlan, frames: Frames, forecast: pd.DataFrame) -> pd.DataFrame:
    """Days of every category and of the shop: the sums of their products' days."""
    products = forecast[forecast["level"] == "product"].sort_values(["series_id", "ahead"])
    weeks = [stamp.date() for stamp in sorted(products["week"].unique())]
    if not weeks:
        return pd.DataFrame(columns=["level", "series_id", "day", "mean", *BOUNDS])
    names = products["series_id"].to_numpy()[:: len(weeks)]
    units = products["mean"].to_numpy(float).reshape(len(names), len(weeks))
    known = frames["products"].set_index("product_id")["category_id"]
    leaves = known.reindex(names).astype(object).fillna("").to_numpy()
    chains = ancestors(frames)
    place = {name: i for i, name in enumerate(names)}
    days: dict[str, Floats] = {}
    by_leaf = {}
    for leaf in sorted(set(leaves)):
        by_leaf[leaf] = plan.shares(None, leaf, _chain(chains, leaf), weeks)
        days[leaf] = units[leaves == leaf].sum(0)[:, None] * by_leaf[leaf]
    for product in sorted({span.product for span in plan.promotions if span.product} & set(place)):
        leaf, at = leaves[place[product]], place[product]
        own = plan.shares(product, leaf, _chain(chains, leaf), weeks)
        days[leaf] = days[leaf] + units[at][:, None] * (own - by_leaf[leaf])
    series: dict[tuple[str, str], Floats] = {}
    for leaf, found in days.items():
        for name in _chain(chains, leaf):
            series[("category", name)] = series.get(("category", name), 0.0) + found
        series[("shop", SHOP_SERIES)] = series.get(("shop", SHOP_SERIES), 0.0) + found
    return _ranged(plan.shapes, series, forecast, weeks)


def _ranged(
    shapes: DayShapes,
    series: dict[tuple[str, str], Floats],
    forecast: pd.DataFrame,
    weeks: Sequence[date],
) -> pd.DataFrame:
    sums = forecast[forecast["level"] != "product"].sort_values("ahead")
    weekly = {
        (str(level), str(name)): rows[list(BOUNDS)].to_numpy(float)
        for (level, name), rows in sums.groupby(["level", "series_id"], observed=True)
    }
    frames = []
    for (level, name), found in series.items():
        if (level, name) not in weekly:
            continue
        total = found.sum(1)
        bounds = shapes.bounds(level, total, weekly[(level, name)], shares(found))
        frame = pd.DataFrame(
            {
                "level": level,
                "series_id": name,
                "day": grid(weeks).ravel().astype("datetime64[ns]"),
                "mean": found.ravel().astype(np.float32),
            }
        )
        frame[list(BOUNDS)] = bounds.reshape(-1, len(BOUNDS)).astype(np.float32)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _chain(chains: dict[str, list[str]], leaf: str) -> list[str]:
    """A category and those above it, as the series of the forecast are named."""
    return chains.get(leaf, [leaf or UNCATEGORISED])


def _text(value: Any) -> str | None:
    return None if pd.isna(value) else str(value)
