"""What programs are told of models: capabilities, versions, health and drift as plain values.

The command line and the API speak of the same facts under the same names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from app.services import capabilities, registry, switches
from app.services.registry import VersionFilter, VersionRow
from data_access.errors import DataError
from data_access.scope import Scope
from data_access.state import champions, drift, model_health
from data_access.state.model_tables import DriftCheck

if TYPE_CHECKING:
    from app.context import Desk


NOT_LOOKED = "Nobody has looked yet; a worker does every hour."


class NotFound(DataError):  # noqa: N818 - reads as what happened
    """There is no such capability, version or job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityFacts:
    """Who decides for a capability, and how far."""

    capability: str
    label: str
    question: str
    champion: int | None  # version; null: the rule of thumb
    champion_row: int  # changes with each activation; hand it back to refuse a stale one
    since: datetime | None  # naive UTC, as all instants here
    by: str | None
    active: bool  # false: switched off, the rule of thumb is shown
    confidence: float | None  # below it a prediction is "not sure"
    promotes: bool  # a retrained version may be promoted by itself
    switch_row: int  # changes with each switch; hand it back to refuse a stale change
    versions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionFacts:
    """One stored version."""

    capability: str
    key: str  # of the champion that it may become
    number: int
    status: str  # champion | challenger | candidate | retired
    decides: tuple[str, ...]  # keys of the champions that it is
    candidate: str
    label: str
    scope: str  # all | category | product
    series: str | None  # of the scope
    as_of: date
    snapshot: int
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]
    baseline: Mapping[str, float]
    beats_baseline: bool
    verdict: str
    seconds: float
    asked_by: str
    why: str  # it was trained, in a sentence; "": nobody said
    created_at: datetime
    job_id: str
    note: str
    note_row: int  # changes with each note; hand it back to refuse a stale one


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthFacts:
    """How the newest hourly look found a capability."""

    capability: str
    label: str
    state: str  # good | watch | bad | unknown
    sentence: str
    checked_at: datetime | None
    champion: int | None
    parts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftFacts:
    """The newest check of a capability's inputs and predictions."""

    capability: str
    label: str
    model_version: int | None  # 0: the rule of thumb; null: nobody has looked yet
    day: date | None  # last whole day that was looked at
    checked_at: datetime | None
    score: float | None  # of the worst input over its bound; above 1 is an alarm
    alarm: bool
    sentence: str
    inputs: tuple[Mapping[str, Any], ...]  # largest effect on predictions first


def known(capability: str) -> str:
    """The label of a capability.

    Raises
    ------
    NotFound : there is none of that name.
    """
    names = {one.key: one.label for one in capabilities.listed()}
    if capability not in names:
        raise NotFound(
            f"There is no capability {capability}.", remedy=f"Known are: {', '.join(names)}."
        )
    return names[capability]


def listed_capabilities(desk: Desk) -> list[CapabilityFacts]:
    """All of them."""
    switched = switches.switches(desk)
    with desk.state.read() as session:
        deciding = champions.list_champions(session)
    found = []
    for one in capabilities.listed():
        row, switch = deciding.get(one.key), switched.get(one.key)
        switch = switch or switches.Switch(capability=one.key)
        found.append(
            CapabilityFacts(
                capability=one.key,
                label=one.label,
                question=one.question,
                champion=row.model_version if row else None,
                champion_row=row.version if row else 0,
                since=row.since if row else None,
                by=row.by if row else None,
                active=switch.active,
                confidence=switch.confidence,
                promotes=switch.promotes,
                switch_row=switch.row_version,
                versions=len(desk.models.versions(one.key)),
            )
        )
    return found


def capability(desk: Desk, key: str) -> CapabilityFacts:
    """One of them.

    Raises
    ------
    NotFound : there is none of that name.
    """
    known(key)
    return next(one for one in listed_capabilities(desk) if one.capability == key)


def versions(
    desk: Desk, key: str, *, status: str = "", limit: int = 50, offset: int = 0
) -> tuple[list[VersionFacts], int]:
    """Versions of a capability, newest first, and how many there are.

    Raises
    ------
    NotFound : there is no such capability.
    """
    known(key)
    found = registry.listed(desk, key, _filter(status), limit=limit, offset=offset)
    return [_version(row) for row in found.rows], found.total


def version(desk: Desk, key: str, number: int) -> VersionFacts:
    """One version.

    Raises
    ------
    NotFound : there is no such capability or version.
    """
    known(key)
    try:
        return _version(registry.one(desk, key, number))
    except DataError as error:
        raise NotFound(str(error), remedy=error.remedy) from error


def health(desk: Desk) -> list[HealthFacts]:
    """What the newest look found, of every capability."""
    with desk.state.read() as session:
        rows = model_health.list_health(session)
        deciding = champions.list_champions(session)
    found = []
    for one in capabilities.listed():
        row, champion = rows.get(one.key), deciding.get(one.key)
        found.append(
            HealthFacts(
                capability=one.key,
                label=one.label,
                state=row.state if row else "unknown",
                sentence=row.sentence
                if row
                else "Nobody has looked yet; a worker does every hour.",
                checked_at=row.checked_at if row else None,
                champion=champion.model_version if champion else None,
                parts=dict(row.parts) if row else {},
            )
        )
    return found


def drifts(desk: Desk, key: str | None = None) -> list[DriftFacts]:
    """The newest drift check of every capability, or of one.

    Raises
    ------
    NotFound : there is no such capability.
    """
    if key is not None:
        known(key)
    with desk.state.read() as session:
        rows = drift.newest_checks(session)
    return [
        _drift(one.key, one.label, rows.get(one.key))
        for one in capabilities.listed()
        if key in (None, one.key)
    ]


def _filter(status: str) -> VersionFilter:
    if status and status not in registry.STATUSES:
        raise DataError(
            f"There is no status {status}.", remedy=f"Use one of {', '.join(registry.STATUSES)}."
        )
    return VersionFilter(status=status)


def _version(row: VersionRow) -> VersionFacts:
    version, scope = row.version, row.scope
    return VersionFacts(
        capability=version.capability,
        key=version.key,
        number=version.number,
        status=row.standing.status,
        decides=row.standing.decides,
        candidate=version.candidate,
        label=row.label,
        scope=scope.level,
        series=_series(scope),
        as_of=version.as_of,
        snapshot=version.snapshot,
        parameters=dict(version.parameters),
        metrics=dict(version.metrics),
        baseline=dict(version.baseline),
        beats_baseline=version.beats_baseline,
        verdict=version.verdict,
        seconds=version.seconds,
        asked_by=version.asked_by,
        why=version.why,
        created_at=version.created_at,
        job_id=version.job_id,
        note=row.standing.note,
        note_row=row.standing.note_version,
    )


def _series(scope: Scope) -> str | None:
    return None if scope.whole else scope.series_id


def _drift(key: str, label: str, row: DriftCheck | None) -> DriftFacts:
    return DriftFacts(
        capability=key,
        label=label,
        model_version=row.model_version if row else None,
        day=row.day if row else None,
        checked_at=row.checked_at if row else None,
        score=row.score if row else None,
        alarm=bool(row and row.alarm),
        sentence=row.sentence if row else NOT_LOOKED,
        inputs=tuple((row.rows or {}).get("inputs", ())) if row else (),
    )
