"""The audit: who did what, when and why; read only, for admins."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pandas as pd

from app.access import Identity, Permission, require
from data_access.state.audit import count_audit, read_audit
from data_access.state.tables import AuditEntry, Json

if TYPE_CHECKING:
    from app.context import Desk

MOST_EXPORTED = 100_000  # rows; about 20 MB of CSV
COLUMNS = ["at", "actor", "act", "object", "change", "reason"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries are asked for; empty text means any."""

    actor: str = ""  # exact name
    act: str = ""  # beginning, e.g. "user."
    object: str = ""  # beginning, e.g. "champion:"


def total(desk: Desk, person: Identity, wanted: AuditFilter) -> int:
    """How many entries there are."""
    require(person, Permission.read_audit)
    with desk.state.read() as session:
        return count_audit(session, actor=wanted.actor, act=wanted.act, object_prefix=wanted.object)


def entries(
    desk: Desk,
    person: Identity,
    wanted: AuditFilter,
    *,
    zone: ZoneInfo,
    limit: int = 50,
    offset: int = 0,
) -> pd.DataFrame:
    """One row an entry, newest first; `at` is local time in the zone, without it."""
    require(person, Permission.read_audit)
    with desk.state.read() as session:
        rows = read_audit(
            session,
            limit=min(limit, MOST_EXPORTED),
            offset=offset,
            actor=wanted.actor,
            act=wanted.act,
            object_prefix=wanted.object,
        )
    return pd.DataFrame([_row(row, zone) for row in rows], columns=COLUMNS)


def _row(entry: AuditEntry, zone: ZoneInfo) -> dict[str, object]:
    return {
        "at": entry.at.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None),
        "actor": entry.actor,
        "act": entry.act,
        "object": entry.object,
        "change": change(entry.before, entry.after),
        "reason": entry.reason or "",
    }


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


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
