"""Let a version decide, take it back, and what follows from it."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.access import Identity, Permission, require
from app.services.activation.previewing import champion
from app.services.activation.views import Activation, ActivationRefused, name_of, view_of
from data_access.kill_points import kill_point
from data_access.models import ModelVersion
from data_access.state import champions
from data_access.state.engine import DecisionSession, StaleWriteError
from data_access.state.pins import pin, unpin
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

FIRST_START = "first start"


def promote_permission(capability: str) -> Permission:
    return Permission.promote_fraud if capability == "fraud" else Permission.promote_commerce


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
            f"{name_of(version)} decides already.", remedy="Nothing to do; reload the page."
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
        return [view_of(row) for row in champions.time_line(session, capability, limit=limit)]


def activate_first(desk: Desk, version: ModelVersion) -> str:
    """On the very first training, let a version that beats the rule of thumb decide.

    Where somebody has decided before, or it does not beat it, nothing changes. Returns what came
    of it, in a sentence.
    """
    label = capability_of(version.capability).label
    now = champion(desk, version.capability)
    if now.row_version > 0:
        return f"{label}: version {version.number} is stored; {name_of(now.version)} decides on."
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
    return view_of(change)


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
        f"{now.by or 'Somebody'} let {name_of(now.version).lower()} decide{at}; "
        "nothing was changed.",
        remedy="Look at the preview again, which now compares with that one.",
    )
