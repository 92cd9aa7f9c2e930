"""Settings that staff change, and targets: checked, remembered with their author, undoable."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from app.access.roles import AccessDenied, Identity, Permission, Role, require
from app.metrics import BY_SLUG
from app.services.preferences import (
    BY_KEY,
    DEFINITIONS,
    Definition,
    SettingError,
    Value,
    checked,
    definition,
)
from app.services.sealing import seal
from data_access.state import preferences, targets
from data_access.state.engine import StaleWriteError, StateDatabase, utc_now
from data_access.state.tables import AuditEntry, Preference, Target

if TYPE_CHECKING:
    from app.context import Desk

SET, NOT_SET = "[set]", "[not set]"  # what is said of a secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A setting as a person sees it."""

    definition: Definition
    value: Value  # None for a secret, whether or not it is set
    is_set: bool  # False: the default holds
    changed_by: str | None
    changed_at: datetime | None  # naive UTC
    version: int  # hand it back with a change; 0: never set
    may_change: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRow:
    """A target for a key figure in a calendar month of the shop."""

    metric: str  # slug of app/metrics.py
    month: date  # first day
    value: float  # in the metric's unit; a share as 0 to 1
    changed_by: str
    changed_at: datetime  # naive UTC
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What was done, and by which audit entry it can be taken back."""

    entry_id: int
    text: str


def list_settings(desk: Desk, by: Identity) -> tuple[Setting, ...]:
    """All settings, in the order of their definitions."""
    require(by, Permission.read_pages)
    with desk.state.read() as session:
        rows = preferences.preference_rows(session)
    return tuple(_view(each, rows.get(each.key), by) for each in DEFINITIONS)


def setting_value(state: StateDatabase, key: str) -> Value:
    """The value that holds, for services and jobs; a secret as it is kept, sealed."""
    which = definition(key)
    with state.read() as session:
        return preferences.read_preferences(session).get(key, which.default)


def change_setting(
    desk: Desk, by: Identity, *, key: str, value: Any, version: int | None = None
) -> Change:
    """Set a value; None brings the default back.

    Raises
    ------
    AccessDenied, SettingError, StaleWriteError : nothing was changed.
    """
    which = definition(key)
    _require_any(by, which)
    wanted = None if value is None else checked(which, value)
    with desk.state.decide(by.name, "preference.changed", f"preference:{key}") as session:
        if wanted is None:
            before = preferences.clear_preference(session, key, expected_version=version)
        else:
            before = preferences.write_preference(
                session,
                key=key,
                value=seal(desk, str(wanted)) if which.secret else wanted,
                by=by.name,
                now=utc_now(),
                expected_version=version,
            )
        session.before = {"value": _told(which, before)}
        session.after = {"value": _told(which, wanted)}
    return Change(entry_id=session.entry_id, text=f"{which.label} was changed.")


def list_targets(
    desk: Desk, by: Identity, *, first_month: date | None = None, last_month: date | None = None
) -> tuple[TargetRow, ...]:
    """Targets by month and metric; everybody may see them."""
    require(by, Permission.read_pages)
    with desk.state.read() as session:
        rows = targets.read_targets(session, first_month=first_month, last_month=last_month)
    return tuple(_target(row) for row in rows)


def set_target(
    desk: Desk,
    by: Identity,
    *,
    metric: str,
    month: date,
    value: float | None,
    version: int | None = None,
) -> Change:
    """Set a month's target, or take it away with None.

    Raises
    ------
    AccessDenied, SettingError, StaleWriteError : nothing was changed.
    """
    require(by, Permission.set_targets)
    month = month.replace(day=1)
    if metric not in BY_SLUG:
        raise SettingError(
            f"There is no key figure named {metric}.", remedy=f"Use one of {', '.join(BY_SLUG)}."
        )
    _check_target(metric, value)
    name = f"target:{metric}/{month:%Y-%m}"
    with desk.state.decide(by.name, "target.changed", name) as session:
        before = targets.write_target(
            session,
            metric=metric,
            month=month,
            value=value,
            by=by.name,
            now=utc_now(),
            expected_version=version,
        )
        session.before, session.after = {"value": before}, {"value": value}
    return Change(
        entry_id=session.entry_id, text=f"The target for {BY_SLUG[metric].label} was changed."
    )


def undo(desk: Desk, by: Identity, *, entry_id: int) -> Change:
    """Take back a change of a setting or a target, if nobody has changed it since.

    Raises
    ------
    SettingError : the entry is no such change, or it was of a secret.
    StaleWriteError : it was changed again meanwhile.
    """
    with desk.state.read() as session:
        entry = session.get(AuditEntry, entry_id)
    if entry is None or entry.before is None or entry.after is None:
        raise _not_undoable()
    kind, _, name = entry.object.partition(":")
    before, after = entry.before.get("value"), entry.after.get("value")
    if kind == "preference" and name in BY_KEY and not BY_KEY[name].secret:
        with desk.state.read() as session:
            row = preferences.preference_rows(session).get(name)
        now_value = row.value["value"] if row else None
        _still(now_value, after)
        return change_setting(desk, by, key=name, value=before, version=row.version if row else 0)
    if kind == "target":
        metric, _, month_text = name.partition("/")
        month = date.fromisoformat(f"{month_text}-01")
        with desk.state.read() as session:
            target = session.get(Target, (metric, month))
        _still(target.value if target else None, after)
        return set_target(
            desk,
            by,
            metric=metric,
            month=month,
            value=before,
            version=target.version if target else 0,
        )
    raise _not_undoable()


def _still(found: Value, expected: Value) -> None:
    if found != expected:
        raise StaleWriteError(
            "This was changed again meanwhile; nothing was taken back.",
            remedy="Look at the newest value and set it by hand.",
        )


def _not_undoable() -> SettingError:
    return SettingError("This cannot be taken back.", remedy="Set the value by hand.")


def _require_any(by: Identity, which: Definition) -> None:
    if any(by.may(permission) for permission in which.needs):
        return
    allowed = [role.label for role in Role if _may(role, which)]
    raise AccessDenied(
        f"A {by.role.label} may not change {which.label}.",
        remedy=f"Ask one of these roles: {', '.join(allowed)}.",
    )


def _may(role: Role, which: Definition) -> bool:
    anybody = Identity(name="", role=role)
    return any(anybody.may(permission) for permission in which.needs)


def _check_target(metric: str, value: float | None) -> None:
    if value is None:
        return
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    most = 1.0 if BY_SLUG[metric].unit == "share" else 1e12
    if not is_number or not math.isfinite(value) or not 0 <= value <= most:
        raise SettingError(
            f"{value!r} cannot be a target for {BY_SLUG[metric].label}.",
            remedy=f"Give a number from 0 to {most:g}.",
        )


def _told(which: Definition, value: Value) -> Value:
    """A value as the audit may keep it."""
    if which.secret:
        return NOT_SET if value is None else SET
    return value


def _view(which: Definition, row: Preference | None, by: Identity) -> Setting:
    value = row.value["value"] if row else which.default
    return Setting(
        definition=which,
        value=None if which.secret else value,
        is_set=row is not None,
        changed_by=row.changed_by if row else None,
        changed_at=row.changed_at if row else None,
        version=row.version if row else 0,
        may_change=any(by.may(permission) for permission in which.needs),
    )


def _target(row: Target) -> TargetRow:
    return TargetRow(
        metric=row.metric,
        month=row.month,
        value=row.value,
        changed_by=row.changed_by,
        changed_at=row.changed_at,
        version=row.version,
    )
