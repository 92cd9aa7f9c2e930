"""Models of a capability as staff compare them: a form to train one, all versions, who decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from app.access import Identity, Permission
from app.services import jobs
from app.services.activation import ChampionView, champion
from data_access.models import ModelVersion

if TYPE_CHECKING:
    from app.context import Desk
    from ml.contract import Candidate, Capability, Measure, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One version in the comparison."""

    number: int
    label: str  # of its candidate
    error: float | None  # by the capability's primary measure
    rule: float | None  # the rule of thumb's on the same cases
    held: float | None  # share of outcomes inside the 80 % range
    beats: bool
    verdict: str
    decides: bool
    learned_to: date
    snapshot: int
    asked_by: str
    created_at: datetime  # naive UTC
    seconds: float
    parameters: dict[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All versions of a capability, best first, and who decides now."""

    standings: tuple[Standing, ...]
    champion: ChampionView
    measure: str  # label of the primary measure
    measure_about: str
    rule_label: str  # what the rule of thumb is

    def standing(self, number: int) -> Standing | None:
        return next((one for one in self.standings if one.number == number), None)


def candidates(capability: str) -> tuple[Candidate, ...]:
    """What can be trained: every candidate but the rule of thumb, which learns nothing."""
    return tuple(c for c in _capability(capability).candidates if not c.is_baseline)


def train_permission(capability: str) -> Permission:
    return Permission.train_fraud if capability == "fraud" else Permission.train_commerce


def train(
    desk: Desk,
    person: Identity,
    capability: str,
    candidate: str,
    parameters: dict[str, Value],
) -> str:
    """Ask for a training; gives the job's id.

    Raises
    ------
    WrongParameter : outside its bounds, whatever the browser let through.
    AccessDenied : the role may not.
    """
    from ml.contract import candidate as candidate_of

    values = candidate_of(_capability(capability), candidate).check(parameters)
    return jobs.start(
        desk,
        person,
        "train",
        {"capability": capability, "candidate": candidate, "parameters": values},
    )


def compare(desk: Desk, capability: str) -> Comparison:
    """Every stored version beside the rule of thumb; the smallest error first."""
    found = _capability(capability)
    now = champion(desk, capability)
    measure = _primary(found)
    labels = {c.key: c.label for c in found.candidates}
    rule = next(c for c in found.candidates if c.is_baseline)
    standings = [
        _standing(version, measure, labels, now) for version in desk.models.versions(capability)
    ]
    sign = -1 if measure.better == "higher" else 1
    standings.sort(key=lambda s: (s.error is None, sign * (s.error or 0.0), -s.number))
    return Comparison(
        standings=tuple(standings),
        champion=now,
        measure=measure.label,
        measure_about=measure.about,
        rule_label=rule.about,
    )


def _standing(
    version: ModelVersion, measure: Measure, labels: dict[str, str], now: ChampionView
) -> Standing:
    return Standing(
        number=version.number,
        label=labels.get(version.candidate, version.candidate),
        error=version.metrics.get(measure.slug),
        rule=version.baseline.get(measure.slug),
        held=version.metrics.get("coverage_80"),
        beats=version.beats_baseline,
        verdict=version.verdict,
        decides=now.version == version.number,
        learned_to=version.as_of,
        snapshot=version.snapshot,
        asked_by=version.asked_by,
        created_at=version.created_at,
        seconds=version.seconds,
        parameters=dict(version.parameters),
    )


def _primary(capability: Capability) -> Measure:
    return next(m for m in capability.measures if m.slug == capability.primary)


def _capability(key: str) -> Capability:
    # Loads the learning libraries (a second): only pages that train or compare pay for it.
    from ml.contract import capability

    return capability(key)
