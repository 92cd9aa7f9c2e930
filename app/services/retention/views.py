"""What retention would remove, and what it removed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How long is kept what; the settings of the group Retention."""

    snapshots: int  # the newest, of all
    publications: int  # the newest, of each capability
    versions: int  # the newest, of each capability
    versions_days: int
    predictions_days: int
    scores_days: int
    checks_days: int
    alerts_days: int
    uses_days: int
    notes_days: int
    lines_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One sort of thing in the dry run."""

    key: str
    label: str  # "Snapshots"
    rule: str  # by which it is kept, in words
    there: int  # now
    going: int
    bytes: int | None  # that files free; None: rows, whose room the database uses again
    oldest: datetime | None = None  # of what goes, naive UTC; None: nothing goes, or not known
    held: tuple[tuple[str, int], ...] = ()  # why, and how many that would go by age or number stay
    examples: tuple[str, ...] = ()  # of what goes

    @property
    def stays(self) -> int:
        return self.there - self.going


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would go now; nothing has happened yet."""

    made_at: datetime  # naive UTC
    lines: tuple[Line, ...]

    @property
    def going(self) -> int:
        return sum(line.going for line in self.lines)

    @property
    def bytes(self) -> int:
        return sum(line.bytes or 0 for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What went, by the keys of `Line`."""

    counts: dict[str, int]
    bytes: int

    @property
    def sentence(self) -> str:
        told = [f"{count:,} {NOUNS[key]}" for key, count in self.counts.items() if count]
        if not told:
            return "Nothing was old enough to go."
        return f"Removed {', '.join(told)}; {size(self.bytes)} of files freed."

    def to_json(self) -> dict[str, Any]:
        return {"sentence": self.sentence, "removed": dict(self.counts), "bytes": self.bytes}


NOUNS = {
    "predictions": "predictions",
    "scores": "scores of orders",
    "checks": "drift checks",
    "alerts": "alerts",
    "uses": "hours of use",
    "publications": "publications",
    "versions": "model versions",
    "snapshots": "snapshots",
    "notes": "jobs",
    "lines": "log lines",
}
"""In the order in which they go: what was said goes before who said it."""


def size(bytes_: int) -> str:
    """ "0 MB", "3.4 MB", "1.2 GB"."""
    if bytes_ >= 10**9:
        return f"{bytes_ / 10**9:.1f} GB"
    return f"{bytes_ / 10**6:.1f} MB" if bytes_ >= 50_000 else f"{bytes_ / 1000:.0f} kB"
