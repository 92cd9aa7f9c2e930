"""Trend and season by STL, what they leave by a random forest over all products.

Learned as it is used: at several past origins the trend and season of the weeks up to there are
carried on, and the forest learns what the following weeks stood above or below that, from the
same features that LightGBM sees. Under two years a product has no STL: the mean of its last 13
weeks is carried on instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ml.contract import Progress
from ml.errors import NotEnoughData
from ml.forecasting import feature_words, features
from ml.forecasting.importance import ByFeature, Feature
from ml.forecasting.learners import histories
from ml.forecasting.learners.additive import Additive, in_parts
from ml.forecasting.learners.trees import Forest
from ml.forecasting.models import chunks, usable_columns
from ml.forecasting.panel import Panel
from ml.forecasting.types import HORIZON_BUCKETS, PARTS, Bools, Floats, Ints

MOST_LEARNED = 400
"""Products that the forest learns from where there are more, the best-selling half of them."""

LEARNED_ORIGINS = 6
MOST_ROWS = 40_000
LEAST_ROWS = 50
CARRIED_ON = 13
"""Weeks whose mean is the level where there is no STL."""

UNKNOWN = -1.0
"""In place of a feature that is not known: no known one is so low but the weeks to Christmas."""

STL_WORDS = ("mean of the last 26 weeks, carried on", "season by STL", "trend by STL")

STEPS = {"seasonal": 53, "seasonal_deg": 0, "seasonal_jump": 5, "trend_jump": 9, "low_pass_jump": 5}
"""STL settings: a season that changes slowly, fitted at every few weeks (fifteen times faster)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StlForest(Additive):
    key: ClassVar[str] = "forest"
    pieces: ClassVar[tuple[str, ...]] = ("usual level", "season", "trend", "recent sales")
    forest: Forest | None = None
    columns: tuple[int, ...] = ()  # used features, indices into features.NAMES

    def fit(self, panel: Panel, last: int, seed: int, progress: Progress) -> StlForest:
        from sklearn.ensemble import RandomForestRegressor

        columns = usable_columns(last)
        x, y = self._learned(panel, last, columns, seed, progress)
        if len(y) < LEAST_ROWS:
            raise NotEnoughData(
                "Weeks of a product to learn from",
                found=len(y),
                needed=LEAST_ROWS,
                remedy="Wait for more weeks; until then the rule of thumb forecasts.",
            )
        forest = RandomForestRegressor(
            n_estimators=int(self.parameters["trees"]),
            max_leaf_nodes=int(self.parameters["leaves"]),
            min_samples_leaf=int(np.clip(len(y) // 200, 2, 50)),
            max_features=0.4,
            random_state=seed,
            n_jobs=2,
        ).fit(x, y)
        progress("fitted", 1.0)
        return replace(self, forest=Forest.grown(forest), columns=columns)

    def _learned(
        self, panel: Panel, last: int, columns: tuple[int, ...], seed: int, progress: Progress
    ) -> tuple[Floats, Floats]:
        """Features and what trend and season left, relative to the level, of past weeks."""
        chance = np.random.default_rng([seed, last])
        rows = _learned_from(panel, last, chance)
        part = panel.take(rows)
        first = min(2 * features.YEAR, max(last // 2, 6))
        origins = np.unique(np.linspace(first, last - 1, LEARNED_ORIGINS).astype(int))
        xs, ys = [], []
        for number, origin in enumerate(origins):
            progress("trend and season of past weeks", 0.8 * number / len(origins))
            horizons = _drawn(chance, min(panel.horizon, last - int(origin)))
            usual, season, trend = carried_on(part, int(origin), horizons)
            scale = features.scales(part, int(origin))
            left = part.units[:, origin + horizons] - (usual + season + trend)
            known = part.seen[:, origin + horizons] & part.on_offer(int(origin))[:, None]
            known = known.T.ravel()
            x = _table(part, int(origin), horizons, columns)
            xs.append(x[known])
            ys.append((left / scale[:, None]).T.ravel()[known])
        x, y = np.concatenate(xs), np.clip(np.concatenate(ys), -5, 10)
        if len(y) > MOST_ROWS:
            at = np.sort(chance.choice(len(y), MOST_ROWS, replace=False))
            x, y = x[at], y[at]
        return x, y

    def components(self, panel: Panel, origin: int, horizons: Ints) -> Floats:
        """Usual level, season and trend by STL, and all that the forest adds."""
        assert self.forest is not None, "not fitted"
        result = np.zeros((len(self.pieces), panel.n, len(horizons)), np.float32)
        for rows, part in chunks(panel):
            result[:3, rows] = carried_on(part, origin, horizons)
            added = self.forest.predict(_table(part, origin, horizons, self.columns))
            scale = features.scales(part, origin)
            result[3, rows] = added.reshape(len(horizons), part.n).T * scale[:, None]
        return result

    def explain(
        self,
        panel: Panel,
        origin: int,
        horizons: Ints,
        components: Floats,
        settings: dict[str, float],
        *,
        exact: bool,
    ) -> Floats:
        """STL's parts, and the forest's split over its features: TreeSHAP, or along the paths."""
        total = self.combine(components, np.zeros(0), settings)
        result = in_parts(components[:3], self.pieces[:3], components[:3].sum(0))
        by_feature = self.split(panel, origin, horizons, exact=exact)
        names = [features.FAMILY[features.NAMES[i]] for i in self.columns]
        for part, units in zip([*names, "usual level"], by_feature, strict=True):
            result[PARTS.index(part)] += units
        result[PARTS.index("correction")] += total - result.sum(0)
        return result

    def by_feature(
        self,
        panel: Panel,
        origin: int,
        horizons: Ints,
        components: Floats,
        settings: dict[str, float],
    ) -> ByFeature:
        """STL's parts and the forest's features, by TreeSHAP."""
        words = [*STL_WORDS, *feature_words.told(self.columns), feature_words.EXPECTED]
        families = [features.FAMILY[features.NAMES[i]] for i in self.columns]
        parts = [*self.pieces[:3], *families, "usual level"]
        units = np.concatenate(
            [components[:3], self.split(panel, origin, horizons, exact=True)]
        ).astype(np.float64)
        total = self.combine(components, np.zeros(0), settings)
        told = [Feature(words=w, part=p) for w, p in zip(words, parts, strict=True)]
        told.append(Feature(words=feature_words.SCALING, part="correction"))
        rest = (total - units.sum(0))[None]
        return ByFeature(features=tuple(told), units=np.concatenate([units, rest]))

    def split(self, panel: Panel, origin: int, horizons: Ints, *, exact: bool) -> Floats:
        """[features + 1, n, H] units that the forest adds, by feature, then what is expected."""
        assert self.forest is not None, "not fitted"
        x = _table(panel, origin, horizons, self.columns)
        found = self.forest.by_shap(x) if exact else self.forest.along_paths(x, len(self.columns))
        shaped = found.reshape(len(found), len(horizons), panel.n).transpose(0, 2, 1)
        return shaped * features.scales(panel, origin)[None, :, None].astype(np.float64)

    def notes(self, panel: Panel, origin: int) -> tuple[str, ...]:
        rows = panel.on_offer(origin)
        without = int((rows & ~_has_two_years(panel, origin)).sum())
        if not without:
            return ()
        return (
            f"{without:,} of {int(rows.sum()):,} products have no two years of sales and so no "
            f"season of their own; the mean of their last {CARRIED_ON} weeks is carried on.",
        )

    def save(self, folder: Path) -> dict[str, Any]:
        from safetensors.numpy import save_file

        assert self.forest is not None, "not fitted"
        save_file(self.forest.arrays(), str(folder / "forest.safetensors"))
        return {"columns": list(self.columns)}

    def load(self, folder: Path, told: dict[str, Any]) -> StlForest:
        from safetensors.numpy import load_file

        arrays = load_file(str(folder / "forest.safetensors"))
        return replace(self, forest=Forest(**arrays), columns=tuple(told["columns"]))


def carried_on(panel: Panel, origin: int, horizons: Ints) -> Floats:
    """[3, n, H] units: usual level, season and trend of the weeks to come, by STL."""
    from statsmodels.tsa.seasonal import STL

    past = histories.until(panel, origin)
    span, count = origin + 1, len(horizons)
    low = max(span - CARRIED_ON, 0)
    inside = np.arange(low, span) >= past.first[:, None]
    recent = np.where(inside, past.values[:, low:], 0).sum(1) / np.maximum(inside.sum(1), 1)
    usual = histories.usual_level(past.values, past.first)
    season = np.zeros((panel.n, count))
    level = recent.copy()
    at = origin - features.YEAR + ((np.asarray(horizons) - 1) % features.YEAR) + 1
    for row in np.flatnonzero(_has_two_years(panel, origin) & panel.on_offer(origin)):
        found = STL(past.of(int(row)), period=features.YEAR, **STEPS).fit(
            inner_iter=2, outer_iter=0
        )
        season[row] = found.seasonal[at - int(past.first[row])]
        level[row] = found.trend[-1]
    trend = np.broadcast_to((level - usual)[:, None], season.shape)
    return np.stack([np.broadcast_to(usual[:, None], season.shape), season, trend])


def _has_two_years(panel: Panel, origin: int) -> Bools:
    first = np.clip(panel.launch, 0, origin)
    sold = (panel.units[:, : origin + 1] > 0).sum(1) > 1
    return np.asarray((origin + 1 - first >= 2 * features.YEAR + 1) & sold)


def _table(panel: Panel, origin: int, horizons: Ints, columns: tuple[int, ...]) -> Floats:
    x = features.table(panel, origin, horizons)[:, columns]
    return np.nan_to_num(x, nan=UNKNOWN, posinf=UNKNOWN, neginf=UNKNOWN)


def _learned_from(panel: Panel, last: int, chance: np.random.Generator) -> Ints:
    rows = np.flatnonzero(panel.on_offer(last) | (panel.launch <= last))
    if len(rows) <= MOST_LEARNED:
        return rows
    sold = panel.units[rows][:, : last + 1].sum(1)
    order = rows[np.argsort(-sold, kind="stable")]
    best, rest = order[: MOST_LEARNED // 2], order[MOST_LEARNED // 2 :]
    drawn = chance.choice(rest, MOST_LEARNED - len(best), replace=False)
    return np.sort(np.concatenate([best, drawn]))


def _drawn(chance: np.random.Generator, longest: int) -> Ints:
    """A week ahead or two of each group of weeks ahead."""
    drawn: list[int] = []
    for first, last in HORIZON_BUCKETS:
        weeks = np.arange(first, min(last, longest) + 1)
        drawn += sorted(int(week) for week in chance.permutation(weeks)[:2])
    return np.array(drawn, int)
