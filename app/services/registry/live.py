"""How good a champion has been since it decides: what it said beside what came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data_access.state.tables import Prediction
from ml.contract import Measure, capability

if TYPE_CHECKING:
    from app.context import Desk

MOST = 5_000
"""Graded predictions that are read, the newest: more would move the figure by its last digit."""

FEWEST = 30
"""Graded predictions under which nothing is said."""

SLACK = timedelta(days=400)
"""A demo shop's newest day may lie far behind the clock; the index spares what is older still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """Quality since a version went live."""

    value: float | None  # in the primary measure; None: too few predictions are graded
    graded: int
    newest: datetime | None  # when an outcome was last written down, naive UTC


def newest_outcome(session: Session, key: str) -> datetime | None:
    """Rises whenever something is graded: with it an answer is dated."""
    return session.scalar(
        select(func.max(Prediction.outcome_at)).where(
            Prediction.capability == key, Prediction.outcome_at.is_not(None)
        )
    )


def since(desk: Desk, key: str, number: int | None, begin: datetime) -> Live:
    """What a version said as champion since it went live, of which the outcome is known.

    number : None for the rule of thumb.
    """
    query = (
        select(Prediction.prediction, Prediction.outcome)
        .where(
            Prediction.capability == key,
            Prediction.arm == "champion",
            Prediction.model_version == (number or 0),
            Prediction.as_of >= (begin - SLACK).date(),
            Prediction.made_at >= begin,
            Prediction.outcome.is_not(None),
        )
        .order_by(Prediction.as_of.desc())
        .limit(MOST)
    )
    with desk.state.read() as session:
        rows = session.execute(query).all()
        newest = newest_outcome(session, key)
    if len(rows) < FEWEST:
        return Live(value=None, graded=len(rows), newest=newest)
    told = np.array([tuple(row) for row in rows], np.float64)
    frame = pd.DataFrame({"predicted": told[:, 0], "actual": told[:, 1], "weight": 1.0})
    found = capability(key)
    value = found.figures(frame).get(found.primary)
    return Live(value=value, graded=len(rows), newest=newest)


def in_words(live: Live, measure: Measure, said: str) -> str:
    """ "Error (WAPE) 14 % over 2,310 predictions".

    said : the figure as staff read it.
    """
    if live.value is None:
        if not live.graded:
            return "Nothing of what it said has come about yet."
        return f"Only {live.graded} of its predictions have come about: too few to tell."
    return f"{measure.label} {said} over {live.graded:,} predictions that came about."
