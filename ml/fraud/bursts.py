"""Bursts: a simple slice of orders, nearly all fraud, that comes and goes within a short time.

A model judged on orders drawn by chance knows a burst from its other half and looks better than it
will ever be again. So bursts are looked for, told, and every figure that they flatter is told
without them too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ml.fraud import explanation
from ml.fraud.schema import BY_NAME
from ml.fraud.types import Bools, Floats

PURE = 0.5
"""Share of fraud in a slice from which it is a pattern of its own."""

LEAST_SHARE = 0.1
"""Share of all known fraud that a slice must hold."""

LEAST_FRAUDS = 30
SHORT = 1 / 3
"""Part of the time in which nearly all of a burst lies."""

NEARLY_ALL = 0.95
MARGIN = 0.02
"""Part of the time around a burst's core in which further frauds belong to it."""

MOST = 3
"""Bursts told at most; later ones must not overlap the earlier."""

STEPS: dict[str, tuple[float, ...]] = {
    "hours": (1 / 60, 10 / 60, 1.0, 24.0),  # a minute, ten, an hour, a day
    "count": (1.0, 2.0, 3.0, 5.0, 10.0),
    "yes": (0.5,),
}
"""Limits that staff would choose, by unit; others are taken from the frauds' own values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """One slice and what came of it."""

    feature: str
    at_most: bool  # the feature is at most the limit; else at least
    limit: float
    orders: int
    frauds: int
    all_frauds: int
    first: pd.Timestamp  # of its frauds, without the few outliers
    last: pd.Timestamp
    later: int  # orders of the slice after `last`

    @property
    def share(self) -> float:
        """Of fraud among its orders."""
        return self.frauds / max(self.orders, 1)

    @property
    def where(self) -> str:
        feature = BY_NAME[self.feature]
        limit = explanation.shown(feature, self.limit)
        return f"{feature.label.lower()} {'at most' if self.at_most else 'at least'} {limit}"

    @property
    def sentence(self) -> str:
        after = (
            "none came since"
            if not self.later
            else f"{self.later:,} such orders came since, most of them good"
        )
        return (
            f"A burst: {self.frauds:,} of {self.all_frauds:,} known frauds were orders with "
            f"{self.where}, from {self.first:%d %B %Y} to {self.last:%d %B %Y}; "
            f"{self.share * 100:.0f} % of them were fraud, and {after}. "
            "What is learned from it does not help with orders of today."
        )

    def holds(self, features: pd.DataFrame) -> Bools:
        """Which orders lie in the slice."""
        values = features[self.feature].to_numpy(np.float64)
        with np.errstate(invalid="ignore"):
            return np.asarray(values <= self.limit if self.at_most else values >= self.limit)


def find(features: pd.DataFrame, placed_at: pd.Series, fraud: Floats) -> tuple[Burst, ...]:
    """Bursts among orders whose truth is known, the largest first.

    Parameters
    ----------
    features : columns of `schema.NAMES`.
    placed_at : of the same rows.
    fraud : 1 or 0 of the same rows.
    """
    bad = fraud == 1.0
    if int(bad.sum()) < LEAST_FRAUDS:
        return ()
    at = placed_at.to_numpy("datetime64[ns]").astype(np.int64).astype(np.float64)
    length = float(at.max() - at.min())
    if length <= 0:
        return ()
    free = np.ones(len(fraud), bool)
    found: list[Burst] = []
    while len(found) < MOST:
        best, best_worth, best_rows = None, 0.0, free
        for name, at_most, limit, inside in _slices(features, bad & free):
            rows = inside & free
            burst = _burst(name, at_most, limit, rows, bad, at, length)
            if burst is None:
                continue
            # Purity over the whole slice: of two limits the one that lets in fewer good orders.
            worth = burst.frauds * (burst.frauds / int(rows.sum())) ** 2
            if worth > best_worth:
                best, best_worth, best_rows = burst, worth, rows
        if best is None:
            break
        found.append(best)
        free = free & ~best_rows
    return tuple(found)


def _slices(features: pd.DataFrame, bad: Bools) -> Iterator[tuple[str, bool, float, Bools]]:
    if not bad.any():
        return
    for name in features.columns:
        feature = BY_NAME.get(str(name))
        if feature is None or feature.unit in ("code", "hour"):
            continue
        values = features[name].to_numpy(np.float64)
        of_bad = values[bad]
        of_bad = of_bad[~np.isnan(of_bad)]
        if not len(of_bad):
            continue
        limits = STEPS.get(feature.unit) or tuple(
            np.unique(np.quantile(of_bad, [0.1, 0.25, 0.5, 0.75, 0.9]))
        )
        for limit in limits:
            with np.errstate(invalid="ignore"):
                yield str(name), True, float(limit), np.asarray(values <= limit)
                yield str(name), False, float(limit), np.asarray(values >= limit)


def _burst(
    name: str, at_most: bool, limit: float, rows: Bools, bad: Bools, at: Floats, length: float
) -> Burst | None:
    mine = rows & bad
    frauds, total = int(mine.sum()), int(bad.sum())
    if frauds < max(LEAST_FRAUDS, LEAST_SHARE * total) or frauds < PURE * rows.sum() / 2:
        return None
    edge = (1 - NEARLY_ALL) / 2
    first, last = np.quantile(at[mine], [edge, 1 - edge])
    if last - first > SHORT * length:
        return None
    margin = MARGIN * length
    near = at[mine & (at >= first - margin) & (at <= last + margin)]
    first, last = float(near.min()), float(near.max())
    during = rows & (at >= first) & (at <= last)
    caught = during & bad
    if caught.sum() < PURE * during.sum():
        return None
    # All fraud may lie where the burst lies, in a shop that knows no other: that is no burst.
    outside = bad & ~rows & ((at < first) | (at > last))
    if outside.sum() < LEAST_FRAUDS / 3:
        return None
    after = rows & (at > last)
    if after.sum() and (bad & after).sum() > PURE * after.sum() and after.sum() > during.sum() / 10:
        return None
    return Burst(
        feature=name,
        at_most=at_most,
        limit=limit,
        orders=int(during.sum()),
        frauds=int(caught.sum()),
        all_frauds=total,
        first=pd.Timestamp(int(first)),
        last=pd.Timestamp(int(last)),
        later=int(after.sum()),
    )


def table(found: tuple[Burst, ...]) -> pd.DataFrame:
    """One row a burst, for the page."""
    return pd.DataFrame(
        [
            {
                "sentence": one.sentence,
                "feature": one.feature,
                "at_most": one.at_most,
                "limit": one.limit,
                "orders": one.orders,
                "frauds": one.frauds,
                "first_day": one.first.date().isoformat(),
                "last_day": one.last.date().isoformat(),
                "later": one.later,
            }
            for one in found
        ],
        columns=["sentence", "feature", "at_most", "limit", "orders", "frauds", "first_day",
                 "last_day", "later"],
    )  # fmt: skip


def by_place(rows: Sequence[Mapping[Any, Any]]) -> dict[str, str]:
    """Rows of `table`, as they are kept with a version: what is said of each by where it lies
    ("feature, at most"), whatever its limit, so that the same burst is known again.
    """
    return {
        f"{row['feature']}, at {'most' if row['at_most'] else 'least'}": str(row["sentence"])
        for row in rows
    }
