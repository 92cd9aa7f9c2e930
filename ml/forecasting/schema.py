"""The input frames of forecasting: column, type, unit, one row per what."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from ml.contract import Frames, InputColumn, InputFrame
from ml.errors import WrongFrame

PANEL = InputFrame(
    name="panel",
    row="one product and local week (Monday) with something to say; a week without a row is 0",
    columns=(
        InputColumn(name="product_id", dtype="text", about="product"),
        InputColumn(name="category_id", dtype="text", about="its category", required=False),
        InputColumn(name="week", dtype="datetime64", about="Monday of the local week"),
        InputColumn(name="units", dtype="number", about="units sold, ≥ 0"),
        InputColumn(name="price", dtype="number", about="average paid, currency", required=False),
        InputColumn(
            name="list_price", dtype="number", about="list price, currency", required=False
        ),
        InputColumn(
            name="stockout_days", dtype="number", about="days without stock, 0 to 7", required=False
        ),
    ),
)
PRODUCTS = InputFrame(
    name="products",
    row="one product",
    columns=(
        InputColumn(name="product_id", dtype="text", about="product"),
        InputColumn(name="category_id", dtype="text", about="its category or none"),
        InputColumn(name="launched_on", dtype="date", about="first local day on offer or none"),
        InputColumn(name="ended_on", dtype="date", about="first local day not on offer or none"),
    ),
    required=False,
)
PROMOTIONS = InputFrame(
    name="promotions",
    row="one promotion, past or planned",
    columns=(
        InputColumn(name="product_id", dtype="text", about="product, or none"),
        InputColumn(name="category_id", dtype="text", about="category, or none: whole shop"),
        InputColumn(name="discount", dtype="number", about="share of the list price, 0 to 1"),
        InputColumn(name="starts_on", dtype="date", about="first local day"),
        InputColumn(name="ends_on", dtype="date", about="last local day"),
        InputColumn(name="announced_at", dtype="datetime64", about="when the plan became known"),
    ),
    required=False,
)
CATEGORIES = InputFrame(
    name="categories",
    row="one category",
    columns=(
        InputColumn(name="category_id", dtype="text", about="category"),
        InputColumn(name="parent_id", dtype="text", about="the one above it, none at the top"),
    ),
    required=False,
)
HOLIDAYS = InputFrame(
    name="holidays",
    row="one public holiday",
    columns=(
        InputColumn(name="day", dtype="date", about="local day"),
        InputColumn(name="name", dtype="text", about="its name", required=False),
    ),
    required=False,
)
INPUTS = (PANEL, PRODUCTS, CATEGORIES, PROMOTIONS, HOLIDAYS)

_SALES = pa.DataFrameSchema(
    {
        "week": pa.Column(
            "datetime64[ns]",
            [pa.Check(lambda s: s.dt.dayofweek == 0, error="a week begins on a Monday")],
            coerce=True,
        ),
        "units": pa.Column(
            float,
            [pa.Check.ge(0, error="units are never negative")],
            coerce=True,
        ),
    }
)


def check(frames: Frames) -> None:
    """Raise `WrongFrame` with the difference between what is wanted and what was given."""
    for wanted in INPUTS:
        frame = frames.get(wanted.name)
        if frame is None:
            if wanted.required:
                raise WrongFrame(
                    f"The frame {wanted.name!r} is missing.",
                    remedy=f"Give one row per {wanted.row}.",
                )
            continue
        _check_columns(wanted, frame)
    _check_values(frames["panel"])


def _check_columns(wanted: InputFrame, frame: pd.DataFrame) -> None:
    known = {column.name: column for column in wanted.columns}
    missing = [c for c in wanted.columns if c.required and c.name not in frame.columns]
    if not missing:
        return
    unknown = [str(name) for name in frame.columns if name not in known]
    lines = [f"− {c.name} ({c.dtype}): {c.about}" for c in missing]
    lines += [f"+ {name}: not known" for name in unknown]
    raise WrongFrame(
        f"The frame {wanted.name!r} does not fit:\n" + "\n".join(lines),
        remedy="Add the columns marked −; those marked + may be misspelt.",
    )


def _check_values(panel: pd.DataFrame) -> None:
    try:
        _SALES.validate(panel[["week", "units"]], lazy=True)
    except pa.errors.SchemaErrors as found:
        cases = found.failure_cases
        first = cases.iloc[0]
        raise WrongFrame(
            f"The frame 'panel' does not fit: {first['column']}: {first['check']}; "
            f"{len(cases)} such values, the first in row {first['index']}: "
            f"{first['failure_case']}.",
            remedy="Correct these rows; the panel comes from the snapshot's weekly sales.",
        ) from None
    keys = panel[["product_id", "week"]]
    if keys["product_id"].isna().any():
        raise WrongFrame(
            "The frame 'panel' has rows without product_id.",
            remedy="Leave sales without a product out of the panel.",
        )
