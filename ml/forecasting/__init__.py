"""How many units will be sold, by week, product, category and shop."""

from ml.forecasting.capability import FORECASTING, Forecasting
from ml.forecasting.kept import ForecastModel
from ml.forecasting.types import (
    BOUNDS,
    COVERAGES,
    HORIZON_BUCKETS,
    LEVELS,
    MAX_HORIZON,
    PARTS,
    SHOP_SERIES,
    Level,
)

__all__ = [
    "BOUNDS",
    "COVERAGES",
    "FORECASTING",
    "HORIZON_BUCKETS",
    "LEVELS",
    "MAX_HORIZON",
    "PARTS",
    "SHOP_SERIES",
    "ForecastModel",
    "Forecasting",
    "Level",
]
