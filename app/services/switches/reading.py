"""What is set for a capability: on or off, how sure it must be, promotion by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from data_access.state import switches as store
from data_access.state.model_tables import CapabilitySwitch

if TYPE_CHECKING:
    from app.context import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """What is set for a capability; what nobody touched is on, without a threshold."""

    capability: str
    active: bool = True  # off: no model decides, the rule of thumb is shown
    resumes: int | None = None  # version that decides again when it is switched on
    confidence: float | None = None  # 0 to 1; below it a prediction is "not sure"; None: all count
    promotes: bool = False  # a retrained version may be promoted by itself
    reason: str | None = None  # why it is off
    changed_by: str | None = None
    changed_at: datetime | None = None  # naive UTC
    row_version: int = 0  # hand it back with a change; 0: nobody ever touched it


def switch(desk: Desk, capability: str) -> Switch:
    """One row by its key."""
    with desk.state.read() as session:
        return view_of(capability, store.get_switch(session, capability))


def switches(desk: Desk) -> dict[str, Switch]:
    """Those that somebody touched, by capability, in one read."""
    with desk.state.read() as session:
        return {key: view_of(key, row) for key, row in store.list_switches(session).items()}


def view_of(capability: str, row: CapabilitySwitch | None) -> Switch:
    if row is None:
        return Switch(capability=capability)
    return Switch(
        capability=capability,
        active=row.active,
        resumes=row.resumes,
        confidence=row.confidence,
        promotes=row.promotes,
        reason=row.reason,
        changed_by=row.changed_by,
        changed_at=row.changed_at,
        row_version=row.version,
    )
