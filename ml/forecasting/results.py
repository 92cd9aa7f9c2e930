"""From matrices to frames: forecasts and their parts, one row a level, series and week."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from ml.contract import Frames, Preview
from ml.forecasting import levels
from ml.forecasting.panel import Panel, ancestors
from ml.forecasting.telling import Told
from ml.forecasting.types import BOUNDS, LEVELS, PARTS, SHOP_SERIES, Floats, Ints

KEYS = ["level", "series_id", "week", "ahead"]
CHANGE_WORTH_SHOWING = 0.20
"""Share by which a product's next weeks must change to be listed before an activation."""

PREVIEW_WEEKS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """All that is published of a model."""

    forecast: pd.DataFrame  # as `frame` gives
    parts: pd.DataFrame  # as `contributions` gives; the same rows
    totals: pd.DataFrame  # as `totals` gives
    importance: dict[str, Any] = field(default_factory=dict)  # as `importance.summary` gives
    features: pd.DataFrame = field(default_factory=pd.DataFrame)  # as `Details.frame` gives
    newcomers: pd.DataFrame | None = None  # as `newcomers.Newcomers.used`; None: none is new
    notes: tuple[str, ...] = ()  # sentences on scopes whose model could not speak


def frame(told: Told) -> pd.DataFrame:
    """Columns `KEYS`, `mean` and `BOUNDS` in units; products, then categories, then the shop."""
    panel, horizons, means = told.base.panel, told.base.horizons, told.mean
    count = len(horizons)
    known = told.base.models[0].calibration
    bounds = told.bounds.reshape(-1, len(BOUNDS))
    parts = [_rows(panel, "product", panel.products, means, bounds, horizons)]
    groups = levels.by_category(means, panel.category_of, panel.members)
    present = _present(panel)
    for level, series, values, index, ranges in (
        ("category", panel.groups[present], groups[present], present, known.category),
        (
            "shop",
            np.array([SHOP_SERIES], object),
            means.sum(0, dtype=np.float64)[None, :],
            np.zeros(1, int),
            known.shop,
        ),
    ):
        values = values.astype(np.float32)
        around = ranges.bounds(
            values.ravel(), np.repeat(index, count), np.tile(horizons, len(series))
        )
        parts.append(_rows(panel, level, series, values, around, horizons))
    return _concatenated(parts)


def _present(panel: Panel) -> Ints:
    """Category series with a product in the panel."""
    there = np.zeros(len(panel.categories), bool)
    there[panel.category_of] = True
    return np.flatnonzero((panel.members & there).any(1))


def _rows(
    panel: Panel, level: str, series: np.ndarray, means: Floats, bounds: Floats, horizons: Ints
) -> pd.DataFrame:
    frame = _keys(panel, level, series, horizons)
    frame["mean"] = means.ravel()
    for i, name in enumerate(BOUNDS):
        frame[name] = bounds[:, i]
    return frame


def _keys(panel: Panel, level: str, series: np.ndarray, horizons: Ints) -> pd.DataFrame:
    weeks = np.array([panel.week(panel.n_weeks - 1 + int(h)) for h in horizons])
    return pd.DataFrame(
        {
            "level": pd.Categorical(
                np.full(len(series) * len(horizons), level), categories=list(LEVELS)
            ),
            "series_id": np.repeat(series.astype(object), len(horizons)),
            "week": np.tile(weeks.astype("datetime64[ns]"), len(series)),
            "ahead": np.tile(horizons.astype(np.int16), len(series)),
        }
    )


