"""The audit: who did what, when and why; read only, for admins."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd

from app.access import Identity, Permission, require
from data_access.errors import DataError
from data_access.state import audit as store
from data_access.state.tables import AuditEntry, Json

if TYPE_CHECKING:
    from app.context import Desk

MOST_EXPORTED = 100_000  # rows; about 20 MB of CSV
MOST_COUNTED = 10_000
"""Entries are counted so far; beyond, "more than" is said, which no reader minds."""

COLUMNS = ["entry_id", "at", "actor", "act", "object", "change", "reason"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries are asked for; empty text and no day mean any."""

    actor: str = ""  # exact name
    act: str = ""  # beginning, e.g. "user."
    object: str = ""  # beginning, e.g. "champion:"
    first_day: date | None = None  # of the shop's zone
    last_day: date | None = None  # whole


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """Some entries, newest first, and whether there are others on either side."""

    rows: pd.DataFrame  # COLUMNS; `at` is local time in the zone, without it
    older_than: int | None  # hand it back as `before`; None: nothing is older
    newer_than: int | None  # hand it back as `after`; None: nothing is newer


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One value before and after an act, in words; None: it was not there."""

    name: str
    before: str | None
    after: str | None

    @property
    def changed(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One entry, whole."""

    entry_id: int
    at: datetime  # naive UTC
    actor: str
    act: str
    object: str
    reason: str | None
    fields: tuple[FieldChange, ...]


def total(desk: Desk, person: Identity, wanted: AuditFilter) -> int:
    """How many entries fit, counted to one more than `MOST_COUNTED`."""
    require(person, Permission.read_audit)
    with desk.state.read() as session:
        return store.count_audit(session, **_asked(wanted, desk.zone), most=MOST_COUNTED + 1)


def acts(desk: Desk, person: Identity, beginning: str = "") -> list[str]:
    """Names of everything that was ever done, e.g. "champion.activated"."""
    require(person, Permission.read_audit)
    with desk.state.read() as session:
        return [act for act in store.list_acts(session) if act.startswith(beginning)]


def page(
    desk: Desk,
    person: Identity,
    wanted: AuditFilter,
    *,
    zone: ZoneInfo,
    limit: int = 50,
    before: int | None = None,
    after: int | None = None,
) -> AuditPage:
    """The newest entries that fit; or those older than `before`, or newer than `after`."""
    require(person, Permission.read_audit)
    asked = _asked(wanted, zone)
    with desk.state.read() as session:
        rows = store.read_audit(session, limit=limit + 1, **asked, before=before, after=after)
        more = len(rows) > limit
        if after is not None:
            rows = rows[-limit:]
            older = bool(rows)
        else:
            rows, older = rows[:limit], more
        newer = more if after is not None else before is not None and bool(rows)
    return AuditPage(
        rows=pd.DataFrame([_row(row, zone) for row in rows], columns=COLUMNS),
        older_than=rows[-1].entry_id if older else None,
        newer_than=rows[0].entry_id if newer else None,
    )


def entries(
    desk: Desk, person: Identity, wanted: AuditFilter, *, zone: ZoneInfo, limit: int = MOST_EXPORTED
) -> pd.DataFrame:
    """One row an entry, newest first, for a file; with the whole of before and after."""
    require(person, Permission.read_audit)
    with desk.state.read() as session:
        rows = store.read_audit(session, limit=min(limit, MOST_EXPORTED), **_asked(wanted, zone))
    columns = [*COLUMNS, "before", "after"]
    return pd.DataFrame(
        [
            {**_row(row, zone), "before": _plain(row.before), "after": _plain(row.after)}
            for row in rows
        ],
        columns=columns,
    )


def record(desk: Desk, person: Identity, entry_id: int) -> AuditRecord:
    """One entry with every value before and after.

    Raises
    ------
    DataError : there is no such entry.
    """
    require(person, Permission.read_audit)
    with desk.state.read() as session:
        entry = store.get_entry(session, entry_id)
    if entry is None:
        raise DataError(f"There is no audit entry {entry_id}.", remedy="Reload the page.")
    return AuditRecord(
        entry_id=entry.entry_id,
        at=entry.at,
        actor=entry.actor,
        act=entry.act,
        object=entry.object,
        reason=entry.reason,
        fields=tuple(beside(entry.before, entry.after)),
    )


def beside(before: Json | None, after: Json | None) -> list[FieldChange]:
    """Every value, those that changed first."""
    old, new = before or {}, after or {}
    fields = [
        FieldChange(
            name=key,
            before=_plain(old[key]) if key in old else None,
            after=_plain(new[key]) if key in new else None,
        )
        for key in dict.fromkeys([*old, *new])
    ]
    return sorted(fields, key=lambda field: not field.changed)


def change(before: Json | None, after: Json | None) -> str:
    """What changed in one line: only the keys that differ."""
    old, new = before or {}, after or {}
    said = []
    for key in dict.fromkeys([*old, *new]):
        if old.get(key) == new.get(key):
            continue
        if key in old and key in new:
            said.append(f"{key}: {_plain(old[key])} → {_plain(new[key])}")
        else:
            said.append(f"{key}: {_plain(new.get(key, old.get(key)))}")
    return ", ".join(said)


def _asked(wanted: AuditFilter, zone: ZoneInfo) -> dict[str, Any]:
    """The filter as the store takes it."""
    if wanted.first_day and wanted.last_day and wanted.first_day > wanted.last_day:
        raise DataError(
            "The period ends before it begins.", remedy="Choose a last day after the first."
        )
    day_after = wanted.last_day + timedelta(days=1) if wanted.last_day else None
    return {
        "actor": wanted.actor,
        "act": wanted.act,
        "object_prefix": wanted.object,
        "since": _begins(wanted.first_day, zone),
        "until": _begins(day_after, zone),
    }


def _begins(day: date | None, zone: ZoneInfo) -> datetime | None:
    """The instant at which a local day begins, naive UTC."""
    if day is None:
        return None
    return datetime.combine(day, time.min, zone).astimezone(UTC).replace(tzinfo=None)


def _row(entry: AuditEntry, zone: ZoneInfo) -> dict[str, object]:
    return {
        "entry_id": entry.entry_id,
        "at": entry.at.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None),
        "actor": entry.actor,
        "act": entry.act,
        "object": entry.object,
        "change": change(entry.before, entry.after),
        "reason": entry.reason or "",
    }


def _plain(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
