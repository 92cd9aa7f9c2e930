"""What a split by chance would have claimed, beside what a split by time shows.

Only worked out where a burst was found: then orders drawn by chance hold some of the very pattern
that was learned from, and flatter every model.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ml.contract import Progress, silent
from ml.errors import NotEnoughData
from ml.fraud import measures
from ml.fraud.bursts import Burst
from ml.fraud.learners.base import Learner, Lesson
from ml.fraud.measures import Sorted
from ml.fraud.types import Bools, Floats

HELD_BACK = 0.3
"""Share of orders that a split by chance holds back."""

COLUMNS = ("split", "burst", "auc", "low", "high", "orders", "frauds")


def by_chance(
    recipe: Learner, lesson: Lesson, bursts: tuple[Burst, ...], progress: Progress = silent
) -> pd.DataFrame:
    """AUC on orders drawn by chance, with the bursts' orders and without them; empty where too
    little is known for it.
    """
    chance = np.random.default_rng(lesson.seed)
    back = chance.random(len(lesson.fraud)) < HELD_BACK
    try:
        fitted = recipe.fit(_part(lesson, ~back), progress)
    except NotEnoughData:
        return pd.DataFrame(columns=list(COLUMNS))
    margin = fitted.margin(lesson.x[back])
    features = pd.DataFrame(lesson.x[back], columns=list(lesson.columns))
    return compare(
        "by chance",
        margin,
        lesson.fraud[back],
        lesson.weight[back],
        inside(bursts, features),
        lesson.seed,
    )


def compare(
    split: str, score: Floats, fraud: Floats, weight: Floats, burst: Bools, seed: int
) -> pd.DataFrame:
    """Two rows: all orders, and those outside the bursts."""
    rows = []
    for name, keep in (("with", np.ones(len(fraud), bool)), ("without", ~burst)):
        s, f, w = score[keep], fraud[keep], weight[keep]
        low, high = measures.intervals(s, s, f, w, seed)["auc"] if len(s) else (0.0, 1.0)
        rows.append(
            {
                "split": split,
                "burst": name,
                "auc": measures.auc(Sorted.of(s), f, w),
                "low": low,
                "high": high,
                "orders": len(s),
                "frauds": int((f == 1.0).sum()),
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def inside(bursts: tuple[Burst, ...], features: pd.DataFrame) -> Bools:
    """Which orders lie in any of the bursts' slices."""
    found = np.zeros(len(features), bool)
    for burst in bursts:
        found |= burst.holds(features)
    return found


def sentence(table: pd.DataFrame) -> str:
    """Both figures beside each other."""
    at = table.set_index(["split", "burst"])["auc"]
    if ("by chance", "with") not in at.index:
        return ""
    return (
        f"Drawn by chance from all times, the orders would give an AUC of "
        f"{at['by chance', 'with']:.2f} ({at['by chance', 'without']:.2f} without the burst); "
        f"on later orders, as they come, it is {at['by time', 'with']:.2f}."
    )


def _part(lesson: Lesson, rows: Bools) -> Lesson:
    return replace(
        lesson,
        x=lesson.x[rows],
        fraud=lesson.fraud[rows],
        weight=lesson.weight[rows],
        money=lesson.money[rows],
        kind=lesson.kind[rows],
    )
