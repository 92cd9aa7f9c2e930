"""The one activation flow: preview, check against the rule of thumb, activate, undo.

The same for every capability. Who decides is one row in the app database, changed together with
its time line, the audit entry and the state revision; whatever follows (a new publication,
MLflow's alias) is asked for afterwards and made good by the worker if a crash comes between.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from app.access import Identity, Permission, require
from app.services.previews import changes
from data_access.errors import DataError
from data_access.kill_points import kill_point
from data_access.models import ModelVersion
from data_access.state import champions
from data_access.state.engine import DecisionSession, StaleWriteError
from data_access.state.pins import pin, unpin
from data_access.state.tables import ChampionChange
from ml.contract import Preview
from ml.contract import capability as capability_of

if TYPE_CHECKING:
    from app.context import Desk

log = logging.getLogger("shopsight.activation")

REASONS = (
    "The measured period was unusual",
    "It is better where it matters to us",
    "We want to try it for a while",
    "The rule of thumb cannot know what is coming",
)
"""Offered where somebody overrides the check; any other sentence is taken too."""

OLD_AFTER = timedelta(days=30)
"""A model that learned longer ago than this comes with a warning."""

FIRST_START = "first start"


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


def promote_permission(capability: str) -> Permission:
    return Permission.promote_fraud if capability == "fraud" else Permission.promote_commerce


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
        warnings=_warnings(desk, proposed, now),
    )


def check(version: ModelVersion) -> RuleCheck:
    """The version's evaluation against the rule of thumb's on the same cases."""
    return RuleCheck(
        passed=version.beats_baseline,
        sentence=version.verdict,
        metrics=version.metrics,
        baseline=version.baseline,
    )


def activate(
    desk: Desk,
    identity: Identity,
    capability: str,
    version: int | None,
    expected_champion_version: int,
    reason: str | None = None,
) -> Activation:
    """Let a version decide; None: the rule of thumb.

    Parameters
    ----------
    expected_champion_version : `ChampionView.row_version` that the person saw.
    reason : one sentence, required only where the version did not beat the rule of thumb.

    Raises
    ------
    AccessDenied : the role may not.
    ActivationRefused : somebody else was faster, it decides already, or the reason is missing.
    """
    require(identity, promote_permission(capability))
    if champion(desk, capability).version == version:
        raise ActivationRefused(
            f"{_name(version)} decides already.", remedy="Nothing to do; reload the page."
        )
    return _change(
        desk, identity.name, capability, version, reason, expected=expected_champion_version
    )


def undo(desk: Desk, identity: Identity, change_id: int) -> Activation:
    """Take the newest activation back: what decided before decides again.

    Raises
    ------
    AccessDenied : the role may not.
    ActivationRefused : a later activation came after it.
    """
    with desk.state.read() as session:
        change = champions.get_change(session, change_id)
        newest = champions.time_line(session, change.capability, limit=1)[0]
        row = champions.get_champion(session, change.capability)
    require(identity, promote_permission(change.capability))
    if newest.change_id != change_id:
        raise ActivationRefused(
            f"{newest.by} changed it again since; that one must be taken back first.",
            remedy="Take back the newest entry of the time line, or activate a version directly.",
        )
    return _change(
        desk,
        identity.name,
        change.capability,
        change.from_version,
        f"Takes back activation {change_id}.",
        expected=row.version if row else 0,
        undoes=change_id,
    )


def time_line(desk: Desk, capability: str, *, limit: int = 100) -> list[Activation]:
    """Newest first."""
    with desk.state.read() as session:
        return [_view(row) for row in champions.time_line(session, capability, limit=limit)]


def activate_first(desk: Desk, version: ModelVersion) -> str:
    """On the very first training, let a version that beats the rule of thumb decide.

    Where somebody has decided before, or it does not beat it, nothing changes. Returns what came
    of it, in a sentence.
    """
    label = capability_of(version.capability).label
    now = champion(desk, version.capability)
    if now.row_version > 0:
        return f"{label}: version {version.number} is stored; {_name(now.version)} decides on."
    if not version.beats_baseline:
        return (
            f"{label}: version {version.number} did not beat the rule of thumb, "
            f"which decides on. {version.verdict}"
        )
    try:
        _change(desk, FIRST_START, version.capability, version.number, None, expected=0)
    except ActivationRefused:
        return f"{label}: version {version.number} is stored; somebody chose another meanwhile."
    return f"{label}: version {version.number} decides from now on. {version.verdict}"


def _change(
    desk: Desk,
    actor: str,
    capability: str,
    to_version: int | None,
    reason: str | None,
    *,
    expected: int,
    undoes: int | None = None,
) -> Activation:
    proposed = desk.models.version(capability, to_version) if to_version is not None else None
    passed = proposed is None or proposed.beats_baseline
    if not passed and not (reason or "").strip():
        raise ActivationRefused(
            f"Version {to_version} did not beat the rule of thumb, and no reason was given.",
            remedy="Say in a sentence why it should decide all the same.",
        )
    act = "champion.activated" if undoes is None else "champion.undone"
    try:
        with desk.state.decide(actor, act, f"champion:{capability}", reason=reason) as session:
            activation = _write(
                session, capability, proposed, to_version, actor, reason, passed, expected, undoes
            )
            kill_point("activation-written")
    except StaleWriteError as error:
        raise _overtaken(desk, capability) from error
    kill_point("activation-committed")
    _ask_for_what_follows(desk, activation)
    kill_point("activation-asked")
    return activation


def _write(
    session: DecisionSession,
    capability: str,
    proposed: ModelVersion | None,
    to_version: int | None,
    actor: str,
    reason: str | None,
    passed: bool,
    expected: int,
    undoes: int | None,
) -> Activation:
    """The champion's row, its time line and the pin of its snapshot, in the given transaction."""
    now = datetime.now(UTC).replace(tzinfo=None)
    change = champions.change_champion(
        session,
        capability=capability,
        to_version=to_version,
        by=actor,
        now=now,
        passed_check=passed,
        reason=reason,
        undoes=undoes,
        expected_version=expected,
    )
    holder = f"model:{capability}"
    unpin(session, holder=holder)
    if proposed is not None:
        pin(session, snapshot=proposed.snapshot, holder=holder, now=now)
    session.before = {"version": change.from_version}
    session.after = {"version": to_version, "passed_check": passed, "undoes": undoes}
    return _view(change)


def _ask_for_what_follows(desk: Desk, activation: Activation) -> None:
    """Ask for a publication and for MLflow's alias; the worker asks again for what is missing."""
    from app.jobs.following import ask_for_publications

    try:
        ask_for_publications(desk.jobs, desk.state, desk.settings)
        desk.jobs.start("mend", {}, "worker", job_id=f"mend-{activation.change_id}")
    except Exception:
        # The decision stands; a queue that does not answer must not make it look otherwise.
        log.exception("what follows from activation %s was not asked for", activation.change_id)


def _overtaken(desk: Desk, capability: str) -> ActivationRefused:
    now = champion(desk, capability)
    when = now.since.replace(tzinfo=UTC).astimezone(desk.zone) if now.since else None
    at = f" on {when:%d %B at %H:%M}" if when else ""
    return ActivationRefused(
        f"{now.by or 'Somebody'} let {_name(now.version).lower()} decide{at}; nothing was changed.",
        remedy="Look at the preview again, which now compares with that one.",
    )


def _warnings(desk: Desk, proposed: ModelVersion, now: ChampionView) -> tuple[str, ...]:
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


def _name(version: int | None) -> str:
    return f"Version {version}" if version is not None else "The rule of thumb"


def _view(row: ChampionChange) -> Activation:
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
