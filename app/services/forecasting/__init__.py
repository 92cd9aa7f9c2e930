"""Forecasting: inputs for training, publishing, reading one series, explaining it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.services.forecasting.inputs import as_of, frames
from app.services.forecasting.products import changing_products
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
from ml.contract import Progress

if TYPE_CHECKING:
    from app.context import Desk

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
    "grade",
    "newest",
    "publication",
    "publish",
    "why",
]


def publish(desk: Desk, *, job_id: str, progress: Progress) -> dict[str, Any]:
    """Forecast everything by the champion and store it; see `publishing.publish`."""
    # Here, since it loads the learning libraries: a page that reads a series never does.
    from app.services.forecasting import publishing

    return publishing.publish(desk, job_id=job_id, progress=progress)


def grade(desk: Desk) -> int:
    """Write down what came of earlier forecasts; see `grading.grade`."""
    from app.services.forecasting import grading

    return grading.grade(desk)
