"""One LightGBM over all products: direct, the weeks ahead as a feature.

Two fits on the same rows, both relative to the product's usual level: one of the middle
(absolute error: least WAPE, but too low where sales are skewed) and one of the mean (Tweedie:
hardly biased, more error). How they are mixed, and by how much the mix is scaled, is learned
from earlier origins only: as much of the middle as keeps the bias within `BIAS_ALLOWED`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import lightgbm as lgb
import numpy as np

from ml.contract import Progress, Value
from ml.errors import NotEnoughData
from ml.forecasting import features
from ml.forecasting.cases import Cases
from ml.forecasting.panel import Panel
from ml.forecasting.types import HORIZON_BUCKETS, Floats, Ints

THREADS = 2

MANY_ROWS = 50_000
"""Rows from which a second thread gains more than the waiting of the two for one another costs."""

BIAS_ALLOWED = 0.14
"""Share of sales that may be left of the bias on earlier origins, so that later ones stay within
the 0.15 asked of a champion."""

BIAS_RETURNS = 0.5
"""Power of the past bias that is taken out: about half of it is there again in later weeks, the
rest was the season. Chosen on three demo shops and on seven origins of a real one, all before those
that are reported (last known weeks 20 to 32): from 0 to 0.5 the error is the same within half a
percent and the bias shrinks, beyond 0.5 the error grows."""

MIXES = (0.75, 0.5, 0.25, 0.0)
"""Shares of the fit of the middle, which has the least error: the largest that keeps the bias
allowed is used. Choosing it by its error on the few earlier origins did no better than chance;
less bias allowed (0.10, 0.05) costs up to three percent of the error on each of those shops."""

MOST_RATIO = 30.0
"""Times its usual level beyond which one week of a product teaches nothing more."""

LEAST_SALES = 30
"""Weeks of products with sales under which there is nothing to learn."""

FIRST_ORIGIN = 6
"""Week index from which there is enough before an origin to learn from it."""

CHUNK = 20_000
"""Products predicted at a time: bounds the memory."""

MEAN, MIDDLE = 0, 1
OBJECTIVES: tuple[dict[str, Any], ...] = (
    {"objective": "tweedie", "tweedie_variance_power": 1.3},
    {"objective": "regression_l1"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Boosted:
    """The fitted pair, or the recipe for it while `boosters` is empty."""

    parameters: dict[str, Value]
    boosters: tuple[lgb.Booster, ...] = ()
    columns: tuple[int, ...] = ()  # used features, indices into features.NAMES
    external: tuple[str, ...] = ()  # staff's columns that it learned from
    fits: tuple[int, ...] = (MEAN, MIDDLE)  # one alone is a single LightGBM, to compare with
    key: ClassVar[str] = "lightgbm"

    @property
    def families(self) -> list[str]:
        """The part of the forecast that each column of `inputs` belongs to."""
        own = [features.FAMILY[features.NAMES[i]] for i in self.columns]
        return own + [features.OTHER_COLUMNS] * (2 * len(self.external))

    def inputs(self, panel: Panel, origin: int, horizons: Ints) -> Floats:
        """[n × len(horizons), columns] what the boosters are asked with."""
        x = features.table(panel, origin, horizons, self.columns)
        if not self.external:
            return x
        return np.hstack([x, features.other_columns(panel, origin, horizons, self.external)])

    def fit(self, panel: Panel, last: int, seed: int, progress: Progress) -> Boosted:
        """Learn from weeks up to and including `last`."""
        columns = usable_columns(last)
        x, ratio, weight = training_rows(
            panel, last, columns, seed=seed, most=int(self.parameters["most_rows"])
        )
        external = panel.external_names
        sales = int((ratio > 0).sum())
        if sales < LEAST_SALES:
            raise NotEnoughData(
                "Weeks of a product with sales",
                found=sales,
                needed=LEAST_SALES,
                remedy="Wait for more sales; until then the rule of thumb forecasts.",
            )
        names = [features.NAMES[i] for i in columns]
        names += [f"other_{i}" for i in range(x.shape[1] - len(names))]
        boosters = []
        for number in self.fits:
            progress("fitting", (0.2 + 0.4 * number))
            objective = OBJECTIVES[number]
            data = lgb.Dataset(
                x,
                ratio,
                weight=weight,
                feature_name=names,
                categorical_feature=[n for n in features.CATEGORICAL if n in names],
                free_raw_data=True,
            )
            boosters.append(
                lgb.train(
                    self._settings(objective, seed, len(ratio)),
                    data,
                    num_boost_round=int(self.parameters["rounds"]),
                )
            )
        return Boosted(
            parameters=self.parameters,
            boosters=tuple(boosters),
            columns=columns,
            external=external,
            fits=self.fits,
        )

    def _settings(self, objective: dict[str, Any], seed: int, rows: int) -> dict[str, Any]:
        return {
            **objective,
            "learning_rate": float(self.parameters["learning_rate"]),
            "num_leaves": int(self.parameters["leaves"]),
            "min_data_in_leaf": min(int(self.parameters["rows_per_leaf"]), max(rows // 20, 1)),
            "feature_fraction": 0.7,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "max_bin": 127,
            "seed": seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": threads(rows),
            "verbosity": -1,
        }

    def components(self, panel: Panel, origin: int, horizons: Ints) -> Floats:
        """[2, n, H] units: the mean's and the middle's forecast, never negative."""
        result = np.zeros((2, panel.n, len(horizons)), np.float32)
        for rows, part in chunks(panel):
            x = self.inputs(part, origin, horizons)
            scale = features.scales(part, origin)
            for i, booster in zip(self.fits, self.boosters, strict=True):
                ratio = booster.predict(x, num_threads=threads(len(x)))
                by_week = np.asarray(ratio).reshape(len(horizons), part.n).T
                result[i, rows] = np.maximum(by_week * scale[:, None], 0)
        return result

    def learn(self, cases: Cases | None) -> dict[str, float]:
        """Mix and scaling: as much of the middle as the bias on these cases allows."""
        settings = {"mix": 0.5, "factor": 1.0}
        if cases is None:
            return settings
        cases = cases.keep(cases.seen)
        # One giant order in one week must not scale the forecasts of everything else.
        actual = np.minimum(cases.actual, MOST_RATIO * np.maximum(cases.scale, 1.0))
        total = float(actual.sum(dtype=np.float64))
        if total <= 0:
            return settings
        left = []
        for mix in MIXES:
            plain = self.combine(cases.components, cases.scale, {"mix": mix, "factor": 1.0})
            past = max(float(plain.sum(dtype=np.float64)) / total, 1e-6)  # 1 + bias
            factor = float(np.clip(past**-BIAS_RETURNS, 0.5, 2.0))
            left.append((abs(factor * past - 1), mix, factor))
            if left[-1][0] <= BIAS_ALLOWED:
                return {"mix": mix, "factor": factor}
        _, mix, factor = min(left)
        return {"mix": mix, "factor": factor}

    def combine(self, components: Floats, scale: Floats, settings: dict[str, float]) -> Floats:
        share = middle_share(scale, settings)
        mixed = share * components[MIDDLE] + (1 - share) * components[MEAN]
        return np.asarray(settings["factor"] * mixed, np.float32)


def threads(rows: int) -> int:
    """Threads for so many rows; the result is the same with any number."""
    return THREADS if rows >= MANY_ROWS else 1


def middle_share(scale: Floats, settings: dict[str, float]) -> Floats:
    """Share of the fit of the middle: less for slow movers, whose middle week is 0."""
    return np.asarray(settings["mix"] * scale / (scale + 1.0), np.float32)


def usable_columns(last: int) -> tuple[int, ...]:
    """Features that mean something: without a second year a season cannot be told from a trend."""
    yearly = {"season", "holiday"}
    long = {"mean_52", "mean_13_to_52", "price_52"}
    short = last < features.YEAR + 26
    return tuple(
        i
        for i, (name, family) in enumerate(features.FAMILY.items())
        if not (short and (family in yearly or name in long))
    )


def training_rows(
    panel: Panel, last: int, columns: tuple[int, ...], *, seed: int, most: int
) -> tuple[Floats, Floats, Floats]:
    """Features, units relative to the level, and weights (the level) of past weeks.

    Of all (origin, weeks ahead) pairs a few weeks ahead are drawn for each origin, from every
    horizon group, then so many products that about `most` rows remain. Staff's columns are told
    as they were known by `last` for half of the origins, by chance, and as they were known at
    the origin for the others: so it is learned both to use them and to do without.
    """
    chance = np.random.default_rng([seed, last])
    origins = range(min(FIRST_ORIGIN, max(last - 2, 0)), last)
    drawn = {o: _draw_horizons(chance, min(panel.horizon, last - o)) for o in origins}
    share = min(1.0, most / max(sum(len(h) for h in drawn.values()) * panel.n, 1))
    xs, ratios, weights = [], [], []
    for origin, horizons in drawn.items():
        part, on_offer = panel, panel.on_offer(origin)
        if share < 1:
            rows = np.flatnonzero(chance.random(panel.n) < share)
            part, on_offer = panel.take(rows), on_offer[rows]
        x = features.table(part, origin, horizons, columns)
        if panel.external_names:
            known_at = last if chance.random() < 0.5 else origin
            others = features.other_columns(
                part, origin, horizons, panel.external_names, known_at=known_at
            )
            x = np.hstack([x, others])
        scale = features.scales(part, origin)
        seen = (part.seen[:, origin + horizons] & on_offer[:, None]).T.ravel()
        ratio = (part.units[:, origin + horizons] / scale[:, None]).T.ravel()
        xs.append(x[seen])
        ratios.append(np.minimum(ratio[seen], MOST_RATIO))
        weights.append(np.tile(scale, len(horizons))[seen])
    weight = np.concatenate(weights)
    weight = weight / max(float(weight.mean()) if len(weight) else 1.0, 1e-9)
    return np.concatenate(xs), np.concatenate(ratios), weight


def _draw_horizons(chance: np.random.Generator, longest: int) -> Ints:
    """Two weeks ahead of each horizon group, all of the first two groups."""
    drawn: list[int] = []
    for first, last in HORIZON_BUCKETS:
        weeks = np.arange(first, min(last, longest) + 1)
        few = weeks if last <= 4 else chance.permutation(weeks)[:2]
        drawn += sorted(int(week) for week in few)
    return np.array(drawn, int)


def chunks(panel: Panel) -> Iterator[tuple[slice, Panel]]:
    """The panel in pieces of at most `CHUNK` products."""
    if panel.n <= CHUNK:
        yield slice(0, panel.n), panel
        return
    for start in range(0, panel.n, CHUNK):
        rows = np.arange(start, min(start + CHUNK, panel.n))
        yield slice(start, start + len(rows)), panel.take(rows)
