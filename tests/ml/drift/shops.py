"""Cases of shops whose drift is known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

FIRST = date(2024, 1, 1)
DAYS = 560
LEARNED_TO = FIRST + timedelta(days=DAYS - 31)
LAST = FIRST + timedelta(days=DAYS - 1)
A_DAY = 300
SEASON = 0.15  # of the logarithm of the amount, up and down within a year


def calm_shop(seed: int = 3, days: int = DAYS, a_day: int = A_DAY) -> pd.DataFrame:
    """Nothing changes but the season; days hang together, Sundays differ, some values lack."""
    chance = np.random.default_rng(seed)
    number = chance.poisson(a_day, days)
    day = np.repeat(np.arange(days), number)
    size = len(day)
    mood = 0.03 * chance.normal(size=days)  # all orders of a day share it
    season = SEASON * np.sin(2 * np.pi * day / 364)
    amount = np.exp(3.5 + 0.5 * chance.normal(size=size) + mood[day] + season)
    units = chance.poisson(2, size).astype(float)
    units[chance.random(size) < 0.03] = np.nan
    return pd.DataFrame(
        {
            "day": np.datetime64(FIRST) + day.astype("timedelta64[D]"),
            "amount": amount,
            "units": units,
            "night": (chance.random(size) < 0.08 + 0.04 * (day % 7 == 6)).astype(float),
            "age": chance.normal(size=size),
            "method": np.array(["card", "wallet", "invoice"], object)[
                chance.choice(3, size, p=[0.6, 0.3, 0.1])
            ],
        }
    )


def shifted(cases: pd.DataFrame, name: str, since: date, deviations: float = 0.5) -> pd.DataFrame:
    """One input moved from a day on: numbers by deviations, words as far for the commonest."""
    changed = cases.copy()
    late = (changed["day"] >= pd.Timestamp(since)).to_numpy()
    column = changed[name]
    if column.dtype == object:
        common = column == "card"
        share = float(common.mean())
        chance = np.random.default_rng(9).random(len(column))
        moves = late & common.to_numpy() & (chance < deviations * np.sqrt((1 - share) / share))
        changed.loc[moves, name] = "wallet"
    else:
        changed.loc[late, name] = column[late] + deviations * float(column.std())
    return changed
