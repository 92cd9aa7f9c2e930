"""Products and categories to choose from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from data_access.queries.selection import Level
from data_access.queries.series import series_label, series_labels, series_options

if TYPE_CHECKING:
    from app.context import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One series that can be chosen."""

    series_id: str
    label: str
    category: str | None  # of a product its category, of a category the one above
    found: int  # how many the search found in all


def options(desk: Desk, snapshot: int, level: Level, search: str, limit: int) -> tuple[Option, ...]:
    """Those that hold all words of the search, best sellers first."""
    frame = desk.analytics.frame(snapshot, series_options(level, search=search, limit=limit))
    total = int(frame["found"].max()) if len(frame) else 0
    return tuple(
        Option(
            series_id=str(row.series_id),
            label=str(row.label),
            category=None if pd.isna(row.category) else str(row.category),
            found=total,
        )
        for row in frame.itertuples(index=False)
    )


def labels(desk: Desk, snapshot: int, level: Level, series_ids: Collection[str]) -> dict[str, str]:
    """Names by id of those that are there."""
    frame = desk.analytics.frame(snapshot, series_labels(level, series_ids))
    return dict(zip(frame["series_id"].astype(str), frame["label"].astype(str), strict=True))


def label(desk: Desk, snapshot: int, level: Level, series_id: str) -> str | None:
    """Its name; None where there is no such series."""
    frame = desk.analytics.frame(snapshot, series_label(level, series_id))
    return None if frame.empty else str(frame["label"].iloc[0])
