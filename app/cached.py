"""The only cache of the project.

A key holds everything that an answer depends on: the home (tests open several), the snapshot, the
publication or model version, the state revision where staff's decisions matter, the permission
scope, and the frozen selection. So an entry can never be stale and needs no expiry; `max_entries`
bounds the memory. Live and personal reads are never cached.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Literal

import pandas as pd
import streamlit as st

from app.context import get_desk
from app.services import home as home_service
from app.services import marks as marks_service
from app.services import series as series_service
from data_access.snapshots.manifest import Manifest

if TYPE_CHECKING:
    from app.services.forecasting import Contributions, ForecastQuestion, ForecastView

Level = Literal["shop", "category", "product"]


_shared = st.cache_resource
"""For frozen answers: everybody gets the same object. `cache_data` copies at every read, which
frames need (they can be changed) and which cost a tenth of a page for the others."""

FARTHEST = 26
"""Weeks ahead that a forecast is stored for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """What an answer from a snapshot depends on besides the selection."""

    home: str  # of the desk
    snapshot: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """As `Dated`, for answers that staff's decisions change."""

    home: str
    snapshot: int
    revision: int


def dated(snapshot: int) -> Dated:
    return Dated(home=str(get_desk().settings.home), snapshot=snapshot)


def decided(snapshot: int) -> Decided:
    desk = get_desk()
    return Decided(home=str(desk.settings.home), snapshot=snapshot, revision=desk.state.revision())


def manifest(number: int | None = None) -> Manifest | None:
    """The manifest of a snapshot, or of the newest; None before the first."""
    desk = get_desk()
    wanted = desk.store.newest_number() if number is None else number
    return None if wanted is None else desk.store.get(wanted)  # which keeps those it read


@st.cache_data(max_entries=8, show_spinner=False)
def key_figures(key: Dated, last_day: date) -> pd.DataFrame:
    """The days of `key_figures` that Home reads."""
    return home_service.key_figures(
        get_desk(),
        key.snapshot,
        first_day=home_service.needed_from(last_day),
        last_day=last_day,
    )


@_shared(max_entries=128, show_spinner=False)
def home(key: Decided, asked: home_service.Asked, last_day: date) -> home_service.Home:
    """Home's figures, chart and targets for one role and selection."""
    days = key_figures(Dated(home=key.home, snapshot=key.snapshot), last_day)
    month = last_day.replace(day=1)
    targets = home_service.month_targets(get_desk(), month)
    return home_service.home(days, asked, targets, last_day)


@st.cache_data(max_entries=512, show_spinner=False)
def best_sellers(key: Dated, first_day: date, last_day: date) -> pd.DataFrame:
    """Products with the most revenue in a span of days."""
    return home_service.best_sellers(
        get_desk(), key.snapshot, first_day=first_day, last_day=last_day
    )


@_shared(max_entries=64, show_spinner=False)
def marks(key: Decided, first: date, last: date) -> tuple[marks_service.Mark, ...]:
    """Events of the whole shop; activations are decisions, so the revision is part of the key."""
    return marks_service.of_shop(get_desk(), key.snapshot, first=first, last=last)


@_shared(max_entries=512, show_spinner=False)
def series_options(
    key: Dated, level: Level, search: str, limit: int
) -> tuple[series_service.Option, ...]:
    """Series whose name or number holds all words of the search."""
    return series_service.options(get_desk(), key.snapshot, level, search, limit)


@_shared(max_entries=512, show_spinner=False)
def series_label(key: Dated, level: Level, series_id: str) -> str | None:
    """Name of a series; None where there is none."""
    return series_service.label(get_desk(), key.snapshot, level, series_id)


def product_names(product_ids: tuple[str, ...]) -> list[str]:
    """Names in the newest snapshot, in the order of the ids; an unknown one stays an id."""
    newest = manifest()
    known = _product_names(dated(newest.number), product_ids) if newest else {}
    return [known.get(product_id, product_id) for product_id in product_ids]


@st.cache_data(max_entries=64, show_spinner=False)
def _product_names(key: Dated, product_ids: tuple[str, ...]) -> dict[str, str]:
    return series_service.labels(get_desk(), key.snapshot, "product", product_ids)


def forecast(key: Decided, question: ForecastQuestion) -> ForecastView:
    """History, forecast and events of one series; the question names publication and snapshot.

    Decisions change it too: an activation is marked on the chart. A nearer horizon is cut from
    the farthest, so that changing it asks nothing anew.
    """
    return _forecast(key, replace(question, horizon_weeks=FARTHEST)).within(question)


@_shared(max_entries=512, show_spinner=False)
def _forecast(key: Decided, question: ForecastQuestion) -> ForecastView:
    from app.services import forecasting  # loads the learning libraries: not for Home

    return forecasting.forecast(get_desk(), question)


def why(key: Dated, question: ForecastQuestion, week: date) -> Contributions:
    """The parts of one week's forecast, whatever the horizon."""
    return _why(key, replace(question, horizon_weeks=FARTHEST), week)


@_shared(max_entries=512, show_spinner=False)
def _why(key: Dated, question: ForecastQuestion, week: date) -> Contributions:
    from app.services import forecasting

    return forecasting.why(get_desk(), question, week)


@st.cache_data(max_entries=64, show_spinner=False)
def changing_products(
    key: Dated, publication: int, search: str, limit: int, offset: int
) -> pd.DataFrame:
    """One page of the products whose next weeks differ most from their last ones."""
    from app.services import forecasting

    return forecasting.changing_products(
        get_desk(), publication, key.snapshot, limit=limit, offset=offset, search=search
    )
