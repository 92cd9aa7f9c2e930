"""Weekly panels of shops that never were, with what was planted in them known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from ml.contract import Frames

FIRST_WEEK = date(2023, 7, 3)
"""A Monday."""


def last_day(weeks: int) -> date:
    """The Sunday that ends a history of so many weeks."""
    return FIRST_WEEK + timedelta(weeks=weeks) - timedelta(days=1)


def seasonal_shop(products: int = 40, weeks: int = 130, seed: int = 5) -> Frames:
    """Two categories with opposite yearly seasons, announced promotions that double sales.

    Neither the mean of the last 8 weeks nor last year's single weeks can know both.
    """
    chance = np.random.default_rng(seed)
    total = weeks + 30
    level = chance.uniform(8, 60, products)
    winter = np.arange(products) % 2 == 0
    week = np.arange(total)
    wave = 0.6 * np.cos(2 * np.pi * (week - 24) / 52.18)
    rate = level[:, None] * np.exp(np.where(winter[:, None], wave, -wave))
    promoted = chance.random((products, total)) < 0.08
    units = chance.poisson(np.where(promoted, 2.2 * rate, rate))
    rows, columns = np.nonzero(promoted)
    mondays = [FIRST_WEEK + timedelta(weeks=int(w)) for w in week]
    promotions = pd.DataFrame(
        {
            "product_id": [f"P{row:03d}" for row in rows],
            "category_id": None,
            "discount": 0.25,
            "starts_on": [mondays[w] for w in columns],
            "ends_on": [mondays[w] + timedelta(days=6) for w in columns],
            "announced_at": [pd.Timestamp(mondays[w]) - pd.Timedelta(weeks=28) for w in columns],
        }
    )
    frames = dict(from_matrix(units[:, :weeks], ["winter" if w else "summer" for w in winter]))
    frames["promotions"] = promotions
    frames["holidays"] = pd.DataFrame(
        {
            "day": [pd.Timestamp(year, 12, day) for year in range(2023, 2028) for day in (25, 26)],
            "name": "Christmas",
        }
    )
    return frames


def aimless_shop(products: int = 40, weeks: int = 130, seed: int = 6) -> Frames:
    """Every week is the mean of the 8 before it, give or take: nothing else can be known."""
    chance = np.random.default_rng(seed)
    units = np.empty((products, weeks + 8))
    units[:, :8] = chance.uniform(20, 80, (products, 1)) * chance.uniform(0.7, 1.3, (products, 8))
    for week in range(8, weeks + 8):
        give_or_take = chance.uniform(0.6, 1.4, products)
        units[:, week] = units[:, week - 8 : week].mean(1) * give_or_take
    return from_matrix(units[:, 8:], ["one"] * products)


def from_matrix(
    units: np.ndarray,
    categories: list[str],
    *,
    stockout_days: np.ndarray | None = None,
    price: np.ndarray | float = 10.0,
    launched: list[date | None] | None = None,
    ended: list[date | None] | None = None,
) -> Frames:
    """Frames of products P000, P001 … (rows) by week (columns), weeks without a word left out."""
    products, weeks = units.shape
    out = np.zeros(units.shape) if stockout_days is None else stockout_days
    rows, columns = np.nonzero((units > 0) | (out > 0))
    ids = np.array([f"P{i:03d}" for i in range(products)], dtype=object)
    mondays = pd.to_datetime([FIRST_WEEK + timedelta(weeks=w) for w in range(weeks)])
    prices = np.broadcast_to(np.asarray(price, float), units.shape)
    return {
        "panel": pd.DataFrame(
            {
                "product_id": ids[rows],
                "category_id": np.array(categories, dtype=object)[rows],
                "week": mondays[columns],
                "units": units[rows, columns].astype("float32"),
                "price": prices[rows, columns].astype("float32"),
                "stockout_days": out[rows, columns].astype("float32"),
            }
        ),
        "products": pd.DataFrame(
            {
                "product_id": ids,
                "category_id": categories,
                "launched_on": launched or [FIRST_WEEK] * products,
                "ended_on": ended or [None] * products,
            }
        ),
    }