def _concatenated(parts: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def contributions(told: Told, values: Floats) -> pd.DataFrame:
    """Columns `KEYS` and `PARTS` in units, rows as in `frame`; parts sum to the mean.

    Parameters
    ----------
    values : [parts, n, H] as `telling.explain` gives.
    """
    panel, horizons = told.base.panel, told.base.horizons
    present = _present(panel)
    groups = np.stack([levels.by_category(v, panel.category_of, panel.members) for v in values])
    frames = []
    for level, series, block in (
        ("product", panel.products, values),
        ("category", panel.groups[present], groups[:, present]),
        (
            "shop",
            np.array([SHOP_SERIES], object),
            values.sum(1, dtype=np.float64)[:, None, :],
        ),
    ):
        frame = _keys(panel, level, series, horizons)
        for i, name in enumerate(PARTS):
            frame[name] = block[i].ravel().astype(np.float32)
        frames.append(frame)
    return _concatenated(frames)


def totals(told: Told) -> pd.DataFrame:
    """Columns level · series_id · weeks · mean · `BOUNDS`: sums of the next weeks, units."""
    panel, base = told.base.panel, told.base
    present = _present(panel)
    frames = []
    for window in base.models[0].calibration.totals:
        near = told.mean[:, : window.weeks].astype(np.float64)
        groups = levels.by_category(near, panel.category_of, panel.members)[present]
        for level, series, sums, bounds in (
            ("product", panel.products, near.sum(1), None),
            ("category", panel.groups[present], groups.sum(1), window.category),
            ("shop", np.array([SHOP_SERIES], object), near.sum()[None], window.shop),
        ):
            mean = np.asarray(sums, np.float32)
            now = np.ones(len(mean), np.int64)
            if bounds is None:
                around = _total_bounds(told, mean, window.weeks)
            else:
                around = bounds.bounds(mean, present if level == "category" else now * 0, now)
            frame = pd.DataFrame(
                {
                    "level": level,
                    "series_id": series.astype(object),
                    "weeks": np.full(len(mean), window.weeks, np.int16),
                    "mean": mean,
                }
            )
            for i, name in enumerate(BOUNDS):
                frame[name] = around[:, i]
            frames.append(frame)
    if not frames:
        return pd.DataFrame(columns=["level", "series_id", "weeks", "mean", *BOUNDS])
    return _concatenated(frames)


def _total_bounds(told: Told, mean: Floats, weeks: int) -> Floats:
    """[n, bounds] of sums over `weeks`, by what each product's model learned of such sums."""
    result = np.empty((len(mean), len(BOUNDS)), np.float32)
    first = told.base.models[0]
    for number, model in enumerate(told.base.models):
        rows = np.flatnonzero(told.base.owner == number)
        known = {total.weeks: total for total in model.calibration.totals}
        if weeks not in known:  # it does not reach so far, and the model of all products tells
            known = {total.weeks: total for total in first.calibration.totals}
        result[rows] = known[weeks].product.bounds(
            mean[rows], told.wobbles[rows] * weeks, np.ones(len(rows), np.int64)
        )
    return result


def entities(predictions: pd.DataFrame) -> pd.Series[Any]:
    """E.g. "product:P000012/2026-11-23"."""
    week = predictions["week"].dt.strftime("%Y-%m-%d")
    names = predictions["level"].astype(str) + ":" + predictions["series_id"].astype(str)
    return pd.Series(names + "/" + week, name="entity")


def preview(current: pd.DataFrame, proposed: pd.DataFrame) -> Preview:
    """Products whose next `PREVIEW_WEEKS` weeks change by more than `CHANGE_WORTH_SHOWING`."""
    both = pd.DataFrame({"before": _next_weeks(current), "after": _next_weeks(proposed)})
    both = both.fillna(0.0)
    both["change"] = both["after"] - both["before"]
    both["share"] = both["change"] / both["before"].clip(lower=1.0)
    changed = both[both["share"].abs() > CHANGE_WORTH_SHOWING]
    changed = changed.reindex(changed["change"].abs().sort_values(ascending=False).index)
    total = float(both["before"].sum())
    whole = (float(both["after"].sum()) - total) / total if total > 0 else 0.0
    return Preview(
        sentence=(
            f"{len(changed)} of {len(both)} products change by more than "
            f"{CHANGE_WORTH_SHOWING * 100:.0f} % over the next {PREVIEW_WEEKS} weeks; "
            f"all together {f'{whole * 100:+.0f} %'.replace('-', '−')}."
        ),
        changed=len(changed),
        total=len(both),
        rows=changed.reset_index().rename(columns={"series_id": "product_id"}),
        columns={
            "product_id": "Product",
            "before": f"Next {PREVIEW_WEEKS} weeks now, units",
            "after": f"Next {PREVIEW_WEEKS} weeks then, units",
            "change": "Change, units",
            "share": "Change, share",
        },
    )


def _next_weeks(predictions: pd.DataFrame) -> pd.Series:
    near = predictions[
        (predictions["level"] == "product") & (predictions["ahead"] <= PREVIEW_WEEKS)
    ]
    return near.groupby("series_id", observed=True)["mean"].sum().astype(float)


def outcome(predictions: pd.DataFrame, frames: Frames, last_week: pd.Timestamp) -> pd.DataFrame:
    """What was sold in each predicted week that is complete; NaN while it is not."""
    sales = frames["panel"]
    sales = sales.assign(week=sales["week"].astype("datetime64[ns]"))
    category = sales["category_id"] if "category_id" in sales else pd.Series(None, sales.index)
    if frames.get("products") is not None:
        by_product = frames["products"].set_index("product_id")["category_id"]
        category = sales["product_id"].map(by_product)
    sums = {
        "product": sales.groupby([sales["product_id"].astype(object), "week"])["units"].sum(),
        "category": _with_those_above(
            sales.groupby([category.astype(object), "week"])["units"].sum(), frames
        ),
    }
    shop = sales.groupby("week")["units"].sum()
    keys = pd.MultiIndex.from_arrays([predictions["series_id"].astype(object), predictions["week"]])
    level = predictions["level"].astype(str).to_numpy()
    came = np.zeros(len(predictions))
    for name, found in sums.items():
        at = level == name
        came[at] = found.reindex(keys[at]).fillna(0).to_numpy()
    at = level == "shop"
    came[at] = shop.reindex(predictions["week"][at]).fillna(0).to_numpy()
    open_ = (predictions["week"] > last_week).to_numpy()
    came[open_] = np.nan
    known = (predictions["week"] + timedelta(days=6)).dt.date.to_numpy()
    return pd.DataFrame(
        {
            "entity": entities(predictions).to_numpy(),
            "outcome": came,
            "outcome_on": [None if o else day for o, day in zip(open_, known, strict=True)],
        }
    )


def _with_those_above(sums: pd.Series[Any], frames: Frames) -> pd.Series[Any]:
    """Units by (category, week), those of the categories above summed from those below."""
    chains = ancestors(frames)
    flat = sums.rename_axis(["category", "week"]).rename("units").reset_index()
    flat["category"] = [chains.get(str(name), [str(name)]) for name in flat["category"]]
    return flat.explode("category").groupby(["category", "week"])["units"].sum()
