"""Why this number: contributions in units that sum to the forecast.

Candidates that add up parts tell them themselves. For LightGBM TreeSHAP splits each booster's
prediction over its features; features belong to parts. The mean's booster predicts a logarithm,
so its parts are carried back to units in proportion (the logarithmic mean, which leaves no
remainder). Mixing and scaling are linear: what scaling and cutting at zero change is the part
"correction".

TreeSHAP costs about 0.5 ms a product and week on two cores. Beyond `SHAP_ROWS` the slower
movers are split along the path of each tree instead (each step's change of the expected value
goes to the feature that it asks): as exact a sum, a hundred times faster, less even-handed
between features that say the same.
"""

from __future__ import annotations

from typing import Any, Protocol

import lightgbm as lgb
import numpy as np

from ml.forecasting import feature_words, features
from ml.forecasting.backtest import Learner
from ml.forecasting.baseline import LAST_YEAR, MEAN, RuleOfThumb
from ml.forecasting.importance import ByFeature, Feature
from ml.forecasting.models import MEAN as MEAN_FIT
from ml.forecasting.models import THREADS, Boosted, middle_share, threads
from ml.forecasting.panel import Panel
from ml.forecasting.types import PARTS, Floats, Ints

SHAP_ROWS = 40_000
"""Products × weeks ahead that TreeSHAP splits, best-selling products first: about 20 s."""


def of(
    learner: Learner,
    panel: Panel,
    origin: int,
    horizons: Ints,
    components: Floats,
    settings: dict[str, float],
    *,
    exact: bool,
) -> Floats:
    """[parts, n, H] units of any candidate that sum to its `combine`.

    Parameters
    ----------
    components : [k, n, H] what the learner's components said of this panel, origin and horizons.
    exact : by the even-handed but slow way, where a candidate has two.
    """
    if isinstance(learner, RuleOfThumb):
        return of_rule_of_thumb(components, settings)
    if isinstance(learner, Boosted):
        return of_boosted(learner, panel, origin, horizons, settings, exact=exact)
    own: Explains = learner  # type: ignore[assignment]  # every other candidate explains itself
    return own.explain(panel, origin, horizons, components, settings, exact=exact)


def by_feature(
    learner: Learner,
    panel: Panel,
    origin: int,
    horizons: Ints,
    components: Floats,
    settings: dict[str, float],
) -> ByFeature | None:
    """The same by what the candidate looks at, by TreeSHAP; None where parts are all it has."""
    if isinstance(learner, Boosted):
        words = feature_words.told(learner.columns, learner.external)
        features_ = [Feature(words=w, part=p) for w, p in zip(words, learner.families, strict=True)]
        features_ += [
            Feature(words=feature_words.EXPECTED, part=REST[0]),
            Feature(words=feature_words.SCALING, part=REST[1]),
        ]
        units = features_of_boosted(learner, panel, origin, horizons, settings)
        return ByFeature(features=tuple(features_), units=units)
    told = getattr(learner, "by_feature", None)
    if told is None:
        return None
    found: ByFeature | None = told(panel, origin, horizons, components, settings)
    return found


class Explains(Protocol):
    """A candidate that tells its parts itself."""

    def explain(
        self,
        panel: Panel,
        origin: int,
        horizons: Ints,
        components: Floats,
        settings: dict[str, float],
        *,
        exact: bool,
    ) -> Floats: ...


def of_rule_of_thumb(components: Floats, settings: dict[str, float]) -> Floats:
    """[parts, n, H] units: the usual level, and the season where last year's week is used.

    Parameters
    ----------
    components : [2, n, H] units by each rule.
    """
    result = np.zeros((len(PARTS), *components.shape[1:]), np.float64)
    usual = components[MEAN]
    chosen = components[int(settings["rule"])]
    result[PARTS.index("usual level")] = usual
    if int(settings["rule"]) == LAST_YEAR:
        result[PARTS.index("season")] = chosen - usual
    else:
        assert int(settings["rule"]) == MEAN
    return result


