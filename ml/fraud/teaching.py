"""From material to lessons, scales and judged orders: the steps of a training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ml.contract import Progress
from ml.fraud import bursts, calibration, kinds, schema
from ml.fraud.calibration import Calibration
from ml.fraud.evaluation import Judged
from ml.fraud.learners.base import Learner, Lesson
from ml.fraud.rules import UNTRAINED, Rules
from ml.fraud.samples import Known, Material
from ml.fraud.types import Bools, Floats

UNTOLD = ("fraud", "fraudulent", "other")
"""Reasons of chargebacks that name no kind."""


def columns(material: Material) -> tuple[str, ...]:
    """Features that some order has; of a shop without devices, those of devices are left out."""
    return tuple(name for name in schema.NAMES if name not in material.missing)


def lesson(
    material: Material,
    known: Known,
    before: pd.Timestamp,
    columns: tuple[str, ...],
    seed: int,
    labelled: bool = True,
) -> Lesson:
    rows = material.learnable(known, before) if labelled else material.unlabelled(before)
    return Lesson(
        x=material.of(rows)[list(columns)].to_numpy(np.float64),
        columns=columns,
        fraud=known.fraud[rows],
        weight=material.weights(known, rows),
        money=known.money[rows],
        kind=known.kind[rows],
        seed=seed,
    )


def fitted(
    recipe: Learner,
    material: Material,
    known: Known,
    before: pd.Timestamp,
    columns: tuple[str, ...],
    seed: int,
    progress: Progress,
) -> Any:
    learned = lesson(material, known, before, columns, seed, recipe.labelled)
    return recipe.fit(learned, progress)


def scale(
    learner: Learner,
    material: Material,
    known: Known,
    begin: pd.Timestamp,
    columns: tuple[str, ...],
) -> Calibration:
    """From ripe orders placed since `begin`, whom the learner has not seen; else by rank."""
    since = np.asarray(material.placed >= begin)
    ripe = np.asarray(material.placed < known_until(material, known))
    rows = material.learnable(known, material.end) & since & ripe
    x = material.of(rows)[list(columns)].to_numpy(np.float64)
    margin = learner.margin(x)
    found = calibration.learn(
        margin, known.fraud[rows], material.weights(known, rows), learner.link
    )
    if found is not None:
        return found
    if isinstance(learner, Rules):
        return UNTRAINED
    if learner.labelled or not len(margin):
        return Calibration(link=learner.link)
    return calibration.by_rank(margin)


def known_until(material: Material, known: Known) -> pd.Timestamp:
    """Orders before it are ripe at the instant of `known`."""
    at = material.start if known is material.at_start else material.end
    return at - pd.Timedelta(days=schema.RIPE_DAYS)


def judged(material: Material, rows: Bools, score: Floats, rule: Floats, capacity: int) -> Judged:
    known = material.at_end
    orders = material.orders[rows]
    # A bank says "fraud" and not how; then what the order looks like tells more.
    said = np.array([None if one in UNTOLD else one for one in known.kind[rows]], object)
    looks = kinds.likely(material.of(rows))
    return Judged(
        order_id=orders["order_id"].to_numpy(object),
        placed_at=orders["placed_at"],
        amount=orders["amount"].to_numpy(np.float64),
        fraud=known.fraud[rows],
        weight=known.weight[rows],
        money=known.money[rows],
        kind=np.where(pd.isna(said), looks, said),
        score=score,
        rule=rule,
        capacity=capacity,
    )


def bursts_of(material: Material) -> tuple[bursts.Burst, ...]:
    rows = material.learnable(material.at_end, material.end)
    return bursts.find(material.of(rows), material.placed[rows], material.at_end.fraud[rows])


def usual(material: Material) -> dict[str, float]:
    """Median of the good orders, by feature."""
    rows = np.asarray((material.at_end.fraud == 0.0) & material.drawn)
    if not rows.any():
        rows = material.shown
    medians = material.of(rows).median(skipna=True)
    return {str(name): float(value) for name, value in medians.items() if not np.isnan(value)}


def warnings(material: Material, judged: Judged, chance: bool) -> tuple[str, ...]:
    found = []
    if not judged.whole:
        found.append(
            f"Only {judged.frauds} frauds are known among the orders it was measured on: these "
            "figures are mostly luck."
        )
    if chance:
        found.append("On recent orders it is no better than chance.")
    if material.missing:
        left = len(material.missing)
        found.append(f"{left} of {len(schema.NAMES)} features are missing: the shop has no "
                     "columns for them.")  # fmt: skip
    return tuple(found)
