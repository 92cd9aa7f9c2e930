"""What a training for one product or one category learns from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from app.jobs.kinds import JobError
from app.services import series
from data_access.scope import Scope
from ml.contract import Frames

if TYPE_CHECKING:
    from app.context import Desk


def label_of(desk: Desk, scope: Scope) -> str | None:
    """The name of the scope's series in the newest snapshot; None for the whole.

    Raises
    ------
    JobError : there is no such product or category, or no snapshot.
    """
    if scope.whole or scope.series_id is None:
        return None
    newest = desk.store.newest_number()
    found = None
    if newest is not None and scope.level != "all":
        found = series.label(desk, newest, scope.level, scope.series_id)
    if found is None:
        raise JobError(
            f"There is no {scope.level} {scope.series_id} in the newest snapshot.",
            remedy=f"Find its number on the page Forecasting, Explore, by the search for a "
            f"{scope.level}; capitals and small letters differ.",
        )
    return found


def cut(frames: Frames, scope: Scope) -> Frames:
    """The frames with the rows of the scope's products alone; rows for whole categories stay."""
    from ml.forecasting.scope import scoped

    return scoped(frames, scope.level, scope.series_id)


def most_specific(scope: Scope, frames: Frames) -> list[Scope]:
    """The scope itself, then the categories around it, the nearest first."""
    if scope.whole:
        return []
    above = _above(frames)
    around, one = [], scope.series_id
    if scope.level == "product":
        around.append(scope)
        rows = frames["products"]
        found = rows.loc[rows["product_id"].astype(object) == scope.series_id, "category_id"]
        one = None if found.empty or pd.isna(found.iloc[0]) else str(found.iloc[0])
    seen: set[str] = set()
    while one is not None and one not in seen:
        seen.add(one)
        around.append(Scope("category", one))
        one = above.get(one)
    return around


def products_of(frames: Frames, scope: Scope) -> set[str]:
    """Products of a category and of those below it, or the one product."""
    from ml.forecasting import scope as scopes

    return scopes.products_of(frames, scope.level, str(scope.series_id))


def _above(frames: Frames) -> dict[str, str | None]:
    """Category → the one above; none for those on top."""
    categories = frames.get("categories")
    if categories is None or "parent_id" not in categories:
        return {}
    return {
        str(one): None if pd.isna(higher) else str(higher)
        for one, higher in zip(categories["category_id"], categories["parent_id"], strict=True)
    }
