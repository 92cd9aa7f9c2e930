"""What a stored forecast keeps about its days: shares, holidays and promotions ahead."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from data_access.errors import DataError
from ml.forecasting.grains import WEEK
from ml.forecasting.shapes import DayShapes
from ml.forecasting.types import Floats, Names

FILE = "days.parquet"
SHAPES = "shapes.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A promotion as far as the days need it."""

    product: str | None
    category: str | None  # both None: the whole shop
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlan:
    """What a publication keeps about its days."""

    shapes: DayShapes
    holidays: frozenset[date]
    promotions: tuple[Span, ...]

    def shares(
        self, product: str | None, category: str | None, above: Sequence[str], weeks: Sequence[date]
    ) -> Floats:
        """[W, 7] day shares of a product, or of what a category sells without offers of its own.

        above : the category and those above it.
        """
        days = grid(weeks)
        closed = np.isin(days, np.array(sorted(self.holidays), "datetime64[D]"))
        marked = np.zeros(days.shape, bool)
        for span in self.promotions:
            whole = span.product is None and span.category is None
            own = span.product is not None and span.product == product
            if whole or own or (span.category is not None and span.category in above):
                marked |= (days >= np.datetime64(span.first)) & (days <= np.datetime64(span.last))
        return self.shapes.shares(category, closed, marked)


def plan_of(folder: Path) -> DayPlan:
    """What the publication in this folder knows about its days.

    Raises
    ------
    DataError : it was stored before there were days.
    """
    path = folder / SHAPES
    if not path.exists():
        raise DataError(
            "This forecast was stored before days and months were.",
            remedy="Look at weeks, or compute the forecast anew under Compare and train.",
        )
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _read(path: Path, changed: int) -> DayPlan:
    kept: dict[str, Any] = json.loads(path.read_text())
    return DayPlan(
        shapes=DayShapes.from_json(kept["shapes"]),
        holidays=frozenset(map(date.fromisoformat, kept["holidays"])),
        promotions=tuple(
            Span(
                product=product,
                category=category,
                first=date.fromisoformat(first),
                last=date.fromisoformat(last),
            )
            for product, category, first, last in kept["promotions"]
        ),
    )


def grid(weeks: Sequence[date]) -> Names:
    """[W, 7] the days of the weeks as datetime64."""
    return np.array(weeks, "datetime64[D]")[:, None] + np.arange(WEEK)
