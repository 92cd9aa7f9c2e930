"""How far two spans of days are apart, from counts; every function takes [n, bins] arrays."""

from __future__ import annotations

import numpy as np

from ml.drift.histograms import Counted, Floats

SMOOTHED = 0.5
"""Cases added to each bin before a logarithm is taken, so that an empty bin is no infinity."""

DECILES = 10


def shares(counts: Floats) -> Floats:
    """Each row as shares of its sum; NaN where a row is empty."""
    total = counts.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(counts, total, out=np.full_like(counts, np.nan), where=total > 0))


def kolmogorov_smirnov(one: Floats, other: Floats) -> Floats:
    """[n] the largest difference of the two cumulative shares, 0 to 1."""
    apart = np.cumsum(shares(one), axis=-1) - np.cumsum(shares(other), axis=-1)
    return np.asarray(np.abs(apart).max(axis=-1))


def psi(one: Floats, other: Floats) -> Floats:
    """[n] population stability index: sum of (p − q) · ln(p / q); 0: alike."""
    p = shares(one + SMOOTHED)
    q = shares(other + SMOOTHED * other.sum(-1, keepdims=True) / _some(one.sum(-1, keepdims=True)))
    return np.asarray(((p - q) * np.log(p / q)).sum(axis=-1))


def wasserstein(one: Floats, other: Floats, middles: Floats) -> Floats:
    """[n] how far a case must be moved on average to make one the other, in the input's unit."""
    apart = np.cumsum(shares(one), axis=-1) - np.cumsum(shares(other), axis=-1)
    return np.asarray((np.abs(apart[..., :-1]) * np.diff(middles)).sum(axis=-1))


def moved(one: Floats, other: Floats) -> Floats:
    """[n] share of cases that are in another category (total variation), 0 to 1."""
    return np.asarray(np.abs(shares(one) - shares(other)).sum(axis=-1) / 2)


def deciles(counts: Floats) -> Floats:
    """Fine bins of about equal share joined to about ten."""
    bins = counts.shape[-1]
    if bins <= DECILES:
        return counts
    starts = np.linspace(0, bins, DECILES, endpoint=False).astype(int)
    return np.asarray(np.add.reduceat(counts, starts, axis=-1))


def statistic(of: Counted, one: Floats, other: Floats) -> Floats:
    """[n] the figure that is tested: Wasserstein's distance of numbers in deviations, the root of
    the PSI of categories; both grow in proportion to how much differs.

    Numbers beyond all that was learned count as the outermost bin, so that a single order of a
    million is no drift.
    """
    if of.kind == "number":
        return wasserstein(one, other, of.middles) / (of.deviation or 1.0)
    return np.sqrt(psi(one, other))


def noise(of: Counted, one: Floats, other: Floats) -> Floats:
    """[n] about the mean of the squared statistic where both spans are drawn from one urn."""
    rest = 1 / _some(one.sum(axis=-1)) + 1 / _some(other.sum(axis=-1))
    if of.kind == "number":
        return rest
    held = (shares(other) > 0.002).sum(axis=-1)
    return np.asarray(np.maximum(held - 1, 1) * rest)


def _some(counts: Floats) -> Floats:
    return np.asarray(np.maximum(counts, 1.0))
