"""How a capability answers: how long it takes, how often it fails, how much memory it needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

import numpy as np

from data_access.state.model_uses import Used, uses_since
from ml.drift.bounds import tail_of

if TYPE_CHECKING:
    from app.context import Desk

DAYS = 14  # that say what is usual
LATELY = timedelta(hours=24)
FEWEST_HOURS = 48  # under which no bound is learned
CHANCE = 1 / (24 * 60)  # an ordinary hour is beyond the bound about every other month
MOST_ERRORS = 0.01  # share of calls
FEWEST_ERRORS = 3
MEMORY = 0.85  # of what a job may take

State = Literal["good", "watch", "bad"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """The last day beside the two weeks before it."""

    hours: tuple[Used, ...]  # oldest first, all of the two weeks
    calls: int  # of the last day, as all below
    predictions: int
    errors: int
    mean_s: float | None  # a call; None: no call
    slowest_s: float | None
    peak_mb: float | None
    bound_s: float | None  # of an hour's mean; None: too few hours are known
    slow: bool
    failing: bool
    full: bool

    @property
    def state(self) -> State:
        return "bad" if self.failing else "watch" if self.slow or self.full else "good"

    @property
    def sentence(self) -> str:
        if not self.calls:
            return "Nobody asked within the last day."
        told = []
        if self.failing:
            told.append(f"{self.errors:,} of {self.calls:,} calls of the last day failed.")
        if self.slow and self.mean_s is not None and self.bound_s is not None:
            told.append(
                f"A call takes {_seconds(self.mean_s)} on average; usual is at most "
                f"{_seconds(self.bound_s)}."
            )
        if self.full and self.peak_mb is not None:
            told.append(f"The process that answers took {self.peak_mb:,.0f} MB.")
        return " ".join(told) or (
            f"{self.calls:,} calls within the last day, {_seconds(self.mean_s or 0.0)} on average, "
            f"{self.errors:,} failed."
        )


def use(desk: Desk, key: str, *, now: datetime) -> Use:
    """What was asked of a capability lately, of whatever version."""
    with desk.state.read() as session:
        rows = uses_since(session, now - timedelta(days=DAYS), key)
    late = [row for row in rows if row.hour >= now - LATELY]
    before = [row for row in rows if row.hour < now - LATELY and row.calls]
    calls = sum(row.calls for row in late)
    errors = sum(row.errors for row in late)
    mean = sum(row.seconds for row in late) / calls if calls else None
    peaks = [row.peak_mb for row in late if row.peak_mb]
    bound = None
    if len({row.hour for row in before}) >= FEWEST_HOURS:
        usual = np.array([row.seconds / row.calls for row in before])
        bound = max(tail_of(usual).level(CHANCE), 2 * float(np.median(usual)))
    peak = max(peaks) if peaks else None
    return Use(
        hours=tuple(rows),
        calls=calls,
        predictions=sum(row.predictions for row in late),
        errors=errors,
        mean_s=mean,
        slowest_s=max((row.slowest for row in late), default=None),
        peak_mb=peak,
        bound_s=bound,
        slow=bound is not None and mean is not None and mean > bound,
        failing=errors >= FEWEST_ERRORS and errors > MOST_ERRORS * calls,
        full=peak is not None and peak > MEMORY * desk.settings.job_memory_mb,
    )


def _seconds(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"
