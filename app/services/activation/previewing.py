"""What would happen if a version decided; nothing happens here."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.services.activation.views import ActivationPreview, ChampionView, RuleCheck
from app.services.previews import changes
from data_access.errors import DataError
from data_access.models import ModelVersion
from data_access.state import champions
from ml.contract import capability as capability_of

if TYPE_CHECKING:
    from app.context import Desk

OLD_AFTER = timedelta(days=30)
"""A model that learned longer ago than this comes with a warning."""


def champion(desk: Desk, capability: str) -> ChampionView:
    """Who decides now; without a row, the rule of thumb."""
    with desk.state.read() as session:
        row = champions.get_champion(session, capability)
        return ChampionView(
            capability=capability,
            version=row.model_version if row else None,
            since=row.since if row else None,
            by=row.by if row else None,
            row_version=row.version if row else 0,
        )


def preview(desk: Desk, capability: str, version: int) -> ActivationPreview:
    """What changes if this version decides, and whether it should.

    Raises
    ------
    DataError : there is no such version, or its files are damaged.
    """
    proposed = desk.models.version(capability, version)
    now = champion(desk, capability)
    found = changes(desk, capability, now.version, version)
    return ActivationPreview(
        capability=capability,
        proposed=proposed,
        champion=now,
        changes=found.preview,
        changes_snapshot=found.snapshot,
        check=check(proposed),
        warnings=warnings(desk, proposed, now),
    )


def check(version: ModelVersion) -> RuleCheck:
    """The version's evaluation against the rule of thumb's on the same cases."""
    return RuleCheck(
        passed=version.beats_baseline,
        sentence=version.verdict,
        metrics=version.metrics,
        baseline=version.baseline,
    )


def warnings(desk: Desk, proposed: ModelVersion, now: ChampionView) -> tuple[str, ...]:
    told = []
    newest = desk.store.newest()
    if newest is not None and newest.as_of_day - proposed.as_of > OLD_AFTER:
        days = (newest.as_of_day - proposed.as_of).days
        told.append(f"It learned {days} days ago and knows nothing of what came since.")
    if now.version is not None:
        told += _against(desk, proposed, now.version)
    told += [str(warning) for warning in proposed.summary.get("warnings", ())]
    return tuple(told)


def _against(desk: Desk, proposed: ModelVersion, number: int) -> list[str]:
    try:
        current = desk.models.version(proposed.capability, number)
    except DataError as error:
        return [str(error)]
    found = capability_of(proposed.capability)
    measure = next(m for m in found.measures if m.slug == found.primary)
    ours, theirs = proposed.metrics.get(measure.slug), current.metrics.get(measure.slug)
    told = []
    if ours is not None and theirs is not None and _worse(ours, theirs, measure.better):
        told.append(
            f"{measure.label}: {ours:.3g} here, {theirs:.3g} for version {number}, which decides."
        )
    if proposed.as_of != current.as_of:
        told.append(
            f"Version {number} was measured up to {current.as_of:%d %B %Y}, "
            f"this one up to {proposed.as_of:%d %B %Y}: the two periods differ."
        )
    return told


def _worse(ours: float, theirs: float, better: str) -> bool:
    if better == "near zero":
        return abs(ours) > abs(theirs)
    return ours > theirs if better == "lower" else ours < theirs
