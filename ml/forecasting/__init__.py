"""How many units will be sold, by week, product, category and shop.

The names of results cost nothing to import. What learns (`FORECASTING` and its kind) loads the
learning libraries, a second or more, when it is first asked for: pages that only read stored
forecasts never do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ml.forecasting.types import (
    BOUNDS,
    COVERAGES,
    HORIZON_BUCKETS,
    KEY,
    LEVELS,
    MAX_HORIZON,
    PARTS,
    SHOP_SERIES,
    WINDOWS,
    Level,
)
from ml.forecasting.weeks import last_complete_week, monday

if TYPE_CHECKING:
    from ml.forecasting.capability import FORECASTING, Forecasting
    from ml.forecasting.kept import ForecastModel

__all__ = [
    "BOUNDS",
    "COVERAGES",
    "FORECASTING",
    "HORIZON_BUCKETS",
    "KEY",
    "LEVELS",
    "MAX_HORIZON",
    "PARTS",
    "SHOP_SERIES",
    "WINDOWS",
    "ForecastModel",
    "Forecasting",
    "Level",
    "last_complete_week",
    "monday",
]


def __getattr__(name: str) -> Any:
    if name in ("FORECASTING", "Forecasting"):
        from ml.forecasting import capability

        return getattr(capability, name)
    if name == "ForecastModel":
        from ml.forecasting.kept import ForecastModel

        return ForecastModel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
