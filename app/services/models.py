"""Models of a capability as staff compare them: what can be trained, all versions, who decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from app.access import Identity, Permission
from app.services import jobs
from app.services.activation import ChampionView, champion
from data_access.models import ModelVersion
from data_access.scope import WHOLE, Scope

if TYPE_CHECKING:
    from app.context import Desk
    from ml.contract import Candidate, Capability, Measure, Value

HORIZON = "horizon_weeks"
"""Parameter by which versions differ in what they were asked, not only in how they answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One version in the comparison."""

    number: int
    place: int | None  # 1: least error against the rule's; None: measured on other weeks
    candidate: str
    label: str  # of its candidate
    scope: Scope
    error: float | None  # by the capability's primary measure
    rule: float | None  # the rule of thumb's on the same cases
    held: float | None  # share of outcomes inside the 80 % range
    metrics: dict[str, float]
    baseline: dict[str, float]
    beats: bool
    verdict: str
    decides: bool
    learned_to: date
    measured: tuple[str, str]  # first and last day on which it was measured, ISO
    cases: int  # forecasts that were compared with what came
    horizon: int | None  # weeks ahead
    snapshot: int
    asked_by: str
    created_at: datetime  # naive UTC
    seconds: float
    parameters: dict[str, Value]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All versions of a scope: those measured on the newest weeks, best first; then the others."""

    standings: tuple[Standing, ...]
    champion: ChampionView
    scope: Scope
    measure: str  # label of the primary measure
    measure_about: str
    primary: Measure
    measures: tuple[Measure, ...]  # all of the capability
    rule_label: str  # what the rule of thumb is
    best: int | None  # number of the best by the champion's rule among those ranked
    best_sentence: str  # why it is the best, or why the rule of thumb is used

    def standing(self, number: int) -> Standing | None:
        return next((one for one in self.standings if one.number == number), None)

    @property
    def ranked(self) -> tuple[Standing, ...]:
        """Measured on the same weeks, as far ahead: their errors can be compared."""
        return tuple(one for one in self.standings if one.place is not None)

    @property
    def apart(self) -> tuple[Standing, ...]:
        return tuple(one for one in self.standings if one.place is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeView:
    """A scope for which there are versions."""

    scope: Scope
    label: str
    versions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Something that can be trained."""

    candidate: Candidate
    usual: bool  # among the defaults for a shop of this size
    seconds: float  # expected, on two cores, for this scope
    forecast_seconds: float  # that each publication by it would take


def offers(desk: Desk, capability: str, scope: Scope = WHOLE) -> tuple[Offer, ...]:
    """Every candidate but the rule of thumb, which learns nothing; the usual ones first."""
    from app.services.training import choices

    found = _capability(capability)
    products = choices.entities_in(desk, capability, scope)
    usual, weeks = choices.usual(found, products), choices.weeks_of(desk)
    offered = [
        Offer(
            candidate=one,
            usual=one.key in usual,
            seconds=found.expected_seconds(one.key, None, products, weeks),
            forecast_seconds=choices.prediction_seconds(found, one, products),
        )
        for one in found.candidates
        if not one.is_baseline
    ]
    return tuple(sorted(offered, key=lambda one: not one.usual))


def train_permission(capability: str) -> Permission:
    return Permission.train_fraud if capability == "fraud" else Permission.train_commerce


def train(
    desk: Desk,
    person: Identity,
    capability: str,
    wanted: Sequence[tuple[str, Mapping[str, Value]]],
    scope: Scope = WHOLE,
    *,
    again: bool = False,
    why: str = "",
) -> str:
    """Ask for a training of candidates with parameters; gives the job's id.

    again : train all the same what was trained on the same data with the same parameters.
    why : kept with the versions, in a sentence; may be left out.

    Raises
    ------
    WrongParameter : outside its bounds, whatever the browser let through.
    JobError : nothing was chosen, there is no such product or category, or (`TrainedBefore`)
        everything that was asked for is there already.
    AccessDenied : the role may not.
    """
    from app.services import training

    request = training.request(desk, capability, wanted, scope, again=again, why=why)
    return jobs.start(desk, person, "train", request)


def scopes(desk: Desk, capability: str) -> list[ScopeView]:
    """The whole first, then categories and products for which something was trained."""
    found: dict[Scope, ScopeView] = {WHOLE: ScopeView(scope=WHOLE, label="Whole shop", versions=0)}
    for version in desk.models.versions(capability):
        label = str(version.summary.get("scope_label") or version.scope.series_id)
        known = found.get(version.scope)
        found[version.scope] = ScopeView(
            scope=version.scope,
            label=known.label if known else label,
            versions=(known.versions if known else 0) + 1,
        )
    return sorted(found.values(), key=lambda one: (one.scope.level, one.label))


def compare(desk: Desk, capability: str, scope: Scope = WHOLE) -> Comparison:
    """Every stored version of a scope beside the rule of thumb.

    Only those measured up to the same week and as many weeks ahead as the newest one are ranked:
    an error of 4 weeks ahead is no better than one of 26 for being smaller. Expensive candidates
    are measured on fewer products, so the place goes by the error as a share of what the rule of
    thumb had on the same cases.
    """
    from app.services.training import best

    found = _capability(capability)
    now = champion(desk, scope.key(capability))
    measure = _primary(found)
    labels = {c.key: c.label for c in found.candidates}
    rule = next(c for c in found.candidates if c.is_baseline)
    versions = [one for one in desk.models.versions(capability) if one.scope == scope]
    alike = [one for one in versions if _question(one) == _question(versions[0])]
    others = [one for one in versions if _question(one) != _question(versions[0])]
    alike.sort(key=lambda one: (_against(one, measure), -one.number))
    chosen = best(alike)
    standings = [
        _standing(one, measure, labels, now, place) for place, one in enumerate(alike, start=1)
    ] + [_standing(one, measure, labels, now, None) for one in others]
    return Comparison(
        standings=tuple(standings),
        champion=now,
        scope=scope,
        measure=measure.label,
        measure_about=measure.about,
        primary=measure,
        measures=found.measures,
        rule_label=rule.about,
        best=chosen.version.number if chosen.version else None,
        best_sentence=chosen.sentence,
    )


def _against(version: ModelVersion, measure: Measure) -> float:
    """The error over the rule of thumb's; the smaller the better."""
    own, rule = version.metrics.get(measure.slug), version.baseline.get(measure.slug)
    if own is None or rule is None:
        return float("inf")
    share = own / rule if rule else float("inf")
    return -share if measure.better == "higher" else share


def _question(version: ModelVersion) -> tuple[Any, ...]:
    """Up to when and how far ahead a version was measured: only the like can be ranked."""
    return (
        version.summary.get("last_day"),
        version.parameters.get(HORIZON),
    )


def _standing(
    version: ModelVersion,
    measure: Measure,
    labels: dict[str, str],
    now: ChampionView,
    place: int | None,
) -> Standing:
    horizon = version.parameters.get(HORIZON)
    summary = version.summary
    return Standing(
        number=version.number,
        place=place,
        candidate=version.candidate,
        label=labels.get(version.candidate, version.candidate),
        scope=version.scope,
        error=version.metrics.get(measure.slug),
        rule=version.baseline.get(measure.slug),
        held=version.metrics.get("coverage_80"),
        metrics=dict(version.metrics),
        baseline=dict(version.baseline),
        beats=version.beats_baseline,
        verdict=version.verdict,
        decides=now.version == version.number,
        learned_to=version.as_of,
        measured=(str(summary.get("first_day", "")), str(summary.get("last_day", ""))),
        cases=int(summary.get("cases", 0)),
        horizon=int(horizon) if isinstance(horizon, int | float) else None,
        snapshot=version.snapshot,
        asked_by=version.asked_by,
        created_at=version.created_at,
        seconds=version.seconds,
        parameters=dict(version.parameters),
        warnings=tuple(str(one) for one in summary.get("warnings", ())),
    )


def _primary(capability: Capability) -> Measure:
    return next(m for m in capability.measures if m.slug == capability.primary)


def _capability(key: str) -> Capability:
    # Loads what declares the candidates: only pages that train or compare pay for it.
    from ml.contract import capability

    return capability(key)
