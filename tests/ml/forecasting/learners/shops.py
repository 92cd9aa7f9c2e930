"""Small shops on which every candidate can be asked within a second or a few."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from ml.contract import Frames
from ml.forecasting import FORECASTING, candidates, panel
from ml.forecasting.panel import Panel
from tests.factories.panels import FIRST_WEEK, from_matrix, last_day

WEEKS = 118
ORIGIN = 109
HORIZON = 4
QUICK: dict[str, dict[str, Any]] = {
    "lightgbm": {"rounds": 20, "most_rows": 10_000},
    "ensemble": {"with_lightgbm": False},
    "forest": {"trees": 10, "leaves": 8},
    "arima": {"largest_order": 1},
    "lstm": {"steps": 2, "cells": 4, "weeks_back": 12},
    "tft": {"steps": 1, "cells": 4, "weeks_back": 12},
}
KEYS = tuple(c.key for c in FORECASTING.candidates)


def shop(products: int = 4, weeks: int = WEEKS, seed: int = 3) -> Frames:
    """Products with a season, promotions, stock-outs, a column of the shop's own."""
    chance = np.random.default_rng(seed)
    week = np.arange(weeks)
    level = chance.uniform(5, 40, products)[:, None]
    units = chance.poisson(level * (1.3 + np.cos(2 * np.pi * week / 52.18))).astype(float)
    out = (chance.random(units.shape) < 0.03) * 5.0
    frames = dict(
        from_matrix(units, ["a" if i % 2 else "b" for i in range(products)], stockout_days=out)
    )
    frames["promotions"] = promotions([(20, 21, 5), (60, 61, 50), (111, 112, 100)])
    frames["external"] = external(chance.normal(15, 5, weeks + HORIZON))
    frames["holidays"] = pd.DataFrame({"day": [monday(25), monday(77), monday(111)]})
    return frames


def monday(week: int) -> Any:
    return FIRST_WEEK + timedelta(weeks=week)


def promotions(rows: list[tuple[int, int, int]]) -> pd.DataFrame:
    """Of the whole shop: first week, last week, week of the announcement."""
    first, last, told = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "product_id": None,
            "category_id": None,
            "discount": 0.3,
            "starts_on": [monday(w) for w in first],
            "ends_on": [monday(w) + timedelta(days=6) for w in last],
            "announced_at": [pd.Timestamp(monday(w)) for w in told],
        }
    )


def external(values: np.ndarray, *, known: int = 0) -> pd.DataFrame:
    """A column by week, all of it uploaded in one week."""
    return pd.DataFrame(
        {
            "day": [monday(w) for w in range(len(values))],
            "name": "rain",
            "value": values,
            "known_at": pd.Timestamp(monday(known)),
        }
    )


def built(frames: Frames, weeks: int = WEEKS) -> Panel:
    return panel.build(frames, as_of=last_day(weeks), horizon=HORIZON)


def recipe(key: str, **changed: Any) -> Any:
    chosen = next(c for c in FORECASTING.candidates if c.key == key)
    given = {"horizon_weeks": HORIZON, **QUICK.get(key, {}), **changed}
    if key == "rule_of_thumb":
        given = {"horizon_weeks": HORIZON}
    return candidates.learner(key, chosen.check(given))


@lru_cache(maxsize=32)
def fitted(key: str) -> tuple[Any, Panel]:
    """Learned from all weeks of the small shop."""
    made = built(shop())
    return recipe(key).fit(made, WEEKS - 1, 1, lambda step, share: None), made
