"""Forecasting: train, publish, read one series, explain it, compare models."""

from app.services.forecasting.comparing import changing_products, leaderboard, preview
from app.services.forecasting.publishing import publish
from app.services.forecasting.reading import forecast, newest, publication, why
from app.services.forecasting.training import train
from app.services.forecasting.views import (
    Contributions,
    Entry,
    EventMark,
    ForecastQuestion,
    ForecastView,
    ModelStory,
    Range,
    Total,
)

__all__ = [
    "Contributions",
    "Entry",
    "EventMark",
    "ForecastQuestion",
    "ForecastView",
    "ModelStory",
    "Range",
    "Total",
    "changing_products",
    "forecast",
    "leaderboard",
    "newest",
    "preview",
    "publication",
    "publish",
    "train",
    "why",
]
