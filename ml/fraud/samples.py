"""Orders with their features and what is known of them, cut by time.

    ── learned from ──│─ scale ─│─ judged on: 60 days … ─│── 90 days: not ripe ──│ as_of
                                ▲ start: labels known here and no later are learned from

A shop of millions of orders is learned from all known fraud and a share of the good orders, drawn
by the hash of the order's number, each standing for as many as were left out.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ml.contract import Frames, Progress, silent
from ml.fraud import labels as labelling
from ml.fraud.schema import NAMES, RIPE_DAYS
from ml.fraud.types import Bools, Floats

JUDGED_DAYS = (60, 120, 180)
"""Days that models are judged on: more where fewer would hold too little fraud to tell."""

ENOUGH_FRAUDS = 30
SCALED_DAYS = 60
"""Days before the judged ones whose orders set the scale of the scores (calibration)."""

SHOWN_DAYS = 30
"""Days up to as_of whose orders `predict` scores."""

MOST_GOOD = 250_000
"""Good orders learned from at most; more add minutes and nothing that was measurable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Orders and what was known of them at one instant; rows as in `Material.orders`."""

    fraud: Floats  # 1, 0, NaN
    weight: Floats
    money: Floats
    kind: np.ndarray[Any, np.dtype[np.object_]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Every order up to as_of, and the features of those that somebody looks at."""

    orders: pd.DataFrame  # by placed_at, order_id; order_id, placed_at, amount
    features: pd.DataFrame  # index order_id
    drawn: Bools  # by chance, to learn from
    each: float  # how many good orders one drawn stands for
    end: pd.Timestamp  # of as_of
    start: pd.Timestamp  # of the judged days
    stop: pd.Timestamp  # of the judged days
    at_start: Known
    at_end: Known
    missing: tuple[str, ...]  # features that no order has

    @property
    def placed(self) -> pd.Series:
        return self.orders["placed_at"]

    @property
    def judged(self) -> Bools:
        """Orders of the judged days whose truth is known by now."""
        inside = (self.placed >= self.start) & (self.placed < self.stop)
        return np.asarray(inside & ~np.isnan(self.at_end.fraud))

    @property
    def shown(self) -> Bools:
        return np.asarray(self.placed >= self.end - pd.Timedelta(days=SHOWN_DAYS))

    def learnable(self, known: Known, before: pd.Timestamp) -> Bools:
        """Known fraud, and the drawn ones of the good, placed before an instant."""
        use = (known.fraud == 1.0) | ((known.fraud == 0.0) & self.drawn)
        return np.asarray(use & np.asarray(self.placed < before))

    def unlabelled(self, before: pd.Timestamp) -> Bools:
        """The drawn ones, whatever is known of them."""
        return np.asarray(self.drawn & np.asarray(self.placed < before))

    def weights(self, known: Known, rows: Bools) -> Floats:
        each = np.where(known.fraud[rows] == 0.0, self.each, 1.0)
        return np.asarray(known.weight[rows] * each)

    def of(self, rows: Bools) -> pd.DataFrame:
        """The features of these orders."""
        return self.features.loc[self.orders["order_id"].to_numpy()[rows]]


_last: list[tuple[Any, ...]] = []
"""The last material read: training several candidates reads the same frames for each of them."""


def read(
    frames: Frames, *, as_of: date, seed: int, most_good: int, progress: Progress = silent
) -> Material:
    """Features of all orders that are learned from, judged or shown, as of a day."""
    given = [frames.get(name) for name in ("orders", "labels", "releases")]
    key = (as_of, seed, most_good)
    for refs, known_key, material in _last:
        if known_key == key and all(
            (ref is None and frame is None) or (ref is not None and ref() is frame)
            for ref, frame in zip(refs, given, strict=True)
        ):
            return material  # type: ignore[no-any-return]
    _last.clear()
    material = _read(frames, as_of, seed, most_good, progress)
    refs = tuple(None if frame is None else weakref.ref(frame) for frame in given)
    _last.append((refs, key, material))
    return material


