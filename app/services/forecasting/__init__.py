"""Forecasting: inputs for training, publishing, reading one series, explaining it."""

from app.services.forecasting.inputs import as_of, frames
from app.services.forecasting.products import changing_products
from app.services.forecasting.publishing import publish
from app.services.forecasting.reading import forecast, newest, publication, why
from app.services.forecasting.views import (
    Contributions,
    EventMark,
    ForecastQuestion,
    ForecastView,
    ModelStory,
    Range,
    Total,
)

__all__ = [
    "Contributions",
    "EventMark",
    "ForecastQuestion",
    "ForecastView",
    "ModelStory",
    "Range",
    "Total",
    "as_of",
    "changing_products",
    "forecast",
    "frames",
    "newest",
    "publication",
    "publish",
    "why",
]
