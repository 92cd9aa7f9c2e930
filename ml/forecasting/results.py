"""From matrices to frames: forecasts and their parts, one row a level, series and week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from ml.contract import Frames, Preview, Progress
from ml.forecasting import explanation, features, levels
from ml.forecasting.baseline import RuleOfThumb
from ml.forecasting.kept import ForecastModel
from ml.forecasting.models import Boosted, chunks
from ml.forecasting.panel import Panel, ancestors
from ml.forecasting.types import BOUNDS, LEVELS, PARTS, SHOP_SERIES, Floats, Ints

KEYS = ["level", "series_id", "week", "ahead"]
CHANGE_WORTH_SHOWING = 0.20
"""Share by which a product's next weeks must change to be listed before an activation."""

PREVIEW_WEEKS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """All that is published of a model."""

    forecast: pd.DataFrame  # as `forecast` gives
    parts: pd.DataFrame  # as `contributions` gives; the same rows
    totals: pd.DataFrame  # as `totals` gives


def forecast(model: ForecastModel, panel: Panel, progress: Progress) -> pd.DataFrame:
    """Columns `KEYS`, `mean` and `BOUNDS` in units; products, then categories, then the shop."""
    origin, horizons = panel.n_weeks - 1, np.arange(1, panel.horizon + 1)
    rows = np.flatnonzero(panel.on_offer(origin))
    means = np.empty((len(rows), len(horizons)), np.float32)
    wobbles = features.wobbles(panel, origin)[rows]
    done = 0
    offered = panel.take(rows)
    ruled = _ruled(model, offered, horizons)
    for _, part in chunks(offered):
        components = (
            model.learner.components(part, origin, horizons)
            if ruled is None
            else ruled[:, done : done + part.n]
        )
        scale = np.repeat(features.scales(part, origin)[:, None], len(horizons), axis=1)
        means[done : done + part.n] = model.learner.combine(
            components, scale, model.calibration.settings
        )
        done += part.n
        progress("forecasting", 0.8 * done / max(len(rows), 1))
    return _frame(model, panel, rows, means, wobbles, horizons)


def _ruled(model: ForecastModel, offered: Panel, horizons: Ints) -> Floats | None:
    """[2, n, H] of the rule of thumb for all products at once; None for a learned model.

    A new product leans on its category, so a part of the products would give other numbers.
    """
    if not isinstance(model.learner, RuleOfThumb):
        return None
    return model.learner.components(offered, offered.n_weeks - 1, horizons)


def _frame(
    model: ForecastModel,
    panel: Panel,
    rows: Ints,
    means: Floats,
    wobbles: Floats,
    horizons: Ints,
) -> pd.DataFrame:
    count = len(horizons)
    known = model.calibration
    bounds = known.product.bounds(
        means.ravel(), np.repeat(wobbles, count), np.tile(horizons, len(rows))
    )
    parts = [_rows(panel, "product", panel.products[rows], means, bounds, horizons)]
    groups = levels.by_category(means, panel.category_of[rows], panel.members)
    present = _present(panel, rows)
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


def _present(panel: Panel, rows: Ints) -> Ints:
    """Category series with a product among the rows."""
    there = np.zeros(len(panel.categories), bool)
    there[panel.category_of[rows]] = True
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


def contributions(model: ForecastModel, panel: Panel, progress: Progress) -> pd.DataFrame:
    """Columns `KEYS` and `PARTS` in units, rows as in `forecast`; parts sum to the mean."""
    origin, horizons = panel.n_weeks - 1, np.arange(1, panel.horizon + 1)
    rows = np.flatnonzero(panel.on_offer(origin))
    values = np.empty((len(PARTS), len(rows), len(horizons)), np.float32)
    settings = model.calibration.settings
    done, budget = 0, explanation.SHAP_ROWS
    order = np.argsort(-features.scales(panel, origin)[rows], kind="stable")
    step = 1_000
    ruled = _ruled(model, panel.take(rows), horizons)
    for start in range(0, len(rows), step):
        chosen = order[start : start + step]
        part = panel.take(rows[chosen])
        if ruled is not None:
            found = explanation.of_rule_of_thumb(ruled[:, chosen], settings)
        else:
            assert isinstance(model.learner, Boosted)
            exact = done * len(horizons) < budget
            found = explanation.of_boosted(
                model.learner, part, origin, horizons, settings, exact=exact
            )
        values[:, chosen] = found
        done += len(chosen)
        progress("explaining", done / len(rows))
    return _part_frame(panel, rows, values, horizons)


def _part_frame(panel: Panel, rows: Ints, values: Floats, horizons: Ints) -> pd.DataFrame:
    present = _present(panel, rows)
    groups = np.stack(
        [levels.by_category(v, panel.category_of[rows], panel.members) for v in values]
    )
    frames = []
    for level, series, block in (
        ("product", panel.products[rows], values),
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


def totals(model: ForecastModel, panel: Panel, told: pd.DataFrame) -> pd.DataFrame:
    """Columns level · series_id · weeks · mean · `BOUNDS`: sums of the next weeks, units."""
    wobbles = dict(zip(panel.products, features.wobbles(panel, panel.n_weeks - 1), strict=True))
    place = {str(name): i for i, name in enumerate(panel.groups)}
    frames = []
    for window in model.calibration.totals:
        near = told[told["ahead"] <= window.weeks]
        sums = near.groupby(["level", "series_id"], observed=True, sort=False)["mean"].sum()
        for level in LEVELS:
            mean = sums[sums.index.get_level_values("level") == level]
            if mean.empty:
                continue
            series = mean.index.get_level_values("series_id")
            values, now = mean.to_numpy(np.float32), np.ones(len(mean), np.int64)
            if level == "product":
                wobble = np.array([wobbles[name] for name in series]) * window.weeks
                bounds = window.product.bounds(values, wobble, now)
            else:
                ranges = window.category if level == "category" else window.shop
                at = np.array([place.get(str(name), 0) for name in series])
                bounds = ranges.bounds(values, at, now)
            frame = pd.DataFrame(
                {
                    "level": level,
                    "series_id": series.to_numpy(object),
                    "weeks": np.full(len(mean), window.weeks, np.int16),
                    "mean": values,
                }
            )
            for i, name in enumerate(BOUNDS):
                frame[name] = bounds[:, i]
            frames.append(frame)
    if not frames:
        return pd.DataFrame(columns=["level", "series_id", "weeks", "mean", *BOUNDS])
    return _concatenated(frames)


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
            f"{CHANGE_WORTH_SHOWING:.0%} over the next {PREVIEW_WEEKS} weeks; "
            f"all together {whole:+.0%}."
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
