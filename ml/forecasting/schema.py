"""The input frames of forecasting: column, type, unit, one row per what."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from ml import frames as checked
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
        InputColumn(name="name", dtype="text", about="its name", required=False),
        InputColumn(name="brand", dtype="text", about="brand or none", required=False),
        InputColumn(name="price_tier", dtype="text", about="price tier or none", required=False),
        InputColumn(name="variant_group", dtype="text", about="its variants", required=False),
    ),
    required=False,
)
PRICE_PLANS = InputFrame(
    name="price_plans",
    row="one planned change of list prices",
    columns=(
        InputColumn(name="product_id", dtype="text", about="product, or none"),
        InputColumn(name="category_id", dtype="text", about="category, or none: whole shop"),
        InputColumn(name="change", dtype="number", about="share of the list price, −0.1: 10 % off"),
        InputColumn(name="starts_on", dtype="date", about="first local day"),
        InputColumn(name="ends_on", dtype="date", about="last local day; none: it stays"),
        InputColumn(name="announced_at", dtype="datetime64", about="when the plan became known"),
    ),
    required=False,
)
EXTERNAL = InputFrame(
    name="external",
    row="one local day and further column (weather, events, a marketing plan)",
    columns=(
        InputColumn(name="day", dtype="date", about="local day"),
        InputColumn(name="name", dtype="text", about="name of the column"),
        InputColumn(name="value", dtype="number", about="its value on that day"),
        InputColumn(name="known_at", dtype="datetime64", about="when it was uploaded"),
    ),
    required=False,
)
LOOK_ALIKES = InputFrame(
    name="look_alikes",
    row="one new product and a product that staff chose as its look-alike",
    columns=(
        InputColumn(name="product_id", dtype="text", about="the new product"),
        InputColumn(name="alike", dtype="text", about="a product that it resembles"),
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
INPUTS = (
    PANEL,
    PRODUCTS,
    CATEGORIES,
    PROMOTIONS,
    HOLIDAYS,
    PRICE_PLANS,
    EXTERNAL,
    LOOK_ALIKES,
)

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
    checked.check(INPUTS, frames)
    _check_values(frames["panel"])


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