def up_to(frames: Frames, as_of: date) -> tuple[pd.DataFrame, pd.DataFrame | None, pd.Timestamp]:
    """Orders in the order of time and labels, as known at the end of a day."""
    end = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    orders = frames["orders"]
    orders = orders[orders["placed_at"] < end]
    orders = orders.sort_values(["placed_at", "order_id"], kind="stable").reset_index(drop=True)
    labels = frames.get("labels")
    if labels is not None:
        labels = labels[labels["known_at"] < end]
    return orders, labels, end


def compute(
    orders: pd.DataFrame,
    labels: pd.DataFrame | None,
    ids: list[str] | None,
    progress: Progress = silent,
) -> pd.DataFrame:
    """Features of these orders of a history; columns as `schema.NAMES`, index order_id."""
    from ml.fraud import features

    found = features.compute(
        orders, of=ids, chargebacks=labelling.chargebacks(orders, labels), progress=progress
    )
    return found.reindex(columns=list(NAMES))


def _read(frames: Frames, as_of: date, seed: int, most_good: int, progress: Progress) -> Material:
    orders, labels, end = up_to(frames, as_of)
    releases = frames.get("releases")
    stop = end - pd.Timedelta(days=RIPE_DAYS)
    at_end = _known(orders, labels, releases, end)
    start = _start(orders["placed_at"], at_end, stop)
    at_start = _known(orders, labels, releases, start)
    good = at_end.fraud == 0.0
    ids = orders["order_id"].astype(object)
    draw = _draw(ids, seed)
    share = min(1.0, most_good / max(int(good.sum()), 1))
    drawn = draw < share
    placed = orders["placed_at"]
    judged = np.asarray((placed >= start) & (placed < stop))
    shown = np.asarray(placed >= end - pd.Timedelta(days=SHOWN_DAYS))
    # Drawn whatever is known of them: what learns without labels learns from these too.
    needed = drawn | (at_end.fraud == 1.0) | judged | shown
    wanted = None if needed.all() else ids[needed].tolist()
    features = compute(orders, labels, wanted, progress)
    return Material(
        orders=orders[["order_id", "placed_at", "amount"]].assign(order_id=ids),
        features=features,
        drawn=drawn,
        each=1.0 / share,
        end=end,
        start=start,
        stop=stop,
        at_start=at_start,
        at_end=at_end,
        missing=tuple(name for name in NAMES if features[name].isna().all()),
    )


def judged_from(frames: Frames, as_of: date) -> pd.Timestamp:
    """The first of the days that models are judged on, without reading any features."""
    orders, labels, end = up_to(frames, as_of)
    known = _known(orders, labels, frames.get("releases"), end)
    return _start(orders["placed_at"], known, end - pd.Timedelta(days=RIPE_DAYS))


def _start(placed: pd.Series, known: Known, stop: pd.Timestamp) -> pd.Timestamp:
    """Of the judged days; what comes before must still be the larger part of the history."""
    start = stop - pd.Timedelta(days=JUDGED_DAYS[0])
    for days in JUDGED_DAYS:
        wider = stop - pd.Timedelta(days=days)
        if not len(placed) or wider < placed.min() + (stop - placed.min()) / 2:
            break
        start = wider
        inside = np.asarray((placed >= start) & (placed < stop))
        if int((known.fraud[inside] == 1.0).sum()) >= ENOUGH_FRAUDS:
            break
    return start


def _known(
    orders: pd.DataFrame,
    labels: pd.DataFrame | None,
    releases: pd.DataFrame | None,
    at: pd.Timestamp,
) -> Known:
    found = labelling.known(orders, labels, releases, at)
    return Known(
        fraud=found["fraud"].to_numpy(np.float64),
        weight=found["weight"].to_numpy(np.float64),
        money=found["money"].to_numpy(np.float64),
        kind=found["kind"].to_numpy(object),
    )


def _draw(ids: pd.Series, seed: int) -> Floats:
    """A number between 0 and 1 for each order, the same wherever it stands in the frame."""
    text = (ids.astype(str) + f"/{seed}").to_numpy(object)
    hashed = pd.util.hash_array(text, categorize=False)
    return np.asarray(hashed.astype(np.float64) / 2.0**64)
