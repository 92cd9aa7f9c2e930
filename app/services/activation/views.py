"""What the activation flow shows and tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from data_access.models import ModelVersion
from data_access.scope import WHOLE, Scope, split
from data_access.state.tables import ChampionChange
from ml.contract import Preview


class ActivationRefused(Exception):  # noqa: N818 - reads as what happened
    """Nothing was changed, and why."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


class Overtaken(ActivationRefused):
    """Somebody else was faster, or it stands so already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChampionView:
    """Who decides now."""

    capability: str  # its key: a capability, or a scope of one
    version: int | None  # None: the rule of thumb; in a scope: whoever decides for the whole
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

    capability: str  # key of the champion that it would be
    proposed: ModelVersion
    champion: ChampionView
    changes: Preview | None  # what changes, for whom, how many; None: not worked out yet
    decisions: Preview | None  # what changes in the order list
    changes_snapshot: int | None  # on which both were asked
    check: RuleCheck
    warnings: tuple[str, ...]
    relies: tuple[str, ...] = ()  # what relies on whoever decides, in sentences

    @property
    def needs_reason(self) -> bool:
        return not self.check.passed


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """One entry of the time line."""

    change_id: int
    capability: str  # key of the champion
    from_version: int | None  # None: the rule of thumb; in a scope: the model of the whole
    to_version: int | None
    at: datetime  # naive UTC
    by: str
    passed_check: bool
    reason: str | None
    undoes: int | None

    @property
    def scope(self) -> Scope:
        return split(self.capability)[1]

    @property
    def sentence(self) -> str:
        return self.told()

    def told(self, label: str | None = None) -> str:
        """In a sentence; `label` names the category or product of a scope."""
        what = _lower(name_of(self.to_version, self.scope))
        came = _lower(name_of(self.from_version, self.scope))
        verb = "went back to" if self.undoes else "chose"
        whom = "" if self.scope.whole else f" for {label or self.scope.series_id}"
        return f"{self.by} {verb} {what} in place of {came}{whom}."


def name_of(version: int | None, scope: Scope = WHOLE) -> str:
    if version is not None:
        return f"Version {version}"
    return "The rule of thumb" if scope.whole else "The model of the whole shop"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


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
