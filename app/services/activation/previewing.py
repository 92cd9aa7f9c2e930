"""What would happen if a version decided; nothing happens here."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.access import Identity
from app.services import jobs, previews
from app.services.activation.relying import relying
from app.services.activation.views import ActivationPreview, ChampionView, RuleCheck
from data_access.errors import DataError
from data_access.models import ModelVersion
from data_access.state import champions
from data_access.state.engine import utc_now
from ml.contract import capability as capability_of

if TYPE_CHECKING:
    from app.context import Desk

OLD_AFTER = timedelta(days=30)
"""A model that learned longer ago than this comes with a warning."""


def champion(desk: Desk, capability: str) -> ChampionView:
    """Who decides now, by a capability or the key of a scope; without a row, the rule of thumb
    (in a scope: whoever decides for the whole)."""
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
    """What changes if this version decides, and whether it should; nothing is computed here.

    Where nobody has worked out what changes, `changes` is None: see `ask_for_preview`.

    Raises
    ------
    DataError : there is no such version.
    """
    proposed = desk.models.version(capability, version)
    now = champion(desk, proposed.key)
    found = previews.known(desk, proposed)
    return ActivationPreview(
        capability=proposed.key,
        proposed=proposed,
        champion=now,
        changes=found.preview if found else None,
        decisions=found.decisions if found else None,
        changes_snapshot=found.snapshot if found else None,
        check=check(proposed),
        warnings=warnings(desk, proposed, now),
        relies=relying(desk, proposed.key, now=utc_now()),
    )


def ask_for_preview(desk: Desk, identity: Identity, capability: str, version: int) -> str:
    """Let a worker find out what would change; gives the job's id.

    Raises
    ------
    AccessDenied : the role may not.
    """
    return jobs.start(desk, identity, "preview", {"capability": capability, "version": version})


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
        here, there = (
            f"{value * 100:.1f} %" if measure.unit == "share" else f"{value:.3g}"
            for value in (ours, theirs)
        )
        told.append(f"{measure.label}: {here} here, {there} for version {number}, which decides.")
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
