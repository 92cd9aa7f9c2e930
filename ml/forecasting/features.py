"""What a forecast may know: pure, point in time, nothing later than the origin.

An origin is the index of the last known week. Of the weeks after it only the calendar and what
had been announced by then are used. All sales figures are relative to the product's own level
(`scale`), so that one model learns from kettles and from teaspoons alike.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from ml.forecasting.panel import Panel
from ml.forecasting.types import Floats, Ints

SCALE_FLOOR = 0.1
"""Units a week under which a product's level is not told from zero."""

YEAR = 52
"""Weeks between a week and the one it is compared with a year before."""

FAMILY: dict[str, str] = {
    "log_scale": "usual level",
    "mean_26": "usual level",
    "mean_52": "usual level",
    "zero_share": "usual level",
    "wobble": "usual level",
    "category": "usual level",
    "own_last_year": "season",
    "own_season": "season",
    "category_season": "season",
    "shop_season": "season",
    "year_position": "season",
    "to_christmas": "season",
    "mean_4_to_13": "trend",
    "mean_13_to_52": "trend",
    "category_trend": "trend",
    "shop_trend": "trend",
    "age": "trend",
    "ahead": "trend",
    "lag_1": "recent sales",
    "lag_2": "recent sales",
    "lag_3": "recent sales",
    "lag_4": "recent sales",
    "mean_2": "recent sales",
    "mean_4": "recent sales",
    "mean_8": "recent sales",
    "since_sale": "recent sales",
    "stockout_8": "recent sales",
    "price_8": "price",
    "price_52": "price",
    "promo_planned": "promotion",
    "promo_before": "promotion",
    "promo_recent": "promotion",
    "promo_now": "promotion",
    "holidays": "holiday",
    "holidays_after": "holiday",
}
"""Feature → part of the forecast that it belongs to."""

NAMES: tuple[str, ...] = tuple(FAMILY)
EVERY: tuple[int, ...] = tuple(range(len(NAMES)))
CATEGORICAL: tuple[str, ...] = ("category",)

OTHER_COLUMNS = "other columns"
"""Part of the forecast that staff's own columns belong to."""


def scales(panel: Panel, origin: int) -> Floats:
    """[n] a product's usual level at the origin: units a week, never below `SCALE_FLOOR`."""
    units = panel.units[:, _window(panel, origin, 26)]
    cap = _largest_believed(units)
    seen = panel.seen[:, _window(panel, origin, 26)]
    calm = np.minimum(units, cap[:, None])
    short = _ratio(calm[:, -8:].sum(1), seen[:, -8:].sum(1))
    long = _ratio(calm.sum(1), seen.sum(1))
    long = np.where(np.isnan(long), 0, long)
    short = np.where(np.isnan(short), long, short)
    return np.maximum(0.5 * short + 0.5 * long, SCALE_FLOOR).astype(np.float32)


def _largest_believed(units: Floats) -> Floats:
    """[n] units up to which a week of the window counts for the usual level.

    One order of a million must not make a product, and through its weight the model, believe in
    a million a week; a second one of its size is a pattern.
    """
    if units.shape[1] < 2:
        return np.asarray(np.full(len(units), np.inf), np.float32)
    second = np.partition(units, -2, axis=1)[:, -2]
    return np.asarray(np.maximum(5 * second, 10.0), np.float32)


def wobbles(panel: Panel, origin: int) -> Floats:
    """[n] mean distance of a seen week from the mean of the last 26, units; 0 where unknown."""
    at = _window(panel, origin, 26)
    seen = panel.seen[:, at]
    mean = mean_of_last(panel, origin, 26)
    away = np.abs(panel.units[:, at] - mean[:, None]).sum(1, where=seen)
    return np.nan_to_num(_ratio(away, seen.sum(1)))


def table(panel: Panel, origin: int, horizons: Ints, columns: Sequence[int] = EVERY) -> Floats:
    """[n × len(horizons), features]: all products of the first horizon, then of the next.

    Columns as in `NAMES`, or those of them that are wanted; a figure that cannot be known is NaN.
    """
    scale = scales(panel, origin)
    fixed = _at_origin(panel, origin, scale)
    n = panel.n
    result = np.empty((n * len(horizons), len(columns)), np.float32)
    for block, horizon in enumerate(np.asarray(horizons, int)):
        moving = _at_target(panel, origin, int(horizon), scale)
        rows = slice(block * n, (block + 1) * n)
        for place, column in enumerate(columns):
            name = NAMES[column]
            result[rows, place] = fixed[name] if name in fixed else moving[name]
    return result


def other_columns(
    panel: Panel, origin: int, horizons: Ints, names: Sequence[str], *, known_at: int | None = None
) -> Floats:
    """[n × len(horizons), 2 × names]: staff's columns in the target week and in the origin's.

    What was not known at the origin is NaN. Learning may ask for what was known later
    (`known_at`, a week index): how sales answered a column is learned from weeks that have
    passed, whether or not somebody knew the column in advance.
    """
    ahead = origin + np.asarray(horizons, int)
    pairs = [
        column
        for name in names
        for column in (
            panel.external_at(name, ahead, origin if known_at is None else known_at),
            np.repeat(panel.external_at(name, np.array([origin]), origin), len(ahead)),
        )
    ]
    return np.repeat(np.column_stack(pairs).astype(np.float32), panel.n, axis=0)


def _window(panel: Panel, origin: int, length: int) -> slice:
    return slice(max(origin + 1 - length, 0), origin + 1)


