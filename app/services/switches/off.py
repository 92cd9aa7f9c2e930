"""Switch a capability off, so that its rule of thumb is shown, and on again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from app.access import Identity, Permission, require
from app.services.activation import Activation, promote_permission
from app.services.activation.views import name_of
from app.services.activation.writing import ask_for_what_follows, move
from app.services.done import Done
from app.services.switches.changing import SwitchError, known, opened
from data_access.errors import DataError
from data_access.kill_points import kill_point
from data_access.models import ModelVersion
from data_access.scope import split
from data_access.state import champions, experiments
from data_access.state.engine import DecisionSession
from data_access.state.tables import ChampionChange

if TYPE_CHECKING:
    from app.context import Desk

REASONS = (
    "Its predictions were wrong lately",
    "The data it needs is not right",
    "Something happened that it cannot know",
    "We look into a complaint",
)
"""Offered where a capability is switched off; any other sentence is taken too."""

SWITCHED_OFF = "Switched off: "
"""Before the reason in the time line; by it a part's own model is found again."""

ON_AGAIN = "Switched on again."


def deactivate(
    desk: Desk, by: Identity, capability: str, reason: str, *, expected: int | None = None
) -> Done:
    """No model decides any more: the rule of thumb is shown, for the whole and for every part.

    The switch, the champions, their time line, the end of an experiment and the audit entry are
    written in one transaction.

    Parameters
    ----------
    reason : one sentence; it is shown on the capability's page.
    expected : `Switch.row_version` that the person saw; None: do not check.

    Raises
    ------
    AccessDenied, StaleWriteError : nothing was changed.
    SwitchError : it is off already, or the reason is missing.
    """
    _may(by, capability)
    label = known(capability)
    why = reason.strip()
    if not why:
        raise SwitchError(
            f"{label} was not switched off: no reason was given.",
            remedy="Say in a sentence why; it is shown where the model's numbers were.",
        )
    act, name = "capability.deactivated", f"capability:{capability}"
    with desk.state.decide(by.name, act, name, reason=why) as session:
        row = opened(session, capability, by, expected)
        if not row.active:
            raise SwitchError(f"{label} is switched off already.", remedy="Nothing to do.")
        now = row.changed_at
        decided = {
            key: one.model_version
            for key, one in champions.list_champions(session).items()
            if split(key)[0] == capability and one.model_version is not None
        }
        row.active, row.reason, row.resumes = False, why, decided.get(capability)
        # First, so that it says why; also where only a challenger and the rule of thumb ran.
        experiments.end_for_champion(
            session, capability, champion=None, by=by.name, now=now, why=SWITCHED_OFF + why
        )
        changes = [_to(session, key, None, by.name, now, SWITCHED_OFF + why) for key in decided]
        session.flush()
        kill_point("deactivation-written")
        session.before = {"active": True, "versions": decided}
        session.after = {"active": False, "versions": {}}
    kill_point("deactivation-committed")
    _follow(desk, changes)
    return Done(
        text=f"{label} is switched off; its rule of thumb is shown.",
        version=row.version,
        entry_id=session.entry_id,
        back=lambda desk, who: reactivate(desk, who, capability, expected=row.version),
    )


def reactivate(desk: Desk, by: Identity, capability: str, *, expected: int | None = None) -> Done:
    """What decided when it was switched off decides again, for the whole and for every part.

    A version that was deleted meanwhile stays away: there the rule of thumb decides on.

    Raises
    ------
    AccessDenied, StaleWriteError : nothing was changed.
    SwitchError : it is on already.
    """
    _may(by, capability)
    label = known(capability)
    with desk.state.decide(
        by.name, "capability.reactivated", f"capability:{capability}"
    ) as session:
        row = opened(session, capability, by, expected)
        if row.active:
            raise SwitchError(f"{label} is switched on already.", remedy="Nothing to do.")
        why, now = row.reason or "", row.changed_at
        resumed = _resumed(desk, session, capability, row.resumes)
        row.active, row.reason, row.resumes = True, None, None
        changes = [_to(session, key, one, by.name, now, ON_AGAIN) for key, one in resumed.items()]
        session.flush()
        kill_point("reactivation-written")
        session.before = {"active": False, "versions": {}, "reason": why}
        session.after = {
            "active": True,
            "versions": {key: one.number for key, one in resumed.items()},
        }
    kill_point("reactivation-committed")
    _follow(desk, changes)
    whole = resumed.get(capability)
    who_decides = name_of(whole.number if whole else None)
    return Done(
        text=f"{label} is on again. {who_decides} decides.",
        version=row.version,
        entry_id=session.entry_id,
        back=lambda desk, who: deactivate(
            desk, who, capability, why or "Taken back", expected=row.version
        ),
    )


def _may(by: Identity, capability: str) -> None:
    require(by, Permission.manage_models)
    require(by, promote_permission(capability))


def _resumed(
    desk: Desk, session: DecisionSession, capability: str, whole: int | None
) -> dict[str, ModelVersion]:
    """Versions that decided when it was switched off and are still stored, by key."""
    wanted: dict[str, int | None] = {capability: whole}
    for key, row in champions.list_champions(session).items():
        if split(key)[0] != capability or key == capability or row.model_version is not None:
            continue
        newest = champions.time_line(session, key, limit=1)
        if newest and _by_switch(newest[0]):
            wanted[key] = newest[0].from_version
    found = {key: _stored(desk, capability, number) for key, number in wanted.items()}
    return {key: version for key, version in found.items() if version is not None}


def _by_switch(change: ChampionChange) -> bool:
    return change.to_version is None and (change.reason or "").startswith(SWITCHED_OFF)


def _stored(desk: Desk, capability: str, number: int | None) -> ModelVersion | None:
    if number is None:
        return None
    try:
        return desk.models.version(capability, number)
    except DataError:  # deleted while it was off
        return None


def _to(
    session: DecisionSession,
    key: str,
    proposed: ModelVersion | None,
    by: str,
    now: datetime,
    reason: str,
) -> Activation:
    return move(
        session,
        key,
        proposed=proposed,
        by=by,
        now=now,
        passed=proposed is None or proposed.beats_baseline,
        reason=reason,
        expected=None,
    )


def _follow(desk: Desk, changes: list[Activation]) -> None:
    if changes:
        ask_for_what_follows(desk, changes[-1])