def of_boosted(
    fitted: Boosted,
    panel: Panel,
    origin: int,
    horizons: Ints,
    settings: dict[str, float],
    *,
    exact: bool = True,
) -> Floats:
    """[parts, n, H] units that sum to `Boosted.combine` of `Boosted.components`.

    `exact`: by TreeSHAP; otherwise along the paths.
    """
    by_feature = features_of_boosted(fitted, panel, origin, horizons, settings, exact=exact)
    result = np.zeros((len(PARTS), *by_feature.shape[1:]), np.float64)
    for part, units in zip([*fitted.families, *REST], by_feature, strict=True):
        result[PARTS.index(part)] += units
    return result


REST = ("usual level", "correction")
"""Parts of what stands behind the features: what is expected without them, and the correction."""


def features_of_boosted(
    fitted: Boosted,
    panel: Panel,
    origin: int,
    horizons: Ints,
    settings: dict[str, float],
    *,
    exact: bool = True,
) -> Floats:
    """[columns + 2, n, H] units by column of `Boosted.inputs`, then what is expected without
    knowing any, then the correction; they sum to the forecast.
    """
    x = fitted.inputs(panel, origin, horizons)
    scale = features.scales(panel, origin)
    share = np.tile(middle_share(scale, settings), len(horizons))
    units = np.tile(scale, len(horizons))
    total = np.zeros((x.shape[1] + 2, len(x)), np.float64)
    for i, booster in enumerate(fitted.boosters):
        told = _by_shap(booster, x) if exact else _by_path(booster, x)
        if i == MEAN_FIT:
            told = _back_from_log(told)
        raw = told.sum(0) * units
        weight = 1 - share if i == MEAN_FIT else share
        total[:-1] += told * units * weight
        total[-1] += (np.maximum(raw, 0) - raw) * weight  # cut at zero
    total[-1] += (settings["factor"] - 1) * total.sum(0)
    return total.reshape(len(total), len(horizons), panel.n).transpose(0, 2, 1)


def _by_shap(booster: lgb.Booster, x: Floats) -> Floats:
    """[columns + 1, rows] of the raw prediction; the last row is the expected value."""
    shap = np.asarray(booster.predict(x, pred_contrib=True, num_threads=THREADS), np.float64)
    return shap.T


def _by_path(booster: lgb.Booster, x: Floats) -> Floats:
    """[columns + 1, rows] of the raw prediction, from the leaf that each tree sends a row to."""
    leaves = np.asarray(booster.predict(x, pred_leaf=True, num_threads=threads(len(x))), int)
    leaves = leaves.reshape(len(x), -1)
    result = np.zeros((x.shape[1] + 1, len(x)), np.float64)
    for number, tree in enumerate(booster.dump_model()["tree_info"]):
        splits = np.zeros((len(result), int(tree["num_leaves"])))
        _walk(tree["tree_structure"], np.zeros(len(result)), splits)
        result += splits[:, leaves[:, number]]
    return result


def _walk(node: dict[str, Any], told: Floats, splits: Floats) -> None:
    """Fill `splits` [columns + 1, leaves] below a node; `told` [columns + 1] is what led to it."""
    if "split_feature" not in node:
        value = float(node["leaf_value"])
        leaf = int(node.get("leaf_index", 0))
        splits[:, leaf] = told
        splits[-1, leaf] += value - told.sum()
        return
    here = float(node["internal_value"])
    start = told.copy()
    if not told.any():  # the root: its mean belongs to what is expected
        start[-1] = here
    for side in ("left_child", "right_child"):
        child = node[side]
        value = float(child.get("internal_value", child.get("leaf_value", 0.0)))
        moved = start.copy()
        moved[int(node["split_feature"])] += value - here
        _walk(child, moved, splits)


def _back_from_log(told: Floats) -> Floats:
    """Contributions to a logarithm as contributions to the number; the last row is the number
    without the others.

    With f = exp(b + Σ φ) and f0 = exp(b): contribution = φ · (f − f0) / Σ φ, which sums to f − f0.
    """
    others = told.copy()
    others[-1] = 0
    moved = others.sum(0)
    start = np.exp(told[-1])
    # (f − f0) / Σ φ, whose limit for Σ φ → 0 is f0
    safe = np.where(np.abs(moved) < 1e-9, 1.0, moved)
    slope = np.where(np.abs(moved) < 1e-9, start, start * np.expm1(moved) / safe)
    result = np.asarray(others * slope)
    result[-1] = start * np.exp(moved) - result.sum(0)
    return result
