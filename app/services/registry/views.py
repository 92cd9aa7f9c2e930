"""What the page Models tells of versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from data_access.errors import DataError
from data_access.models import ModelVersion
from data_access.scope import Scope
from ml.contract import Measure

Status = Literal["champion", "challenger", "candidate", "retired"]

STATUSES: dict[Status, str] = {
    "champion": "Champion",
    "challenger": "Challenger",
    "candidate": "Candidate",
    "retired": "Retired",
}
"""Decides now; waits or is tried beside the champion; never decided; decided once, no more."""


class VersionRefused(DataError):  # noqa: N818 - reads as what happened
    """Nothing was changed, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a version stands."""

    status: Status
    decides: tuple[str, ...] = ()  # keys of the champions that it is
    note: str = ""
    note_version: int = 0  # hand it back with a change; 0: nothing was said yet


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """One version in the list; instants are naive UTC."""

    version: ModelVersion  # without the tables of its evaluation
    label: str  # of its candidate
    standing: Standing
    measure: Measure  # by which versions are ranked
    primary: float | None
    baseline: float | None  # the rule of thumb's on the same cases

    @property
    def number(self) -> int:
        return self.version.number

    @property
    def scope(self) -> Scope:
        return self.version.scope

    @property
    def scope_label(self) -> str:
        """For whom it was trained, in words."""
        if self.scope.whole:
            return "Whole shop"
        return str(self.version.summary.get("scope_label") or self.scope.series_id)

    @property
    def measured(self) -> tuple[date, date] | None:
        """First and last day on which it was measured."""
        first, last = (self.version.summary.get(name) for name in ("first_day", "last_day"))
        return (date.fromisoformat(first), date.fromisoformat(last)) if first and last else None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionFilter:
    """Which versions are asked for; empty means any."""

    status: str = ""
    candidate: str = ""
    scope: str = ""  # label
    text: str = ""  # in number, who asked, the note, the parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A page of versions, and what can be chosen in the filters."""

    rows: tuple[VersionRow, ...]
    total: int  # that fit the filter
    every: int  # that there are
    candidates: tuple[tuple[str, str], ...]  # key and label of those that were trained
    scopes: tuple[str, ...]
    by_status: dict[str, int]
    measure: Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What was said of a version, and by whom last."""

    number: int
    note: str
    row_version: int
    changed_by: str | None
    changed_at: datetime | None
