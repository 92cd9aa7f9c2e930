"""What a model would have forecast of weeks that came after a day, beside what came."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from ml import case_rows
from ml.contract import CASE_COLUMNS, Frames
from ml.forecasting import panel as panels
from ml.forecasting import results, telling
from ml.forecasting.baseline import RULES, RuleOfThumb
from ml.forecasting.kept import ForecastModel
from ml.forecasting.panel import Panel
from ml.forecasting.types import Floats
from ml.forecasting.weeks import last_complete_week

AHEAD = 4
"""Weeks that are told at once: by then a real forecast would have been made anew."""

NEWEST_WEEKS = 8
"""Of the past that are enough to tell two models apart, and few enough to be the newest."""

MOST_STRETCHES = 6


def fresh_since(as_of: date) -> date:
    """The last day of the week before the newest ones."""
    return last_complete_week(as_of) + timedelta(days=6) - timedelta(weeks=NEWEST_WEEKS)


def replay(model: ForecastModel, frames: Frames, *, since: date, as_of: date) -> pd.DataFrame:
    """One row a product and week after `since` that was on offer and in stock, 1 to 4 weeks ahead
    of its forecast; see `ml.contract.CASE_COLUMNS`.
    """
    first = last_complete_week(since)
    whole = (last_complete_week(as_of) - first).days // 7
    if whole < 1:
        return pd.DataFrame(columns=list(CASE_COLUMNS))
    came = _panel(model, frames, as_of)
    starts = range(0, whole, AHEAD)[-MOST_STRETCHES:]
    parts = [
        _stretch(model, frames, came, first + timedelta(weeks=start, days=6)) for start in starts
    ]
    return case_rows.frame({name: pd.concat(parts)[name] for name in CASE_COLUMNS}).reset_index(
        drop=True
    )


def _stretch(model: ForecastModel, frames: Frames, came: Panel, origin: date) -> pd.DataFrame:
    then = _panel(model, frames, origin)
    told = results.frame(telling.tell(model, then, frames, lambda step, share: None))
    told = told[(told["level"] == "product") & (told["ahead"] <= AHEAD)]
    simple = _rule(model, then)
    row = pd.Index(then.products).get_indexer(pd.Index(told["series_id"]))
    rule = simple[row, told["ahead"].to_numpy(np.int64) - 1]
    at_row = pd.Index(came.products).get_indexer(pd.Index(told["series_id"]))
    weeks = pd.DatetimeIndex(came.weeks.astype("datetime64[ns]"))
    at_week = weeks.get_indexer(pd.DatetimeIndex(told["week"].astype("datetime64[ns]")))
    known = (at_row >= 0) & (at_week >= 0)
    seen = np.zeros(len(told), bool)
    seen[known] = came.seen[at_row[known], at_week[known]]
    kept = told[seen]
    return pd.DataFrame(
        {
            "case": results.entities(kept).to_numpy(),
            "unit": kept["series_id"].astype(str).to_numpy(),
            "group": "Products",
            "day": kept["week"].to_numpy(),
            "actual": came.sold[at_row[seen], at_week[seen]],
            "predicted": kept["mean"].to_numpy(),
            "rule": rule[seen],
            "weight": 1.0,
        }
    )


def _rule(model: ForecastModel, panel: Panel) -> Floats:
    """[n, weeks ahead] what the rule of thumb says, in the form that it had for this model."""
    said = str(model.story.get("rule", RULES[0]))
    which = {"rule": float(RULES.index(said) if said in RULES else 0)}
    horizons = np.arange(1, min(AHEAD, panel.horizon) + 1)
    thumb = RuleOfThumb()
    components = thumb.components(panel, panel.n_weeks - 1, horizons)
    return thumb.combine(components, np.ones(panel.n, np.float32), which)


def _panel(model: ForecastModel, frames: Frames, as_of: date) -> Panel:
    return panels.build(
        frames,
        as_of=as_of,
        horizon=model.horizon,
        categories=model.categories,
        groups=model.groups,
    )
