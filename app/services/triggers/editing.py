"""Set, change, pause and remove triggers; every act leaves its trace and can be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.access import Identity, Permission, require
from app.jobs.kinds import Json
from app.services.done import Done
from app.services.triggers.kinds import TriggerRefused, checked, in_words
from data_access.state import triggers as store
from data_access.state.engine import utc_now
from data_access.state.model_tables import Trigger

if TYPE_CHECKING:
    from app.context import Desk

MOST = 20
"""Triggers of one capability: more than anybody can keep in mind."""

DEFAULTS: dict[str, tuple[str, Json]] = {"fraud": ("cron", {"cron": "0 4 * * *"})}
"""What a home begins with: fraud changes its ways, so its champion learns anew every night."""

BEGUN = "trigger.defaults"
FIRST_START = "first start"


def add(
    desk: Desk, identity: Identity, capability: str, kind: str, value: Mapping[str, Any]
) -> Done:
    """Set another trigger; `Done.number` is its number.

    Raises
    ------
    AccessDenied : the role may not.
    TriggerRefused : the value cannot be used, never comes, or the same is there already.
    """
    require(identity, Permission.manage_models)
    known = _capability(capability)
    found = checked(kind, value, capability=known, zone=desk.zone)
    now = utc_now()
    with desk.state.decide(identity.name, "trigger.added", f"trigger:{known}") as session:
        rows = store.list_triggers(session, known)
        if any(row.kind == kind and dict(row.value) == found for row in rows):
            raise TriggerRefused(
                f"“{in_words(kind, found)}” is set already.",
                remedy="Change or resume the one that is there.",
            )
        if len(rows) >= MOST:
            raise TriggerRefused(
                f"There are {MOST} triggers already.", remedy="Remove one of them first."
            )
        row = store.add_trigger(
            session, capability=known, kind=kind, value=found, by=identity.name, now=now
        )
        session.object = f"trigger:{known}/{row.trigger_id}"
        session.after = told(row)
    number, version = row.trigger_id, row.version
    return Done(
        text=f"Set: {in_words(kind, found)}.",
        number=number,
        version=version,
        entry_id=session.entry_id,
        back=lambda desk, who: remove(desk, who, number, version=version),
    )


def set_value(
    desk: Desk, identity: Identity, trigger_id: int, value: Mapping[str, Any], *, version: int
) -> Done:
    """Change what a trigger waits for.

    Raises
    ------
    AccessDenied, TriggerRefused : as `add`. StaleWriteError : it changed since it was seen.
    """
    require(identity, Permission.manage_models)
    with desk.state.decide(identity.name, "trigger.changed", f"trigger:{trigger_id}") as session:
        row = store.get_trigger(session, trigger_id, version=version)
        found = checked(row.kind, value, capability=row.capability, zone=desk.zone)
        before = dict(row.value)
        session.object = f"trigger:{row.capability}/{trigger_id}"
        session.before = told(row)
        store.change_trigger(session, row, value=found, by=identity.name, now=utc_now())
        session.after = told(row)
    later = row.version
    return Done(
        text=f"Changed: {in_words(row.kind, found)}.",
        number=trigger_id,
        version=later,
        entry_id=session.entry_id,
        back=lambda desk, who: set_value(desk, who, trigger_id, before, version=later),
    )


def pause(desk: Desk, identity: Identity, trigger_id: int, *, active: bool, version: int) -> Done:
    """Let a trigger rest, or wake it.

    Raises
    ------
    AccessDenied : the role may not. StaleWriteError : it changed since it was seen.
    """
    require(identity, Permission.manage_models)
    act = "trigger.resumed" if active else "trigger.paused"
    with desk.state.decide(identity.name, act, f"trigger:{trigger_id}") as session:
        row = store.get_trigger(session, trigger_id, version=version)
        session.object = f"trigger:{row.capability}/{trigger_id}"
        session.before = told(row)
        store.change_trigger(session, row, active=active, by=identity.name, now=utc_now())
        session.after = told(row)
    later = row.version
    return Done(
        text=f"{'Goes on' if active else 'Paused'}: {in_words(row.kind, row.value)}.",
        number=trigger_id,
        version=later,
        entry_id=session.entry_id,
        back=lambda desk, who: pause(desk, who, trigger_id, active=not active, version=later),
    )


def remove(desk: Desk, identity: Identity, trigger_id: int, *, version: int) -> Done:
    """Remove a trigger; taken back, the same is set once more.

    Raises
    ------
    AccessDenied : the role may not. StaleWriteError : it changed since it was seen.
    """
    require(identity, Permission.manage_models)
    with desk.state.decide(identity.name, "trigger.removed", f"trigger:{trigger_id}") as session:
        row = store.get_trigger(session, trigger_id, version=version)
        capability, kind, value = row.capability, row.kind, dict(row.value)
        session.object = f"trigger:{row.capability}/{trigger_id}"
        session.before = told(row)
        store.remove_trigger(session, row)
    return Done(
        text=f"Removed: {in_words(kind, value)}.",
        number=trigger_id,
        version=0,
        entry_id=session.entry_id,
        back=lambda desk, who: add(desk, who, capability, kind, value),
    )


def ensure_defaults(desk: Desk) -> list[str]:
    """Once in the life of a home: the triggers it begins with; gives their capabilities.

    What staff remove stays removed: the audit remembers that it was there.
    """
    with desk.state.read() as session:
        if store.ever_noted(session, BEGUN):
            return []
    now = utc_now()
    with desk.state.decide(FIRST_START, BEGUN, "trigger:defaults") as session:
        for capability, (kind, value) in DEFAULTS.items():
            if not store.count_triggers(session, capability):
                store.add_trigger(
                    session,
                    capability=capability,
                    kind=kind,
                    value=dict(value),
                    by=FIRST_START,
                    now=now,
                )
        session.after = {name: in_words(*made) for name, made in DEFAULTS.items()}
    return list(DEFAULTS)


def told(row: Trigger) -> Json:
    """For the audit."""
    return {
        "capability": row.capability,
        "waits_for": in_words(row.kind, row.value),
        "kind": row.kind,
        "value": dict(row.value),
        "active": row.active,
    }


def _capability(key: str) -> str:
    from ml.contract import capability

    return capability(key).key
