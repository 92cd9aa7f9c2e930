"""Hashes that join unrelated accounts, as the snapshot found them: no feature is made of them.

Training and scoring leave out the same ones, those of the newest snapshot; the event store keeps
them, since the next snapshot may know better.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from app.context import Desk

Values = Mapping[str, Collection[str]]
"""Hashes by link."""


def newest(desk: Desk) -> dict[str, frozenset[str]]:
    """What links nothing, by the newest snapshot."""
    manifest = desk.store.newest()
    if manifest is None:
        return {}
    return {link: frozenset(found) for link, found in manifest.placeholders.items()}


def without(orders: pd.DataFrame, values: Values) -> pd.DataFrame:
    """The orders frame with null where a link is one of the values."""
    for link, found in values.items():
        if link in orders:
            column = orders[link]
            orders = orders.assign(**{link: column.mask(column.isin(list(found)))})
    return orders


def forget(rows: Iterable[dict[str, Any]], values: Values) -> None:
    """The same in rows, in place."""
    for row in rows:
        for link, found in values.items():
            if row.get(link) in found:
                row[link] = None
