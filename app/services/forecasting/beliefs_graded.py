"""Grades of stored forecasts: written down once their weeks are over, beside the forecast."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import sqlalchemy as sa

from app.services.forecasting import stored, words
from data_access.queries.sales import category_weeks, sales_by_week
from data_access.queries.selection import SalesSelection
from data_access.snapshots import tables
from data_access.snapshots.analytics import PUBLISHED
from data_access.snapshots.duck import in_schema
from data_access.state.publications import list_publications
from data_access.state.tables import Publication
from ml.forecasting import KEY, last_complete_week

if TYPE_CHECKING:
    from app.context import Desk

FILE = "graded.json"

UNSEEN_DAYS = 2
"""Days without stock in a week from which its sales say too little about what was wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """What came of one week of one stored forecast, over the series of a level."""

    version: int | None
    label: str
    publication: int
    level: str
    week: date
    ahead: int
    series: int  # compared
    missed: float  # Σ |said − sold|, units
    said: float  # units
    sold: float
    inside: int  # series within the 80 % range


def grade(desk: Desk, snapshot: int, as_of: date) -> int:
    """Write down every week of every kept forecast that is over and not graded yet; how many."""
    with desk.state.read() as session:
        publications = list_publications(session, KEY, limit=1_000)
    last = last_complete_week(as_of)
    count = 0
    for found in publications:
        if not (desk.settings.artifacts / found.folder / stored.FILE).exists():
            continue
        known = read(desk, found)
        done = max((row.week for row in known), default=None)
        first = last_complete_week(found.as_of) + timedelta(weeks=1)
        begin = first if done is None else done + timedelta(weeks=1)
        if begin > last:
            continue
        new = _grade(desk, found, snapshot, begin, last)
        if new:
            _write(desk, found, [*known, *new])
            count += len({row.week for row in new})
    return count


def read(desk: Desk, found: Publication) -> tuple[Graded, ...]:
    """Grades of one publication; none before its first week is over."""
    path = desk.settings.artifacts / found.folder / FILE
    if not path.exists():
        return ()
    label = words.model_name(found.model_version, found.summary["label"])
    return tuple(
        Graded(
            version=found.model_version,
            label=label,
            publication=found.publication_id,
            level=level,
            week=date.fromisoformat(week),
            ahead=ahead,
            series=series,
            missed=missed,
            said=said,
            sold=sold,
            inside=inside,
        )
        for level, week, ahead, series, missed, said, sold, inside in json.loads(path.read_text())
    )


def _write(desk: Desk, found: Publication, rows: Sequence[Graded]) -> None:
    path = desk.settings.artifacts / found.folder / FILE
    draft = path.with_suffix(".draft")
    draft.write_text(
        json.dumps(
            [
                [
                    row.level, row.week.isoformat(), row.ahead, row.series, round(row.missed, 3),
                    round(row.said, 3), round(row.sold, 3), row.inside,
                ]
                for row in rows
            ]
        )
    )  # fmt: skip
    draft.replace(path)


def _grade(desk: Desk, found: Publication, snapshot: int, first: date, last: date) -> list[Graded]:
    told = _told(desk, found, first, last)
    products = _products(desk, found, snapshot, first, last)
    frames = [products, _compared(told, _came(desk, snapshot, first, last))]
    label = words.model_name(found.model_version, found.summary["label"])
    return [
        Graded(
            version=found.model_version,
            label=label,
            publication=found.publication_id,
            level=str(row["level"]),
            week=row["week"].date(),
            ahead=int(row["ahead"]),
            series=int(row["series"]),
            missed=float(row["missed"]),
            said=float(row["said"]),
            sold=float(row["sold"]),
            inside=int(row["inside"]),
        )
        for frame in frames
        for row in frame.to_dict("records")
    ]


def _products(
    desk: Desk, found: Publication, snapshot: int, first: date, last: date
) -> pd.DataFrame:
    """Sums over all products in the engine: a hundred thousand rows a week stay there."""
    source = stored.register(desk, found, stored.table(found.publication_id), stored.FILE)
    said, sales = in_schema(source, PUBLISHED), tables.weekly_sales
    units: sa.ColumnElement[float] = sa.cast(sa.func.coalesce(sales.c.units, 0), sa.Double())
    inside = sa.case((units.between(said.c.lo80, said.c.hi80), 1), else_=0)
    week = sa.cast(said.c.week, sa.Date())
    statement = (
        sa.select(
            sa.literal("product").label("level"),
            said.c.week,
            said.c.ahead,
            sa.func.count().label("series"),
            sa.func.sum(sa.func.abs(said.c.mean - units)).label("missed"),
            sa.func.sum(said.c.mean).label("said"),
            sa.func.sum(units).label("sold"),
            sa.func.sum(inside).label("inside"),
        )
        .select_from(
            said.outerjoin(
                sales,
                sa.and_(sales.c.product_id == said.c.series_id, sales.c.local_week == week),
            )
        )
        .where(
            said.c.level == "product",
            said.c.week.between(_midnight(first), _midnight(last)),
            sa.func.coalesce(sales.c.stockout_days, 0) < UNSEEN_DAYS,
        )
        .group_by(said.c.week, said.c.ahead)
        .order_by(said.c.week)
    )
    return desk.analytics.frame(snapshot, statement)


def _told(desk: Desk, found: Publication, first: date, last: date) -> pd.DataFrame:
    return stored.read(
        desk,
        found,
        ("level", "series_id", "week", "ahead", "mean", "lo80", "hi80"),
        lambda t: t.c.level != "product",
        lambda t: t.c.week.between(_midnight(first), _midnight(last)),
    )


def _came(desk: Desk, snapshot: int, first: date, last: date) -> dict[tuple[str, str, date], float]:
    """Units by level, series and week: the shop, and categories with those below them."""
    span = SalesSelection(level="shop", first_day=first, last_day=last + timedelta(days=6))
    shop = desk.analytics.frame(snapshot, sales_by_week(span))
    found = {
        ("shop", "shop", week): float(units)
        for week, units in zip(shop["local_week"].dt.date, shop["units"], strict=True)
    }
    parents = _parents(desk, snapshot)
    for row in desk.analytics.frame(snapshot, category_weeks(span)).to_dict("records"):
        name = "(none)" if pd.isna(row["category_id"]) else str(row["category_id"])
        seen: set[str] = set()
        while name and name not in seen:
            seen.add(name)
            key = ("category", name, row["local_week"].date())
            found[key] = found.get(key, 0.0) + float(row["units"])
            name = parents.get(name, "")
    return found


def _parents(desk: Desk, snapshot: int) -> dict[str, str]:
    categories = tables.categories
    rows = desk.analytics.frame(
        snapshot,
        sa.select(categories.c.category_id, categories.c.parent_id).where(
            categories.c.parent_id.is_not(None)
        ),
    )
    return dict(zip(rows["category_id"], rows["parent_id"], strict=True))


def _compared(told: pd.DataFrame, came: dict[tuple[str, str, date], float]) -> pd.DataFrame:
    keys = zip(told["level"].astype(str), told["series_id"], told["week"].dt.date, strict=True)
    units = np.array([came.get(key, 0.0) for key in keys])
    rows = told.assign(
        units=units,
        missed=np.abs(told["mean"] - units),
        inside=(units >= told["lo80"]) & (units <= told["hi80"]),
    )
    groups = rows.groupby(["level", "week", "ahead"], as_index=False, observed=True)
    return groups.agg(
        series=("units", "size"),
        missed=("missed", "sum"),
        said=("mean", "sum"),
        sold=("units", "sum"),
        inside=("inside", "sum"),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time())
