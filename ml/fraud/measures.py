"""Figures by which scores are judged; every one takes weights, so that chance can be replayed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.fraud.types import Bools, Floats, Ints

TIMES = 200
"""Draws of a bootstrap interval; the ends of 95 % move by less than their width's tenth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """Cases from the riskiest down, with equal scores taken together."""

    order: Ints  # riskiest first
    last: Ints  # place (in that order) of the last of each group of equal scores

    @classmethod
    def of(cls, score: Floats) -> Sorted:
        order = np.argsort(-score, kind="stable")
        s = score[order]
        last = np.append(np.flatnonzero(np.diff(s)), len(s) - 1) if len(s) else np.zeros(0, int)
        return cls(order=order, last=last)


def average_precision(ranked: Sorted, fraud: Floats, weight: Floats) -> float:
    """Mean of the precision over all levels of recall; by chance it is the share of fraud."""
    bad, every = _sums(ranked, fraud, weight)
    if not len(bad) or bad[-1] <= 0:
        return 0.0
    precision = bad / np.maximum(every, 1e-12)
    gained = np.diff(bad, prepend=0.0)
    return float((precision * gained).sum() / bad[-1])


def auc(ranked: Sorted, fraud: Floats, weight: Floats) -> float:
    """Chance that a fraud has a higher score than a good order; 0.5 is chance."""
    bad, every = _sums(ranked, fraud, weight)
    if not len(bad):
        return 0.5
    good = every - bad
    if bad[-1] <= 0 or good[-1] <= 0:
        return 0.5
    above = np.diff(bad, prepend=0.0)
    before = np.diff(good, prepend=0.0)
    # A fraud beats every good order that comes after its group, and half of those in it.
    later = good[-1] - good + before / 2
    return float((above * later).sum() / (bad[-1] * good[-1]))


def top(score: Floats, share: float) -> Bools:
    """The riskiest share of all cases; among equals the earlier row."""
    chosen = np.zeros(len(score), bool)
    chosen[np.argsort(-score, kind="stable")[: max(round(share * len(score)), 1)]] = True
    return chosen


def top_a_day(score: Floats, day: Ints, capacity: int) -> Bools:
    """The riskiest `capacity` cases of every day."""
    order = np.lexsort((np.arange(len(score)), -score, day))
    days = day[order]
    first = np.append(0, np.flatnonzero(np.diff(days)) + 1) if len(days) else np.zeros(0, int)
    starts = np.zeros(len(days), int)
    starts[first] = first
    rank = np.arange(len(days)) - np.maximum.accumulate(starts)
    chosen = np.zeros(len(score), bool)
    chosen[order[rank < capacity]] = True
    return chosen


def share(part: Floats, whole: Floats) -> float:
    total = float(whole.sum())
    return float(part.sum()) / total if total > 0 else 0.0


def intervals(
    score: Floats, other: Floats, fraud: Floats, weight: Floats, seed: int
) -> dict[str, tuple[float, float]]:
    """95 % by bootstrap over orders: of average precision, AUC, and how far the first is above
    another score's on the same draws.
    """
    chance = np.random.default_rng(seed)
    mine, theirs = Sorted.of(score), Sorted.of(other)
    found = np.empty((TIMES, 3))
    for draw in range(TIMES):
        w = weight * chance.poisson(1.0, len(score))
        precision = average_precision(mine, fraud, w)
        found[draw] = (
            precision,
            auc(mine, fraud, w),
            precision - average_precision(theirs, fraud, w),
        )
    low, high = np.quantile(found, [0.025, 0.975], axis=0)
    names = ("average_precision", "auc", "lead")
    return {name: (float(low[i]), float(high[i])) for i, name in enumerate(names)}


def _sums(ranked: Sorted, fraud: Floats, weight: Floats) -> tuple[Floats, Floats]:
    w = weight[ranked.order]
    bad = np.cumsum(w * fraud[ranked.order])[ranked.last]
    return bad, np.cumsum(w)[ranked.last]
