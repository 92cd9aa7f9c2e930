"""The weekly protocol on Online Retail: which lines, which products, which weeks, which origins."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from ml.contract import Frames

FIRST_WEEK, LAST_WEEK = date(2010, 11, 29), date(2011, 11, 28)
ORIGINS = (date(2011, 8, 8), date(2011, 9, 5), date(2011, 10, 3), date(2011, 10, 31))
"""Mondays of the last known weeks."""

HORIZON = 4
PRODUCTS = 300
LARGEST_LINE = 5_000
"""Units from which a single line is left out of the ranking, and only of that."""


def weekly_frames(folder: Path) -> Frames:
    """Frames of the 300 best-selling codes; a week without sales is 0 from the first week on."""
    lines = pd.read_parquet(folder / "online_retail" / "online_retail.parquet")
    sold = lines[
        (lines["Quantity"] > 0)
        & (lines["UnitPrice"] > 0)
        & ~lines["InvoiceNo"].astype(str).str.startswith("C")
    ]
    ranked = sold[sold["Quantity"] < LARGEST_LINE].groupby("StockCode")["Quantity"].sum()
    codes = ranked.nlargest(PRODUCTS).index
    sold = sold[sold["StockCode"].isin(codes)]
    day = sold["InvoiceDate"].dt.normalize()
    week = (day - pd.to_timedelta(day.dt.weekday, unit="D")).astype("datetime64[ns]")
    revenue = sold["Quantity"] * sold["UnitPrice"]
    rows = (
        pd.DataFrame(
            {
                "product_id": sold["StockCode"].astype(str),
                "week": week,
                "units": sold["Quantity"],
                "revenue": revenue,
            }
        )
        .groupby(["product_id", "week"], as_index=False)
        .sum()
    )
    rows["price"] = rows["revenue"] / rows["units"]
    rows = rows[rows["week"].between(pd.Timestamp(FIRST_WEEK), pd.Timestamp(LAST_WEEK))]
    return {
        "panel": rows.drop(columns="revenue"),
        "products": pd.DataFrame(
            {
                "product_id": sorted(map(str, codes)),
                "category_id": "all",
                "launched_on": FIRST_WEEK,
                "ended_on": None,
            }
        ),
    }


def matrix(frames: Frames) -> tuple[pd.Index, np.ndarray]:
    """Products and their units [products, weeks], 0 where nothing was sold."""
    weeks = pd.date_range(FIRST_WEEK, LAST_WEEK, freq="W-MON")
    wide = frames["panel"].pivot(index="product_id", columns="week", values="units")
    wide = wide.reindex(columns=weeks).fillna(0.0).sort_index()
    return wide.index, wide.to_numpy(float)


def position(origin: date) -> int:
    """Index of an origin's week."""
    return (origin - FIRST_WEEK).days // 7


def as_of(origin: date) -> date:
    """The Sunday that ends an origin's week."""
    return origin + timedelta(days=6)
