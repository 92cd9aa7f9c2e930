"""The input frames of ordering: column, type, unit, one row per what."""

from __future__ import annotations

import pandas as pd

from ml.contract import InputColumn, InputFrame
from ml.errors import WrongFrame

SUPPLY = InputFrame(
    name="supply",
    row="one product",
    columns=(
        InputColumn(name="product_id", dtype="text", about="product"),
        InputColumn(name="on_hand", dtype="number", about="units in stock; none: not known"),
        InputColumn(name="lead_days", dtype="number", about="mean days from order to delivery"),
        InputColumn(name="lead_sd_days", dtype="number", about="their standard deviation"),
        InputColumn(name="pack", dtype="number", about="units a pack; none: 1"),
        InputColumn(name="unit_cost", dtype="number", about="currency a unit; none: not known"),
        InputColumn(name="price", dtype="number", about="currency a unit; none: not known"),
    ),
)
RECEIPTS = InputFrame(
    name="receipts",
    row="one delivery that is on its way",
    columns=(
        InputColumn(name="product_id", dtype="text", about="product"),
        InputColumn(name="units", dtype="number", about="units on order, > 0"),
        InputColumn(name="days", dtype="number", about="days from today until it should be here"),
    ),
)


def check(wanted: InputFrame, frame: pd.DataFrame, *, keyed: bool = True) -> None:
    """Refuse a frame that lacks a column, names a product twice or holds negative figures.

    keyed : False: that no product is named twice is known already.

    Raises
    ------
    WrongFrame : what is wrong, where, and what to do.
    """
    missing = [c.name for c in wanted.columns if c.name not in frame.columns]
    if missing:
        raise WrongFrame(
            f"The frame {wanted.name!r} lacks {', '.join(missing)}.",
            remedy=f"Give one row per {wanted.row}.",
        )
    for column in wanted.columns:
        if column.dtype != "number":
            continue
        below = frame[column.name] < 0
        if below.any():
            raise WrongFrame(
                f"The frame {wanted.name!r} has negative {column.name}, the first of them for "
                f"product {frame['product_id'][below].iloc[0]}.",
                remedy=f"{column.name}: {column.about}.",
            )
    if keyed and wanted is SUPPLY and frame["product_id"].duplicated().any():
        raise WrongFrame(
            "The frame 'supply' names a product twice.", remedy="Give one row per product."
        )
