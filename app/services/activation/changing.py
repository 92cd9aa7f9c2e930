"""Let a version decide, take it back, and what follows from it."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from app.access import Identity, Permission, require
from app.services.activation import writing
from app.services.activation.previewing import champion
from app.services.activation.views import (
    Activation,
    ActivationRefused,
    Overtaken,
    name_of,
    view_of,
)
from data_access.errors import DataError
from data_access.kill_points import kill_point
from data_access.models import ModelVersion
from data_access.scope import split
from data_access.state import champions
from data_access.state.engine import StaleWriteError, utc_now
from ml.contract import capability as capability_of

if TYPE_CHECKING:
    from app.context import Desk

REASONS = (
    "The measured period was unusual",
    "It is better where it matters to us",
    "We want to try it for a while",
    "The rule of thumb cannot know what is coming",
)
"""Offered where somebody overrides the check; any other sentence is taken too."""

FIRST_START = "first start"


def promote_permission(key: str) -> Permission:
    capability, _ = split(key)
    return Permission.promote_fraud if capability == "fraud" else Permission.promote_commerce


def activate(
    desk: Desk,
    identity: Identity,
    capability: str,
    version: int | None,
    expected_champion_version: int,
    reason: str | None = None,
) -> Activation:
    """Let a version decide; None: the rule of thumb, or in a scope the model of the whole.

    Parameters
    ----------
    capability : or the key of a scope of it, "forecasting/product:P000012".
    expected_champion_version : `ChampionView.row_version` that the person saw.
    reason : one sentence, required only where the version did not beat the rule of thumb.

    Raises
    ------
    AccessDenied : the role may not.
    ActivationRefused : somebody else was faster, it decides already, the reason is missing, it
        was trained for another scope, or the capability is switched off.
    """
    require(identity, promote_permission(capability))
    if champion(desk, capability).version == version:
        raise Overtaken(
            f"{name_of(version, split(capability)[1])} decides already.",
            remedy="Nothing to do; reload the page.",
        )
    return _change(
        desk, identity.name, capability, version, reason, expected=expected_champion_version
    )


def undo(desk: Desk, identity: Identity, change_id: int) -> Activation:
    """Take the newest activation back: what decided before decides again.

    Raises
    ------
    AccessDenied : the role may not.
    ActivationRefused : a later activation came after it, or the capability is switched off.
    """
    with desk.state.read() as session:
        change = champions.get_change(session, change_id)
        newest = champions.time_line(session, change.capability, limit=1)[0]
        row = champions.get_champion(session, change.capability)
    require(identity, promote_permission(change.capability))
    if newest.change_id != change_id:
        raise Overtaken(
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


def time_line(
    desk: Desk, capability: str, *, limit: int = 100, with_scopes: bool = False
) -> list[Activation]:
    """Newest first; of one champion, or also of the scopes of its capability."""
    with desk.state.read() as session:
        rows = champions.time_line(session, capability, limit=limit, with_scopes=with_scopes)
    return [view_of(row) for row in rows]


def activate_first(desk: Desk, version: ModelVersion) -> str:
    """On the very first training, let a version that beats the rule of thumb decide.

    Where somebody has decided before, or it does not beat it, nothing changes. Returns what came
    of it, in a sentence.
    """
    label = capability_of(version.capability).label
    now = champion(desk, version.key)
    if now.row_version > 0:
        return f"{label}: version {version.number} is stored; {name_of(now.version)} decides on."
    if not version.beats_baseline:
        return (
            f"{label}: version {version.number} did not beat the rule of thumb, "
            f"which decides on. {version.verdict}"
        )
    try:
        _change(desk, FIRST_START, version.key, version.number, None, expected=0)
    except ActivationRefused as refused:
        return f"{label}: version {version.number} is stored, but does not decide: {refused}"
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
    proposed = (
        desk.models.version(split(capability)[0], to_version) if to_version is not None else None
    )
    if proposed is not None and proposed.key != capability:
        raise ActivationRefused(
            f"Version {to_version} was trained for something else.",
            remedy="Train a version for this scope, or activate it for what it was trained for.",
        )
    if proposed is not None:
        require_sound(desk, proposed)
    passed = proposed is None or proposed.beats_baseline
    if not passed and not (reason or "").strip():
        raise ActivationRefused(
            f"Version {to_version} did not beat the rule of thumb, and no reason was given.",
            remedy="Say in a sentence why it should decide all the same.",
        )
    act = "champion.activated" if undoes is None else "champion.undone"
    try:
        with desk.state.decide(actor, act, f"champion:{capability}", reason=reason) as session:
            activation = writing.write(
                desk,
                session,
                capability,
                proposed=proposed,
                by=actor,
                now=utc_now(),
                passed=passed,
                reason=reason,
                expected=expected,
                undoes=undoes,
            )
            kill_point("activation-written")
    except StaleWriteError as error:
        raise overtaken(desk, capability) from error
    kill_point("activation-committed")
    writing.ask_for_what_follows(desk, activation)
    kill_point("activation-asked")
    return activation


def require_sound(desk: Desk, proposed: ModelVersion) -> None:
    """Go on only where a version's files are what was stored: what cannot answer cannot decide.

    Raises
    ------
    ActivationRefused : a file is missing, altered, or could run code.
    """
    try:
        desk.models.files(proposed.capability, proposed.number)
    except (DataError, OSError) as error:
        raise ActivationRefused(
            f"Version {proposed.number} cannot decide: {error}",
            remedy=getattr(error, "remedy", "Restore its files from a backup, or train it again."),
        ) from error


def overtaken(desk: Desk, capability: str) -> ActivationRefused:
    """What is said to whoever saw another champion than there is now."""
    now = champion(desk, capability)
    when = now.since.replace(tzinfo=UTC).astimezone(desk.zone) if now.since else None
    at = f" on {when:%d %B at %H:%M}" if when else ""
    return Overtaken(
        f"{now.by or 'Somebody'} let {name_of(now.version, split(capability)[1]).lower()} "
        f"decide{at}; "
        "nothing was changed.",
        remedy="Look at the preview again, which now compares with that one.",
    )
