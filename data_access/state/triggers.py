"""When a capability's champion learns anew by itself: kept, changed by staff, looked at by workers.

What a look found is written past the row's version: a worker's note every hour must not turn a
person's change into a stale one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from data_access.errors import DataError
from data_access.state.engine import stale
from data_access.state.model_tables import Trigger
from data_access.state.tables import AuditEntry, Json


def list_triggers(
    session: Session, capability: str | None = None, *, active_only: bool = False
) -> list[Trigger]:
    """In the order in which they were made; of one capability or of all."""
    query = select(Trigger).order_by(Trigger.trigger_id)
    if capability is not None:
        query = query.where(Trigger.capability == capability)
    if active_only:
        query = query.where(Trigger.active.is_(True))
    return list(session.scalars(query))


def count_triggers(session: Session, capability: str) -> int:
    query = select(func.count()).select_from(Trigger).where(Trigger.capability == capability)
    return session.scalar(query) or 0


def get_trigger(session: Session, trigger_id: int, *, version: int | None = None) -> Trigger:
    """One trigger, as the person saw it.

    Raises
    ------
    DataError : there is none of that number. StaleWriteError : it changed meanwhile.
    """
    row = session.get(Trigger, trigger_id)
    if row is None:
        raise DataError(
            f"There is no trigger number {trigger_id} any more.", remedy="Reload the page."
        )
    if version is not None and row.version != version:
        raise stale()
    return row


def add_trigger(
    session: Session, *, capability: str, kind: str, value: Json, by: str, now: datetime
) -> Trigger:
    row = Trigger(
        capability=capability,
        kind=kind,
        value=value,
        active=True,
        created_at=now,
        changed_by=by,
        changed_at=now,
    )
    session.add(row)
    session.flush()
    return row


def change_trigger(
    session: Session,
    row: Trigger,
    *,
    value: Json | None = None,
    active: bool | None = None,
    by: str,
    now: datetime,
) -> Trigger:
    """Another value, or a pause; what it said before belongs to the old value and goes with it."""
    if value is not None and value != row.value:
        row.value, row.said, row.looked_at = value, None, None
        row.created_at = now  # "every 7 days" counts from here
        row.fired_at = row.fired_on = None
    if active is not None:
        row.active = active
    row.changed_by, row.changed_at = by, now
    session.flush()
    return row


def remove_trigger(session: Session, row: Trigger) -> None:
    session.delete(row)
    session.flush()


def note_look(session: Session, trigger_id: int, *, said: str, now: datetime) -> None:
    """What a look found, in a sentence."""
    _note(session, trigger_id, looked_at=now, said=said)


def note_fired(
    session: Session, trigger_id: int, *, snapshot: int, said: str, now: datetime
) -> None:
    """It asked for a training on this snapshot; on the same one it does not ask again."""
    _note(session, trigger_id, looked_at=now, said=said, fired_at=now, fired_on=snapshot)


def ever_noted(session: Session, act: str) -> bool:
    """Whether an act stands in the audit, which forgets nothing."""
    query = select(AuditEntry.entry_id).where(AuditEntry.act == act).limit(1)
    return session.scalar(query) is not None


def _note(session: Session, trigger_id: int, **values: Any) -> None:
    session.execute(
        update(Trigger)
        .where(Trigger.trigger_id == trigger_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
