"""Key figures, series and their names."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app.cached.keys import (
    Dated,
    Decided,
    Level,
    dated,
    manifest,
    shared,
    the_desk,
)
from app.services import home as home_service
from app.services import marks as marks_service
from app.services import series as series_service

if TYPE_CHECKING:
    pass


@st.cache_data(max_entries=8, show_spinner=False)
def key_figures(key: Dated, last_day: date) -> pd.DataFrame:
    """The days of `key_figures` that Home reads."""
    return home_service.key_figures(
        the_desk(), key.snapshot, first_day=home_service.needed_from(last_day), last_day=last_day
    )


@shared(max_entries=128, show_spinner=False)
def home(key: Decided, asked: home_service.Asked, last_day: date) -> home_service.Home:
    """Home's figures, chart and targets for one role and selection."""
    days = key_figures(Dated(home=key.home, snapshot=key.snapshot), last_day)
    month = last_day.replace(day=1)
    targets = home_service.month_targets(the_desk(), month)
    return home_service.home(days, asked, targets, last_day)


@st.cache_data(max_entries=512, show_spinner=False)
def best_sellers(key: Dated, first_day: date, last_day: date) -> pd.DataFrame:
    """Products with the most revenue in a span of days."""
    return home_service.best_sellers(
        the_desk(), key.snapshot, first_day=first_day, last_day=last_day
    )


@shared(max_entries=64, show_spinner=False)
def marks(key: Decided, first: date, last: date) -> tuple[marks_service.Mark, ...]:
    """Events of the whole shop; activations are decisions, so the revision is part of the key."""
    return marks_service.of_shop(the_desk(), key.snapshot, first=first, last=last)


@shared(max_entries=512, show_spinner=False)
def series_options(
    key: Dated, level: Level, search: str, limit: int
) -> tuple[series_service.Option, ...]:
    """Series whose name or number holds all words of the search."""
    return series_service.options(the_desk(), key.snapshot, level, search, limit)


@shared(max_entries=512, show_spinner=False)
def series_label(key: Dated, level: Level, series_id: str) -> str | None:
    """Name of a series; None where there is none."""
    return series_service.label(the_desk(), key.snapshot, level, series_id)


def product_names(product_ids: tuple[str, ...]) -> list[str]:
    """Names in the newest snapshot, in the order of the ids; an unknown one stays an id."""
    newest = manifest()
    known = _product_names(dated(newest.number), product_ids) if newest else {}
    return [known.get(product_id, product_id) for product_id in product_ids]


@st.cache_data(max_entries=64, show_spinner=False)
def _product_names(key: Dated, product_ids: tuple[str, ...]) -> dict[str, str]:
    return series_service.labels(the_desk(), key.snapshot, "product", product_ids)
