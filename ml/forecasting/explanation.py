"""Why this number: contributions in units that sum to the forecast.

TreeSHAP splits each booster's prediction over its features; features belong to parts. The mean's
booster predicts a logarithm, so its parts are carried back to units in proportion (the
logarithmic mean, which leaves no remainder). Mixing and scaling are linear: what scaling and
cutting at zero change is the part "correction".

TreeSHAP costs about 0.5 ms a product and week on two cores. Beyond `SHAP_ROWS` the slower
movers are split along the path of each tree instead (each step's change of the expected value
goes to the feature that it asks): as exact a sum, a hundred times faster, less even-handed
between features that say the same.
"""

from __future__ import annotations

from typing import Any

import lightgbm as lgb
import numpy as np

from ml.forecasting import features
from ml.forecasting.baseline import LAST_YEAR, MEAN
from ml.forecasting.models import MEAN as MEAN_FIT
from ml.forecasting.models import THREADS, Boosted, middle_share, threads
from ml.forecasting.panel import Panel
from ml.forecasting.types import PARTS, Floats, Ints

SHAP_ROWS = 40_000
"""Products × weeks ahead that TreeSHAP splits, best-selling products first: about 20 s."""


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
    x = features.table(panel, origin, horizons)[:, fitted.columns]
    scale = features.scales(panel, origin)
    families = [features.FAMILY[features.NAMES[i]] for i in fitted.columns]
    share = np.tile(middle_share(scale, settings), len(horizons))
    units = np.tile(scale, len(horizons))
    total = np.zeros((len(PARTS), len(x)), np.float64)
    for i, booster in enumerate(fitted.boosters):
        parts = _by_shap(booster, x, families) if exact else _by_path(booster, x, families)
        if i == MEAN_FIT:
            parts = _back_from_log(parts)
        raw = parts.sum(0) * units
        parts *= units
        parts[PARTS.index("correction")] += np.maximum(raw, 0) - raw  # cut at zero
        total += parts * (1 - share if i == MEAN_FIT else share)
    before = total.sum(0)
    total[PARTS.index("correction")] += (settings["factor"] - 1) * before
    return total.reshape(len(PARTS), len(horizons), panel.n).transpose(0, 2, 1)


def _by_shap(booster: lgb.Booster, x: Floats, families: list[str]) -> Floats:
    """[parts, rows] of the raw prediction; the expected value belongs to the usual level."""
    shap = np.asarray(booster.predict(x, pred_contrib=True, num_threads=THREADS), np.float64)
    result = np.zeros((len(PARTS), len(shap)), np.float64)
    result[PARTS.index("usual level")] = shap[:, -1]
    for column, family in enumerate(families):
        result[PARTS.index(family)] += shap[:, column]
    return result


def _by_path(booster: lgb.Booster, x: Floats, families: list[str]) -> Floats:
    """[parts, rows] of the raw prediction, from the leaf that each tree sends a row to."""
    leaves = np.asarray(booster.predict(x, pred_leaf=True, num_threads=threads(len(x))), int)
    leaves = leaves.reshape(len(x), -1)
    part_of = [PARTS.index(family) for family in families]
    result = np.zeros((len(PARTS), len(x)), np.float64)
    for number, tree in enumerate(booster.dump_model()["tree_info"]):
        splits = np.zeros((len(PARTS), int(tree["num_leaves"])))
        _walk(tree["tree_structure"], np.zeros(len(PARTS)), part_of, splits)
        result += splits[:, leaves[:, number]]
    return result


def _walk(node: dict[str, Any], told: Floats, part_of: list[int], splits: Floats) -> None:
    """Fill `splits` [parts, leaves] below a node; `told` [parts] is what led to it."""
    if "split_feature" not in node:
        value = float(node["leaf_value"])
        leaf = int(node.get("leaf_index", 0))
        splits[:, leaf] = told
        splits[PARTS.index("usual level"), leaf] += value - told.sum()
        return
    here = float(node["internal_value"])
    start = told.copy()
    if not told.any():  # the root: its mean belongs to the usual level
        start[PARTS.index("usual level")] = here
    for side in ("left_child", "right_child"):
        child = node[side]
        value = float(child.get("internal_value", child.get("leaf_value", 0.0)))
        moved = start.copy()
        moved[part_of[int(node["split_feature"])]] += value - here
        _walk(child, moved, part_of, splits)


def _back_from_log(parts: Floats) -> Floats:
    """Parts of a logarithm to parts of the number; the usual level is the number without them.

    With f = exp(b + Σ φ) and f0 = exp(b): part = φ · (f − f0) / Σ φ, which sums to f − f0.
    """
    usual = PARTS.index("usual level")
    base = parts[usual].copy()
    others = parts.copy()
    others[usual] = 0
    moved = others.sum(0)
    start = np.exp(base)
    # (f − f0) / Σ φ, whose limit for Σ φ → 0 is f0
    safe = np.where(np.abs(moved) < 1e-9, 1.0, moved)
    slope = np.where(np.abs(moved) < 1e-9, start, start * np.expm1(moved) / safe)
    result = np.asarray(others * slope)
    result[usual] = start * np.exp(moved) - result.sum(0)
    return result
