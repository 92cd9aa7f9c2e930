"""Progress of a whole, told by its parts."""

from __future__ import annotations

from ml.contract import Progress


def part(progress: Progress, low: float, high: float) -> Progress:
    """A progress that fills only a part of another."""
    return lambda step, share: progress(step, low + (high - low) * share)
