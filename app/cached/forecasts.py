"""Forecasts, what makes them up and how they fared."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app.cached.keys import (
    Dated,
    Decided,
    Grain,
    Level,
    OrderBy,
    shared,
    the_desk,
)

if TYPE_CHECKING:
    from app.services.forecasting import Contributions, ForecastQuestion, ForecastView
    from app.services.forecasting.beliefs import Belief, Kept, Live
    from app.services.forecasting.courses import Course
    from app.services.forecasting.importance import FeatureUnits, Matters
    from app.services.forecasting.lookalikes import NewProduct
    from app.services.forecasting.season_parts import SeasonView
    from app.services.forecasting.whatif import WhatIf, WhatIfQuestion

FARTHEST = 26
"""Weeks ahead that a forecast is stored for."""


def forecast(key: Decided, question: ForecastQuestion) -> ForecastView:
    """History, forecast and events of one series; a nearer horizon is cut from the farthest."""
    return _forecast(key, replace(question, horizon_weeks=FARTHEST)).within(question)


@shared(max_entries=512, show_spinner=False)
def _forecast(key: Decided, question: ForecastQuestion) -> ForecastView:
    from app.services import forecasting  # loads the learning libraries: not for Home

    return forecasting.forecast(the_desk(), question)


def course(
    key: Decided, question: ForecastQuestion, grain: Grain, *, compare: bool = False
) -> Course:
    """The series by day, week or month, no farther ahead than the question asks."""
    farthest = replace(question, horizon_weeks=FARTHEST)
    return _course(key, farthest, grain, compare).within(question.horizon_weeks)


@shared(max_entries=512, show_spinner=False)
def _course(key: Decided, question: ForecastQuestion, grain: Grain, compare: bool) -> Course:
    from app.services.forecasting import courses

    return courses.course(the_desk(), _forecast(key, question), grain, compare=compare)


@shared(max_entries=256, show_spinner=False)
def seasons(key: Decided, question: ForecastQuestion, grain: Grain) -> SeasonView:
    """Seasons of a series, and the series taken apart."""
    from app.services.forecasting import season_parts

    return season_parts.parts(the_desk(), _forecast(key, question), grain)


@shared(max_entries=8, show_spinner=False)
def kept_forecasts(key: Decided) -> tuple[Kept, ...]:
    """Stored forecasts that can be looked back on, the newest first."""
    from app.services.forecasting import beliefs

    return beliefs.kept(the_desk())


@shared(max_entries=256, show_spinner=False)
def belief(key: Decided, question: ForecastQuestion, publication: int, last: date) -> Belief:
    """One stored forecast of a series beside what came until `last`."""
    from app.services.forecasting import beliefs

    return beliefs.belief(the_desk(), question, publication, last)


@shared(max_entries=256, show_spinner=False)
def accuracy_of_series(key: Decided, question: ForecastQuestion, last: date) -> tuple[Live, ...]:
    """How good each version has been for this series since it went live."""
    from app.services.forecasting import beliefs

    return beliefs.of_series(the_desk(), question, last)


@shared(max_entries=16, show_spinner=False)
def accuracy_of_level(key: Decided, level: Level) -> tuple[Live, ...]:
    """How good each version has been at a level since it went live."""
    from app.services.forecasting import beliefs

    return beliefs.of_level(the_desk(), level)


@shared(max_entries=256, show_spinner=False)
def what_if(key: Decided, asked: WhatIfQuestion) -> WhatIf:
    """A change of price and a promotion against the forecast as it stands."""
    from app.services.forecasting import whatif

    found = _forecast(key, replace(asked.question, horizon_weeks=FARTHEST))
    return whatif.compute(the_desk(), asked, found.within(asked.question))


@shared(max_entries=128, show_spinner=False)
def look_alikes(key: Decided, question: ForecastQuestion) -> NewProduct:
    """What a product is forecast by while it is new, and what it resembles."""
    from app.services import forecasting
    from app.services.forecasting import lookalikes

    desk = the_desk()
    found = forecasting.publication(desk, question.publication)
    return lookalikes.of_product(desk, found, question)


@shared(max_entries=16, show_spinner=False)
def new_products(key: Dated, publication: int) -> tuple[str, ...]:
    """Products that a stored forecast takes for new."""
    from app.services import forecasting
    from app.services.forecasting import lookalikes

    desk = the_desk()
    return lookalikes.new_products(desk, forecasting.publication(desk, publication))


def why(key: Dated, question: ForecastQuestion, week: date) -> Contributions:
    """The parts of one week's forecast, whatever the horizon."""
    return _why(key, replace(question, horizon_weeks=FARTHEST), week)


@shared(max_entries=512, show_spinner=False)
def _why(key: Dated, question: ForecastQuestion, week: date) -> Contributions:
    from app.services import forecasting

    return forecasting.why(the_desk(), question, week)


@shared(max_entries=16, show_spinner=False)
def matters(key: Dated, publication: int) -> Matters | None:
    """What matters to the model of a publication as a whole."""
    from app.services.forecasting import importance

    return importance.matters(the_desk(), publication)


def features(key: Dated, question: ForecastQuestion, week: date) -> tuple[FeatureUnits, ...]:
    """Contributions by feature to one product's week, whatever the horizon."""
    return _features(key, replace(question, horizon_weeks=FARTHEST), week)


@shared(max_entries=512, show_spinner=False)
def _features(key: Dated, question: ForecastQuestion, week: date) -> tuple[FeatureUnits, ...]:
    from app.services.forecasting import importance

    return importance.features(the_desk(), question, week)


@st.cache_data(max_entries=64, show_spinner=False)
def changing_products(
    key: Decided, publication: int, search: str, order_by: OrderBy, limit: int, offset: int
) -> pd.DataFrame:
    """One page of the products whose next weeks differ most from their last ones."""
    from app.services import forecasting

    return forecasting.changing_products(
        the_desk(),
        publication,
        key.snapshot,
        limit=limit,
        offset=offset,
        search=search,
        order_by=order_by,
    )


@shared(max_entries=64, show_spinner=False)
def last_weeks(
    key: Dated, publication: int, product_ids: tuple[str, ...]
) -> dict[str, tuple[float, ...]]:
    """Units of the last weeks of some products, for small lines."""
    from app.services.forecasting import products

    return products.last_weeks(the_desk(), publication, key.snapshot, product_ids)
