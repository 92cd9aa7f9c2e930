"""One product, one category or all: the part of the frames that a training is about."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from ml.contract import Frames
from ml.errors import WrongParameter
from ml.forecasting.panel import ancestors

Scope = Literal["all", "category", "product"]


def scoped(frames: Frames, level: Scope, series_id: str | None = None) -> Frames:
    """The frames with the products of the scope alone; a category with all those below it.

    Rows of no product, such as a promotion of a whole category, stay.

    Raises
    ------
    WrongParameter : there is no such product or category.
    """
    if level == "all":
        return frames
    wanted = products_of(frames, level, str(series_id))
    if not wanted:
        raise WrongParameter(
            f"There is no {level} {series_id!r} with products.",
            remedy="Choose one that the page lists, or train for all products.",
        )
    cut = dict(frames)
    for name, frame in frames.items():
        if "product_id" not in frame:
            continue
        ids = frame["product_id"].astype(object)
        cut[name] = frame[ids.isin(wanted) | ids.isna()].reset_index(drop=True)
    return cut


def products_of(frames: Frames, level: Scope, series_id: str) -> set[str]:
    """Products of a scope, by what the frames say of their categories."""
    source = frames.get("products")
    if source is None or source.empty:
        source = frames["panel"]
    pairs = source[["product_id", "category_id"]].drop_duplicates("product_id").astype(object)
    if level == "product":
        return set(pairs["product_id"][pairs["product_id"] == series_id])
    chains = ancestors(frames)
    inside = [
        pd.notna(category) and series_id in chains.get(str(category), [str(category)])
        for category in pairs["category_id"]
    ]
    return set(pairs["product_id"][inside])


def depth(frames: Frames, level: Scope, series_id: str | None) -> int:
    """How specific a scope is: 0 for all, more for categories further down, most for a product."""
    if level == "all":
        return 0
    if level == "product":
        return 1_000
    return len(ancestors(frames).get(str(series_id), [str(series_id)]))


def parse(key: str) -> tuple[Scope, str | None]:
    """Level and series of a scope's key: "forecasting/product:P1", "category:C2", "forecasting"."""
    head, colon, series_id = key.partition(":")
    level = head.rpartition("/")[2]
    if not colon:
        return "all", None
    if level == "category":
        return "category", series_id
    if level == "product":
        return "product", series_id
    raise WrongParameter(f"There is no scope {key!r}.", remedy="Use category:ID or product:ID.")
