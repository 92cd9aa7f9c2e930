"""What the activation flow shows and tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from data_access.models import ModelVersion
from data_access.state.tables import ChampionChange
from ml.contract import Preview


class ActivationRefused(Exception):  # noqa: N818 - reads as what happened
    """Nothing was changed, and why."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class ChampionView:
    """Who decides now."""

    capability: str
    version: int | None  # None: the rule of thumb
    since: datetime | None  # naive UTC; None: always
    by: str | None
    row_version: int  # hand it back to `activate`, which refuses if it is no longer so


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCheck:
    """The version beside the rule of thumb."""

    passed: bool
    sentence: str  # with both figures
    metrics: dict[str, float]  # of the version's evaluation, by slug
    baseline: dict[str, float]  # the rule of thumb's on the same cases


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationPreview:
    """What would happen if this version decided; nothing has happened yet."""

    capability: str
    proposed: ModelVersion
    champion: ChampionView
    changes: Preview  # what changes, for whom, how many
    changes_snapshot: int  # on which both were asked
    check: RuleCheck
    warnings: tuple[str, ...]

    @property
    def needs_reason(self) -> bool:
        return not self.check.passed


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """One entry of the time line."""

    change_id: int
    capability: str
    from_version: int | None  # None: the rule of thumb
    to_version: int | None
    at: datetime  # naive UTC
    by: str
    passed_check: bool
    reason: str | None
    undoes: int | None

    @property
    def sentence(self) -> str:
        what = f"version {self.to_version}" if self.to_version else "the rule of thumb"
        came = f"version {self.from_version}" if self.from_version else "the rule of thumb"
        verb = "went back to" if self.undoes else "chose"
        return f"{self.by} {verb} {what} in place of {came}."


def name_of(version: int | None) -> str:
    return f"Version {version}" if version is not None else "The rule of thumb"


def view_of(row: ChampionChange) -> Activation:
    return Activation(
        change_id=row.change_id,
        capability=row.capability,
        from_version=row.from_version,
        to_version=row.to_version,
        at=row.at,
        by=row.by,
        passed_check=row.passed_check,
        reason=row.reason,
        undoes=row.undoes,
    )
