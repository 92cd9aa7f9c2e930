"""Do products with their category agree better from below, or reconciled? See ADR 7.

Base forecasts of products by the default learned model, of categories and shop by AutoETS on their
own sums; reconciled by hierarchicalforecast against simply summing the products.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from ml.contract import Frames
from ml.forecasting import FORECASTING
from tests.benchmarks.report import Report
from tests.factories import online_retail as shop
from tests.factories.sample_data import sample_data_folder

SEED = 7
HORIZON = 4
PRODUCTS = 300
METHODS = ("bottom-up", "ols", "wls_struct", "wls_var", "mint_shrink")
LEVELS = ("product", "category", "shop")
SEASON = 52
"""Weeks of a year; AutoETS refuses seasons this long, so Fourier-free levels and trends it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hierarchy:
    """Units by week of products, and which of them each category sums."""

    frames: Frames
    products: list[str]
    units: np.ndarray  # [n, T]
    weeks: pd.DatetimeIndex
    members: np.ndarray  # [c, n] of 0 and 1


def run(report: Report) -> None:
    data = sample_data_folder()
    if data is None:
        report.add("Online Retail", measured="not on this machine")
    else:
        measure(report, "Online Retail", _online_retail(data), list(shop.ORIGINS))
    demo = _demo()
    last = demo.weeks[-1].date()
    origins = [last - timedelta(weeks=HORIZON * back) for back in (10, 7, 4, 1)]
    measure(report, "demo medium", demo, origins)


