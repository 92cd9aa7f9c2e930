"""Write down what came of earlier forecasts, as soon as their weeks are over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd

from app.services.forecasting import inputs
from app.services.training import newest_snapshot
from data_access.state.predictions import open_predictions, record_outcomes
from ml.forecasting import FORECASTING

if TYPE_CHECKING:
    from app.context import Desk

AT_ONCE = 200_000
"""Open predictions looked at in one run: half a year of daily forecasts of 40 series."""


def grade(desk: Desk) -> int:
    """Fill in the outcomes that the newest snapshot knows; returns how many weeks got one."""
    with desk.state.read() as session:
        entities = {row.entity for row in open_predictions(session, FORECASTING.key, limit=AT_ONCE)}
    waiting = _parsed(sorted(entities))
    manifest = newest_snapshot(desk)
    as_of = inputs.as_of(desk, manifest)
    over = waiting[waiting["week"] + pd.Timedelta(days=6) <= pd.Timestamp(as_of)]
    if over.empty:
        return 0
    found = FORECASTING.outcome(over, inputs.frames(desk, manifest), as_of=as_of)
    known = found.dropna(subset=["outcome"])
    with desk.state.write() as session:
        record_outcomes(
            session,
            FORECASTING.key,
            dict(zip(known["entity"], known["outcome"].astype(float), strict=True)),
            datetime.now(UTC).replace(tzinfo=None),
        )
    return len(known)


def _parsed(entities: list[str]) -> pd.DataFrame:
    """ "category:C01/2026-11-23" → level, series_id, week (the inverse of `entities`)."""
    rows = []
    for entity in entities:
        level, _, rest = entity.partition(":")
        series_id, _, week = rest.rpartition("/")
        rows.append((level, series_id, week))
    frame = pd.DataFrame(rows, columns=["level", "series_id", "week"])
    return frame.assign(week=pd.to_datetime(frame["week"]).astype("datetime64[ns]"))
