"""What-if against the planted effects of the demo shop, and look-alikes on its past launches."""

from __future__ import annotations

import time
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from app.services.forecasting import inputs, response
from app.services.training import newest_snapshot
from data_access.shop.engines import make_engine
from data_access.sources.demo import truth
from ml.contract import silent
from ml.forecasting import candidates, features, newcomers
from ml.forecasting import panel as panels
from ml.forecasting.panel import Panel
from tests.benchmarks.homes import desk_of, home_of
from tests.benchmarks.report import Report

if TYPE_CHECKING:
    from app.services.forecasting.inputs import Inputs

SIZE = "medium"
BEST, SEVERAL = 50, 3
"""Best-selling products that are looked at, and price changes that each of them had at least."""

ASKED = 0.30
FULL_EFFECT = 0.20  # discount from which the planted extra of a promotion is whole
WEEKS = 8  # of sales after an origin that a new product's forecast is measured on
ORIGINS, REFIT = range(80, 9, -4), 24
"""Weeks before the end from which new products are forecast, and between two fits."""


def run(report: Report) -> None:
    home = home_of(SIZE)
    desk = desk_of(home)
    read = inputs.read(desk, newest_snapshot(desk))
    started = time.perf_counter()
    learned = response.learn_anew(desk, read)
    seconds = time.perf_counter() - started
    assert learned is not None
    report.add("seconds to learn 5,000 products' answers", measured=seconds, unit="s")
    planted = _planted(home)
    table = learned.set_index("product_id").join(planted, how="inner", rsuffix="_planted")
    sold = read.frames["panel"].groupby("product_id", observed=True)["units"].sum()
    table["sold"] = sold.reindex(table.index).fillna(0)
    best = table[table["changes"] >= SEVERAL].sort_values("sold", ascending=False).head(BEST)
    naive = _naive(read, best.index)
    for change in (-0.1, 0.1):
        true = (1 + change) ** best["elasticity_planted"] - 1
        for name, slope in (("what-if", best["elasticity"]), ("naive regression", naive)):
            error = _median(((1 + change) ** slope - 1 - true).abs() / true.abs())
            ours = name == "what-if"
            report.add(
                f"{name}: median error of the effect of {change:+.0%}",
                measured=error,
                asked=f"≤ {ASKED}" if ours else "",
                unit="share",
                passed=error <= ASKED if ours else None,
            )
    for discount in (0.1, 0.2, 0.3):
        log = np.log1p(-discount) * best["elasticity_planted"]
        true = np.expm1(log + best["promotion_lift"] * min(1.0, discount / FULL_EFFECT))
        found = np.expm1(best[f"promo_{discount * 100:.0f}"])
        error = _median((found - true).abs() / true.abs())
        report.add(
            f"what-if: median error of the effect of a promotion of {discount:.0%}",
            measured=error,
            asked=f"≤ {ASKED}",
            unit="share",
            passed=error <= ASKED,
        )
    for name, rows in (("50 best-selling", best), ("all", table)):
        inside = rows["elasticity_planted"].between(rows["low"], rows["high"])
        report.add(f"80 % range of elasticities held, {name}", measured=float(inside.mean()))
    _launches(report, read)


def _median(values: Any) -> float:
    return float(np.median(values))


def _planted(home: Path) -> pd.DataFrame:
    engine = make_engine(f"sqlite:///{home / 'shop.db'}")
    columns = truth.products.c
    statement = sa.select(columns.product_id, columns.elasticity, columns.promotion_lift)
    with engine.connect() as connection:
        rows = connection.execute(statement).mappings().all()
    engine.dispose()
    return pd.DataFrame(rows).set_index("product_id")


def _naive(read: Inputs, products: pd.Index) -> pd.Series:
    """Slope of log weekly units on log list price, a product at a time."""
    panel = read.frames["panel"]
    panel = panel[(panel["units"] > 0) & (panel["list_price"] > 0)]
    slopes = {}
    for product, rows in panel[panel["product_id"].isin(products)].groupby(
        "product_id", observed=True
    ):
        x, y = np.log(rows["list_price"].to_numpy(float)), np.log(rows["units"].to_numpy(float))
        x = x - x.mean()
        slopes[product] = float((x * (y - y.mean())).sum() / max((x * x).sum(), 1e-9))
    return pd.Series(slopes).reindex(products)


def _launches(report: Report, read: Inputs) -> None:
    """Past launches, each forecast as it stood when it was new."""
    whole = panels.build(read.frames, as_of=read.as_of, horizon=WEEKS)
    horizons = np.arange(1, WEEKS + 1)
    checked = {p.name: p.default for p in candidates.CANDIDATES[1].parameters}
    checked["horizon_weeks"] = WEEKS
    learner = candidates.learner(candidates.CANDIDATES[1].key, checked)
    fitted, rows = learner, []
    for number, back in enumerate(ORIGINS):
        origin = whole.n_weeks - back
        if number % (REFIT // 4) == 0:
            fitted = learner.fit(whole, origin, 1, silent)
        panel = _cut(whole, origin).take(np.flatnonzero(whole.on_offer(origin)))
        components = fitted.components(panel, origin, horizons)
        scale = np.repeat(features.scales(panel, origin)[:, None], WEEKS, axis=1)
        base = fitted.combine(components, scale, fitted.learn(None)).astype(float)
        found = newcomers.forecast(panel, read.frames, base)
        old = newcomers.established(panel)
        for row in newcomers.rows_of_new(panel):
            at = int(np.flatnonzero(whole.products == panel.products[row])[0])
            came, seen = whole.units[at, origin + horizons], whole.seen[at, origin + horizons]
            kind = old & (panel.category_of == panel.category_of[row])
            said = {
                "the candidate alone": base[row],
                "the category's median": np.median(base[kind], axis=0) if kind.any() else base[row],
                "look-alikes": base[row] if found is None else found.mean[row],
            }
            rows += [
                {
                    "by": name,
                    "sum": abs((values - came)[seen].sum()),
                    "weeks": np.abs(values - came)[seen].sum(),
                    "bias": (values - came)[seen].sum(),
                    "came": came[seen].sum(),
                }
                for name, values in said.items()
            ]
    sums = pd.DataFrame(rows).groupby("by").sum()
    report.add("new products measured", measured=float(len(rows) // 3))
    for name, row in sums.iterrows():
        for slug, what in (
            ("sum", "error of 8 weeks together"),
            ("weeks", "WAPE"),
            ("bias", "bias"),
        ):
            report.add(f"new products by {name}: {what}", measured=float(row[slug] / row["came"]))
    better = bool(sums["sum"]["look-alikes"] < sums["sum"].drop("look-alikes").min())
    report.add("look-alikes miss least over 8 weeks", measured=str(better), passed=better)


def _cut(panel: Panel, origin: int) -> Panel:
    """The panel as it was known at the end of a week."""
    known = slice(0, origin + 1)
    values = {one.name: getattr(panel, one.name) for one in fields(panel)}
    past = ("units", "sold", "group_sold", "seen", "price", "stockout")
    return replace(panel, weeks=values["weeks"][known], **{k: values[k][:, known] for k in past})
