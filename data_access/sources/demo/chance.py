"""Chance by key: every draw is a function of (seed, process, day or entity), never of history."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def generator(seed: int, process: str, index: int = 0) -> np.random.Generator:
    """The stream of one process in one week (or of one cohort); the same for the same key."""
    name = zlib.crc32(process.encode())
    key = np.array([seed % 2**64, (name << 32) + index], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key))


def uniform_of(seed: int, process: str, entity: NDArray[np.integer]) -> Floats:
    """One number in [0, 1) for each entity, from its number alone (SplitMix64 of the counter)."""
    name = np.uint64(zlib.crc32(process.encode()))
    with np.errstate(over="ignore"):
        x = entity.astype(np.uint64) + (np.uint64(seed % 2**63) << np.uint64(1)) * _MIX_1
        x = (x + name * _MIX_2) * _GOLDEN
        x = (x ^ (x >> np.uint64(30))) * _MIX_1
        x = (x ^ (x >> np.uint64(27))) * _MIX_2
        x ^= x >> np.uint64(31)
    return (x >> np.uint64(11)).astype(np.float64) * 2.0**-53


def choice_of(
    seed: int, process: str, entity: NDArray[np.integer], n: int | NDArray[np.integer]
) -> Ints:
    """One of ``n`` for each entity, from its number alone."""
    return (uniform_of(seed, process, entity) * n).astype(np.int64)


def pick(rng: np.random.Generator, shares: Floats, size: int) -> Ints:
    """Indices drawn with the given shares (they need not sum to one)."""
    bounds = np.cumsum(shares)
    place: Ints = np.searchsorted(bounds, rng.random(size) * bounds[-1], side="right")
    return place.clip(max=len(shares) - 1)


def pick_rows(rng: np.random.Generator, shares: Floats) -> Ints:
    """One column for each row of a matrix of shares."""
    bounds = np.cumsum(shares, axis=1)
    draws = rng.random(len(shares)) * bounds[:, -1]
    place: Ints = (bounds[:, :-1] <= draws[:, None]).sum(axis=1)
    return place
