"""How often ranges hold: products, categories and shop, single weeks and sums, several shops.

Single weeks come from the evaluations themselves: the later half of a backtest's origins, told
with what was known by then. Sums reach to 26 weeks, further than a backtest of one year can both
learn and judge, so they are published as of earlier days and held against what came. A count
stands for its stretch of the line (`ml.forecasting.ranges`); the share within the rounded
bounds, both counted as inside, is reported beside it.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from ml.contract import Frames
from ml.forecasting import BOUNDS, COVERAGES, FORECASTING, LEVELS
from ml.forecasting import panel as panels
from ml.forecasting.levels import by_category
from ml.forecasting.ranges import held
from tests.benchmarks.report import Report
from tests.factories import online_retail as shop
from tests.factories.sample_data import sample_data_folder

SEED = 7
WITHIN = 0.05
FEW = 20
"""Cases of which one is more than 5 points: told, but neither right nor wrong."""

CANDIDATES = ("rule_of_thumb", "lightgbm")
DAYS_BACK = (26, 34, 42, 50)
"""Weeks before the last one as of which sums of up to 26 weeks are published."""


def run(report: Report) -> None:
    data = sample_data_folder()
    if data is not None:
        frames, last = shop.weekly_frames(data), shop.LAST_WEEK + timedelta(days=6)
        single_weeks(report, "Online Retail", frames, last, horizon=shop.HORIZON)
    for size in ("small", "medium"):
        frames, last = demo(size)
        single_weeks(report, f"demo {size}", frames, last, horizon=26)
        for candidate in CANDIDATES:
            back = DAYS_BACK if size == "small" or candidate == CANDIDATES[0] else DAYS_BACK[:1]
            sums(report, f"demo {size}", frames, last, candidate, back)


def demo(size: str) -> tuple[Frames, date]:
    """Frames of a shared home, and the last day that they know."""
    from app.services.forecasting import inputs
    from tests.benchmarks.homes import desk_of, home_of

    desk = desk_of(home_of(size))
    manifest = desk.store.newest()
    assert manifest is not None
    read = inputs.read(desk, manifest)
    return read.frames, read.as_of


def single_weeks(report: Report, name: str, frames: Frames, last: date, *, horizon: int) -> None:
    for candidate in CANDIDATES:
        found = FORECASTING.evaluate(
            candidate, frames, as_of=last, seed=SEED, parameters={"horizon_weeks": horizon}
        )
        for row in found.tables["by_level"].to_dict(orient="records"):
            if name == "Online Retail" and row["level"] == "category":
                continue  # it has one category: the shop
            _tell(report, f"{name}, {candidate}, {row['level']}", row)


def sums(
    report: Report, name: str, frames: Frames, last: date, candidate: str, back: tuple[int, ...]
) -> None:
    """Sums of the next weeks as published on earlier days, over all of these together."""
    found: list[pd.DataFrame] = []
    for weeks in back:
        as_of = last - timedelta(weeks=weeks)
        model = FORECASTING.fit(candidate, frames, as_of=as_of, seed=SEED)
        totals = FORECASTING.everything(model, frames, as_of=as_of).totals
        found.append(totals.assign(actual=_came(frames, as_of, last, totals)))
    whole = pd.concat(found)
    whole = whole[whole["actual"].notna()]
    for (level, span), rows in whole.groupby(["level", "weeks"], observed=True):
        share = held(rows["actual"].to_numpy(float), rows[list(BOUNDS)].to_numpy(float)).mean(0)
        told: dict[Any, Any] = dict(zip((f"coverage_{c}" for c in COVERAGES), share, strict=True))
        told["cases"] = len(rows)
        _tell(report, f"{name}, {candidate}, {level}, sum of {span} weeks", told)


def _came(frames: Frames, as_of: date, last: date, totals: pd.DataFrame) -> np.ndarray:
    """What each sum came to; NaN for products that were not in stock all the time, or ended."""
    whole = panels.build(frames, as_of=last, horizon=1)
    first = panels.build(frames, as_of=as_of, horizon=1).n_weeks
    result = np.full(len(totals), np.nan)
    for weeks in np.unique(totals["weeks"].to_numpy(int)).tolist():
        at = slice(first, first + weeks)
        units, seen = whole.sold[:, at], whole.seen[:, at].all(1)
        series = {
            "product": dict(zip(whole.products, np.where(seen, units.sum(1), np.nan), strict=True)),
            "category": dict(
                zip(
                    whole.groups,
                    by_category(units, whole.category_of, whole.members).sum(1),
                    strict=True,
                )
            ),
            "shop": {"shop": float(units.sum())},
        }
        for level in LEVELS:
            rows = ((totals["level"] == level) & (totals["weeks"] == weeks)).to_numpy()
            result[rows] = totals["series_id"][rows].map(series[level]).to_numpy(float)
    return result


def _tell(report: Report, name: str, row: dict[Any, Any]) -> None:
    few = row["cases"] < FEW
    for level in COVERAGES:
        share = float(row[f"coverage_{level}"])
        report.add(
            f"{name}: {level} % range held",
            measured=share,
            asked=f"{row['cases']} cases" if few else f"{level} % ± 5",
            passed=None if few else abs(share - level / 100) <= WITHIN,
        )
        if f"within_{level}" in row:
            report.add(
                f"{name}: within {level} % in whole units", measured=float(row[f"within_{level}"])
            )
