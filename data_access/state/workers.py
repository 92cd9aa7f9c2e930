"""Workers that live: fixed slot names, each held by one process at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.errors import DataError
from data_access.state.tables import WorkerSlot


def claim_slot(
    session: Session, *, slot: str, holder: str, now: datetime, stale_after: timedelta
) -> WorkerSlot:
    """Take a slot that is free, or whose holder has been silent for ``stale_after``.

    Raises
    ------
    DataError : another worker holds the slot and lives.
    """
    row = session.get(WorkerSlot, slot, with_for_update=True)
    if row is None:
        row = WorkerSlot(slot=slot, holder=holder, started_at=now, seen_at=now)
        session.add(row)
    elif row.holder != holder and row.seen_at + stale_after > now:
        raise DataError(
            f"The worker slot {slot} is in use by {row.holder}.",
            remedy="Start this worker under another name with SHOPSIGHT_WORKER_SLOT, "
            "or stop the other one.",
        )
    else:
        row.holder, row.started_at, row.seen_at = holder, now, now
    session.flush()
    return row


def beat(session: Session, *, slot: str, holder: str, now: datetime) -> bool:
    """Say that the worker lives; False where another one has taken the slot."""
    row = session.get(WorkerSlot, slot)
    if row is None or row.holder != holder:
        return False
    row.seen_at = now
    return True


def release_slot(session: Session, *, slot: str, holder: str) -> None:
    row = session.get(WorkerSlot, slot)
    if row is not None and row.holder == holder:
        session.delete(row)


def list_slots(session: Session) -> list[WorkerSlot]:
    return list(session.scalars(select(WorkerSlot).order_by(WorkerSlot.slot)))


def last_seen(session: Session) -> datetime | None:
    """When any worker last said that it lives."""
    return max((row.seen_at for row in list_slots(session)), default=None)
