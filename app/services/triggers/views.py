"""Triggers as pages tell them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from app.services.triggers.kinds import in_words, times_of
from data_access.state import triggers as store
from data_access.state.model_tables import Trigger

if TYPE_CHECKING:
    from app.context import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerView:
    """One trigger; instants are naive UTC."""

    trigger_id: int
    capability: str
    kind: str
    value: dict[str, Any]
    words: str  # what it waits for
    active: bool
    created_at: datetime
    looked_at: datetime | None
    said: str | None  # what the last look found
    fired_at: datetime | None
    fired_on: int | None  # snapshot
    next_at: datetime | None  # of those that go by the clock
    changed_by: str
    changed_at: datetime
    version: int  # hand it back with a change


def listed(desk: Desk, capability: str | None = None) -> list[TriggerView]:
    """In the order in which they were made; of one capability or of all."""
    with desk.state.read() as session:
        rows = store.list_triggers(session, capability)
    return [view_of(row, desk.zone) for row in rows]


def next_look(views: list[TriggerView]) -> datetime | None:
    """When the clock asks for the next training, if any of these goes by it; naive UTC."""
    return min((one.next_at for one in views if one.active and one.next_at), default=None)


def view_of(row: Trigger, zone: ZoneInfo) -> TriggerView:
    return TriggerView(
        trigger_id=row.trigger_id,
        capability=row.capability,
        kind=row.kind,
        value=dict(row.value),
        words=in_words(row.kind, row.value),
        active=row.active,
        created_at=row.created_at,
        looked_at=row.looked_at,
        said=row.said,
        fired_at=row.fired_at,
        fired_on=row.fired_on,
        next_at=due_at(row, zone),
        changed_by=row.changed_by,
        changed_at=row.changed_at,
        version=row.version,
    )


def due_at(row: Trigger, zone: ZoneInfo) -> datetime | None:
    """When a trigger that goes by the clock is due (naive UTC); None for the others."""
    since = row.fired_at or row.created_at
    if row.kind == "days":
        return since + timedelta(days=int(row.value["days"]))
    if row.kind == "cron":
        local = since.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
        came = times_of(str(row.value["cron"]), local, 1)[0]
        return came.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
    return None