def measure(report: Report, name: str, known: Hierarchy, origins: list[date]) -> None:
    """WAPE of each way at each level, over all origins together."""
    missed = {(method, level): 0.0 for method in METHODS for level in LEVELS}
    sold = dict.fromkeys(LEVELS, 0.0)
    for origin in origins:
        at = int((pd.Timestamp(origin) - known.weeks[0]).days // 7)
        summing = np.vstack(
            [np.ones(len(known.products)), known.members, np.eye(known.units.shape[0])]
        )
        came = summing @ known.units[:, at + 1 : at + 1 + HORIZON]
        rows = dict(zip(("shop", "category", "product"), _slices(known), strict=True))
        for method, told in _told(known, summing, at, origin):
            for level, part in rows.items():
                missed[(method, level)] += float(np.abs(told[part] - came[part]).sum())
        for level, part in rows.items():
            sold[level] += float(came[part].sum())
    for level in LEVELS:
        figures = {method: missed[(method, level)] / sold[level] for method in METHODS}
        for method, wape in figures.items():
            report.add(f"{name}, {level}: WAPE, {method}", measured=wape)
    better = sum(
        missed[("bottom-up", level)] <= min(missed[(m, level)] for m in METHODS) + 1e-9
        for level in LEVELS
    )
    report.add(
        f"{name}: levels of three at which bottom-up is best", measured=better, unit="levels"
    )


def _slices(known: Hierarchy) -> tuple[slice, slice, slice]:
    count = len(known.members)
    return slice(0, 1), slice(1, 1 + count), slice(1 + count, None)


def _told(
    known: Hierarchy, summing: np.ndarray, at: int, origin: date
) -> Iterator[tuple[str, np.ndarray]]:
    """Forecasts [series, horizon] of every method from one origin."""
    from hierarchicalforecast.methods import (  # type: ignore[import-untyped]
        MinTrace,
    )

    upper = len(known.members) + 1
    bottom = _products(known, origin)
    sums = summing[:upper] @ known.units
    above, fitted = _ets(sums[:, : at + 1])
    base = np.vstack([above, bottom])
    yield "bottom-up", summing @ bottom
    history = summing @ known.units[:, : at + 1]
    inside = np.vstack([fitted, _means(known.units[:, : at + 1])])
    for method in METHODS[1:]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = MinTrace(method=method).fit_predict(
                S=summing,
                y_hat=base,
                y_insample=history,
                y_hat_insample=inside,
            )
        yield method, np.maximum(found["mean"], 0.0)


def _products(known: Hierarchy, origin: date) -> np.ndarray:
    """[n, horizon] by the default learned model, from what was known on the origin's Sunday."""
    as_of = origin + timedelta(days=6)
    given: dict[str, Any] = {
        "as_of": as_of,
        "seed": SEED,
        "parameters": {"horizon_weeks": HORIZON},
    }
    model = FORECASTING.fit("lightgbm", known.frames, **given)
    told = FORECASTING.predict(model, known.frames, as_of=as_of)
    wide = told[told["level"] == "product"].pivot(index="series_id", columns="ahead", values="mean")
    return wide.reindex(known.products).fillna(0.0).to_numpy(float)


def _ets(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[u, horizon] by AutoETS on logarithms, and what it says of its own history [u, T]."""
    from statsforecast.models import AutoETS

    told, fitted = [], []
    for series in np.log1p(sums):
        found = AutoETS(season_length=1).forecast(y=series, h=HORIZON, fitted=True)
        told.append(np.expm1(found["mean"]))
        fitted.append(np.expm1(found["fitted"]))
    return np.array(told), np.nan_to_num(np.array(fitted))


def _means(units: np.ndarray) -> np.ndarray:
    """[n, T] mean of the 8 weeks before each week: what stands for the products' own history."""
    frame = pd.DataFrame(units.T)
    return frame.rolling(8, min_periods=1).mean().shift(1).fillna(0.0).to_numpy().T


def _online_retail(data: Any) -> Hierarchy:
    """Categories are the first three digits of the stock code: the shop has no others."""
    frames = shop.weekly_frames(data)
    index, units = shop.matrix(frames)
    products = [str(one) for one in index]
    groups = [one[:3] for one in products]
    names = sorted(set(groups))
    named = frames["products"].assign(
        category_id=[code[:3] for code in frames["products"]["product_id"]]
    )
    return Hierarchy(
        frames={**frames, "products": named},
        products=products,
        units=units,
        weeks=pd.date_range(shop.FIRST_WEEK, shop.LAST_WEEK, freq="W-MON"),
        members=np.array([[float(g == name) for g in groups] for name in names]),
    )


def _demo() -> Hierarchy:
    """The best sellers of the demo shop, medium, with all of their history."""
    from app.services.forecasting import as_of, frames
    from ml.forecasting import last_complete_week
    from tests.benchmarks.homes import desk_of, home_of

    desk = desk_of(home_of("medium"))
    manifest = desk.store.newest()
    assert manifest is not None
    given = frames(desk, manifest)
    last = last_complete_week(as_of(desk, manifest))
    panel = given["panel"].assign(
        product_id=given["panel"]["product_id"].astype(str),
        week=pd.to_datetime(given["panel"]["week"]),
    )
    recent = panel[panel["week"] > pd.Timestamp(last - timedelta(weeks=52))]
    before = recent[recent["week"] <= pd.Timestamp(last - timedelta(weeks=HORIZON * 10))]
    products = sorted(before.groupby("product_id")["units"].sum().nlargest(PRODUCTS).index)
    panel = panel[panel["product_id"].isin(products)]
    weeks = pd.date_range(panel["week"].min(), pd.Timestamp(last), freq="W-MON")
    wide = panel.pivot_table(index="product_id", columns="week", values="units", aggfunc="sum")
    wide = wide.reindex(index=products, columns=weeks).fillna(0.0)
    kept = given["products"][given["products"]["product_id"].isin(products)]
    groups = kept.set_index("product_id")["category_id"].reindex(products).astype(str).tolist()
    names = sorted(set(groups))
    desk.analytics.close()
    return Hierarchy(
        frames={**given, "panel": panel, "products": kept},
        products=products,
        units=wide.to_numpy(float),
        weeks=weeks,
        members=np.array([[float(g == name) for g in groups] for name in names]),
    )