def mean_of_last(panel: Panel, origin: int, length: int) -> Floats:
    """[n] mean units of the seen weeks among the last `length`; NaN where none was seen."""
    at = _window(panel, origin, length)
    return _ratio(panel.units[:, at].sum(1), panel.seen[:, at].sum(1))


def _ratio(above: Floats, below: Floats) -> Floats:
    """Division that answers NaN where there is nothing below."""
    result = np.full(np.broadcast_shapes(np.shape(above), np.shape(below)), np.nan, np.float32)
    np.divide(above, below, out=result, where=np.asarray(below) > 0)
    return result


def _at_origin(panel: Panel, origin: int, scale: Floats) -> dict[str, Floats]:
    means = {length: mean_of_last(panel, origin, length) for length in (2, 4, 8, 13, 26, 52)}
    at = _window(panel, origin, 13)
    seen, units = panel.seen[:, at], panel.units[:, at]
    count = seen.sum(1)
    zero = _ratio(((units == 0) & seen).sum(1), count)
    spread = _ratio(np.abs(units - means[13][:, None]).sum(1, where=seen), count)
    recent = panel.units[:, : origin + 1] > 0
    since = np.where(recent.any(1), np.argmax(recent[:, ::-1], 1), 99)
    first = np.where(recent.any(1), np.argmax(recent, 1), origin)
    result: dict[str, Floats] = {
        "log_scale": np.log(scale),
        "mean_26": means[26] / scale,
        "mean_52": means[52] / scale,
        "zero_share": zero,
        "wobble": spread / scale,
        "category": panel.category_of.astype(np.float32),
        "mean_4_to_13": _ratio(means[4], means[13]),
        "mean_13_to_52": _ratio(means[13], means[52]),
        "category_trend": _group_trend(panel, origin)[panel.category_of],
        "shop_trend": np.asarray(_group_trend(panel, origin)[-1]),
        "age": np.minimum(origin - np.maximum(np.minimum(first, origin), panel.launch), 104),
        "mean_2": means[2] / scale,
        "mean_4": means[4] / scale,
        "mean_8": means[8] / scale,
        "since_sale": np.minimum(since, 52),
        "stockout_8": panel.stockout[:, _window(panel, origin, 8)].mean(1),
        "promo_recent": _announced(panel, origin, _window(panel, origin, 4)).mean(1),
        "promo_now": _announced(panel, origin, slice(origin, origin + 1))[:, 0],
    }
    for lag in (1, 2, 3, 4):
        i = origin + 1 - lag
        value = np.full(panel.n, np.nan, np.float32)
        if i >= 0:
            value = np.where(panel.seen[:, i], panel.units[:, i] / scale, np.nan)
        result[f"lag_{lag}"] = value
    for length in (8, 52):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a product never priced is NaN
            usual = np.nanmean(panel.price[:, _window(panel, origin, length)], axis=1)
        result[f"price_{length}"] = panel.price[:, origin] / usual
    return result


def _at_target(panel: Panel, origin: int, horizon: int, scale: Floats) -> dict[str, Floats]:
    target = origin + horizon
    groups = _group_season(panel, origin, horizon)
    last_year = _around(panel, target - YEAR, reach=1)
    return {
        "own_last_year": last_year / scale,
        "own_season": _ratio(last_year, _around(panel, origin - YEAR - 3, reach=4)),
        "category_season": groups[panel.category_of],
        "shop_season": np.asarray(groups[-1]),
        "year_position": np.asarray(panel.years[target]),
        "to_christmas": np.asarray(panel.to_christmas[target]),
        "ahead": np.asarray(np.float32(horizon)),
        "promo_planned": _planned(panel, origin, target),
        "promo_before": np.maximum(
            _planned(panel, origin, target - 1), _planned(panel, origin, target - 2)
        ),
        "holidays": np.asarray(panel.holidays[target]),
        "holidays_after": np.asarray(panel.holidays[min(target + 1, len(panel.holidays) - 1)]),
    }


def _planned(panel: Panel, origin: int, week: int) -> Floats:
    """[n] promotion in a week as far as it had been announced by the origin."""
    if week < 0:
        return np.zeros(panel.n, np.float32)
    return _announced(panel, origin, slice(week, week + 1))[:, 0]


def _announced(panel: Panel, origin: int, weeks: slice) -> Floats:
    """[n, weeks] promotions that had been announced by the origin, past ones told late left out."""
    return panel.promotions.known(weeks, origin)


def _around(panel: Panel, week: int, *, reach: int) -> Floats:
    """[n] mean units of the seen weeks within `reach` of a past week; NaN before the history."""
    low, high = max(week - reach, 0), week + reach + 1
    if high <= 0:
        return np.full(panel.n, np.nan, np.float32)
    return _ratio(panel.units[:, low:high].sum(1), panel.seen[:, low:high].sum(1))


def _group_trend(panel: Panel, origin: int) -> Floats:
    total = panel.group_sold[:, : origin + 1]
    return _ratio(total[:, -4:].mean(1), total[:, -13:].mean(1))


def _group_season(panel: Panel, origin: int, horizon: int) -> Floats:
    """[categories + 1] last years' step from the weeks before the origin to the target week."""
    total = panel.group_sold[:, : origin + 1]
    steps = []
    for years in (1, 2, 3):
        target, base = origin + horizon - YEAR * years, origin - YEAR * years
        if base - 7 < 0:
            break
        ahead = total[:, target - 1 : target + 2].mean(1)
        steps.append(_ratio(ahead, total[:, base - 7 : base + 1].mean(1)))
    if not steps:
        return np.full(len(total), np.nan, np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a category without last year is NaN
        return np.asarray(np.nanmean(steps, axis=0), np.float32)
