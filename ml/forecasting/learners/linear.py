"""Linear regression of each product on the calendar, its trend, prices, promotions and columns.

One ridge regression a product, all solved at once. Sales are relative to the product's usual
level; later weeks weigh more; weeks without stock are left out. Of weeks to come it reads the
calendar and what had been announced, so its parts are the terms of the sum themselves.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ml.forecasting import features
from ml.forecasting.learners import histories
from ml.forecasting.learners.additive import Additive, mean_instead
from ml.forecasting.panel import Panel
from ml.forecasting.types import Bools, Floats, Ints

WAVES = 3
"""Sine waves a year, the shortest four months long."""

LONG_ENOUGH = 78
"""Weeks of history from which a season can be told from a trend."""

RIDGE = 1.0
"""Weeks of evidence against each term's having any effect."""

USUAL_DISCOUNT, USUAL_PRICE_STEP = 0.25, 0.1
"""Promotions and steps of log price that count as one, so that a week of them is one week of
evidence."""

TREND_RIDGE = 10.0
"""The same for the trend, which is carried on far beyond what was seen."""

CHUNK = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear(Additive):
    key: ClassVar[str] = "linear"
    pieces: ClassVar[tuple[str, ...]] = (
        "usual level",
        "season",
        "trend",
        "price",
        "promotion",
        "holiday",
        "other columns",
    )

    def components(self, panel: Panel, origin: int, horizons: Ints) -> Floats:
        result = np.zeros((len(self.pieces), panel.n, len(horizons)), np.float32)
        for start in range(0, panel.n, CHUNK):
            rows = np.arange(start, min(start + CHUNK, panel.n))
            result[:, rows] = self._some(panel.take(rows), origin, np.asarray(horizons, int))
        few = ~_own(panel, origin)
        result[:, few] = 0
        result[0, few] = mean_instead(panel, origin, horizons)[few]
        return result

    def _some(self, panel: Panel, origin: int, horizons: Ints) -> Floats:
        scale = features.scales(panel, origin).astype(np.float64)
        past, ahead = np.arange(origin + 1), origin + horizons
        terms, x = _terms(panel, origin, past)
        _, future = _terms(panel, origin, ahead)
        seen = panel.seen[:, : origin + 1]
        y = histories.without_giants(panel.units[:, : origin + 1]) / scale[:, None]
        half_life = float(self.parameters["memory_weeks"])
        weight = seen * 0.5 ** ((origin - past) / half_life)
        total = np.maximum(weight.sum(1), 1e-9)
        mean_y = (weight * y).sum(1) / total
        mean_x = np.einsum("nt,ntk->nk", weight, x) / total[:, None]
        x -= mean_x[:, None]
        weighted = x * weight[:, :, None]
        ridge = np.array([TREND_RIDGE if part == "trend" else RIDGE for part in terms])
        square = np.einsum("ntk,ntl->nkl", weighted, x) + np.diag(ridge)
        slope = np.linalg.solve(
            square, np.einsum("ntk,nt->nk", weighted, y - mean_y[:, None])[:, :, None]
        )
        told = (future - mean_x[:, None]) * slope[:, None, :, 0] * scale[:, None, None]
        result = np.zeros((len(self.pieces), panel.n, len(horizons)))
        result[0] = (mean_y * scale)[:, None]
        for number, part in enumerate(terms):
            result[self.pieces.index(part)] += told[:, :, number]
        return result

    def notes(self, panel: Panel, origin: int) -> tuple[str, ...]:
        rows = panel.on_offer(origin)
        few = int((rows & ~_own(panel, origin)).sum())
        if not few:
            return ()
        return (
            f"{few:,} of {int(rows.sum()):,} products have fewer than {histories.ENOUGH} weeks "
            "of sales; the mean of their last 8 weeks stands in.",
        )


def _own(panel: Panel, origin: int) -> Bools:
    return np.asarray(panel.seen[:, : origin + 1].sum(1) >= histories.ENOUGH)


def _terms(panel: Panel, origin: int, weeks: Ints) -> tuple[list[str], Floats]:
    """The part of each term, and [n, weeks, terms] their values as known at the origin."""
    shape = (panel.n, len(weeks))
    found: list[tuple[str, Floats]] = [("trend", (weeks - origin) / features.YEAR)]
    if origin + 1 >= LONG_ENOUGH:
        turn = 2 * np.pi * panel.years[weeks]
        for wave in range(1, WAVES + 1):
            found += [("season", np.sin(wave * turn)), ("season", np.cos(wave * turn))]
        after = np.minimum(weeks + 1, len(panel.holidays) - 1)
        found += [("holiday", panel.holidays[weeks]), ("holiday", panel.holidays[after])]
    found += [
        ("promotion", panel.promotions.known(weeks, origin) / USUAL_DISCOUNT),
        ("price", _log_price(panel, origin, weeks) / USUAL_PRICE_STEP),
    ]
    past = np.arange(origin + 1)
    for name in panel.external_names:
        known = panel.external_at(name, past, origin)
        known = known[np.isfinite(known)]
        if len(known) < histories.ENOUGH or np.ptp(known) == 0:
            continue
        value = (panel.external_at(name, weeks, origin) - known.mean()) / known.std()
        found.append(("other columns", np.nan_to_num(value)))  # unknown: as usual
    values = [np.broadcast_to(value, shape) for _, value in found]
    return [part for part, _ in found], np.stack(values, axis=2).astype(np.float64)


def _log_price(panel: Panel, origin: int, weeks: Ints) -> Floats:
    """Log of the price over the usual one; weeks to come have the origin's price."""
    known = panel.price[:, : origin + 1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a product never priced is NaN
        usual = np.nanmean(known, axis=1)
    price = known[:, np.minimum(weeks, origin)]
    return np.asarray(np.nan_to_num(np.log(price / usual[:, None])))
