"""Forecasting: inputs for training, publishing, reading one series, explaining it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.services.forecasting.inputs import as_of, frames, watched_frames
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
from ml.contract import Preview, Progress

if TYPE_CHECKING:
    import pandas as pd

    from app.context import Desk
    from data_access.models import ModelVersion

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
    "consequences",
    "forecast",
    "frames",
    "grade",
    "newest",
    "now_and_then",
    "publication",
    "publish",
    "watched_frames",
    "why",
]


def publish(desk: Desk, *, job_id: str, progress: Progress) -> dict[str, Any]:
    """Forecast everything by the champion and store it; see `publishing.publish`."""
    # Here, since it loads the learning libraries: a page that reads a series never does.
    from app.services.forecasting import publishing

    return publishing.publish(desk, job_id=job_id, progress=progress)


def now_and_then(desk: Desk, proposed: ModelVersion) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forecasts by what decides now and by a version; see `asking.now_and_then`."""
    from app.services.forecasting import asking

    return asking.now_and_then(desk, proposed)


def consequences(desk: Desk, now: pd.DataFrame, then: pd.DataFrame) -> Preview:
    """What changes between two forecasts in the order list; see `asking.consequences`."""
    from app.services.forecasting import asking

    return asking.consequences(desk, now, then)


def grade(desk: Desk) -> int:
    """Write down what came of earlier forecasts, and of what staff said against them."""
    from app.services.forecasting import grading, scoreboard

    return grading.grade(desk) + scoreboard.grade_overrides(desk)
