"""One version of a model, as it is kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import Any, Self

from data_access.scope import Scope

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """What is known about a model when it is stored."""

    capability: str
    candidate: str  # key of what was trained, e.g. "lightgbm"
    parameters: Json
    snapshot: int  # that it learned from
    as_of: date  # last local day that it knew
    asked_by: str
    created_at: datetime  # naive UTC
    metrics: dict[str, float]  # of the evaluation, by slug
    baseline: dict[str, float]  # the rule of thumb's on the same cases, same slugs
    baseline_label: str  # "the mean of the last 8 weeks"
    beats_baseline: bool
    verdict: str  # one sentence with both figures
    seconds: float  # that evaluation and fit took
    job_id: str  # makes the version unique: one job stores one
    summary: Json = field(default_factory=dict)  # the rest of the evaluation, and the scope

    @property
    def scope(self) -> Scope:
        """For which series it was trained."""
        return Scope.of(self.summary.get("scope"))

    @property
    def why(self) -> str:
        """It was trained, in a sentence; "": nobody said."""
        return str(self.summary.get("why") or "")

    @property
    def key(self) -> str:
        """Of the champion that it may become."""
        return self.scope.key(self.capability)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion(NewVersion):
    """A stored version."""

    number: int  # counts up within the capability
    files: dict[str, str]  # SHA-256 by name

    @property
    def sentence(self) -> str:
        return f"Version {self.number} is stored. {self.verdict}"

    def to_json(self) -> Json:
        return {
            **asdict(self),
            "as_of": self.as_of.isoformat(),
            "created_at": self.created_at.isoformat(),
        }

    @classmethod
    def from_json(cls, kept: Json) -> Self:
        known = {item.name for item in fields(cls)}
        values = {name: value for name, value in kept.items() if name in known}
        values["as_of"] = date.fromisoformat(kept["as_of"])
        values["created_at"] = datetime.fromisoformat(kept["created_at"])
        return cls(**values)


def light(kept: Json) -> Json:
    """The JSON of a version without the tables of its evaluation, which are most of it."""
    summary = kept.get("summary") or {}
    return {**kept, "summary": {name: one for name, one in summary.items() if name != "tables"}}
