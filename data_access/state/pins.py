"""Snapshots that somebody still reads: retention leaves them alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from data_access.state.tables import Pin


def pin(session: Session, *, snapshot: int, holder: str, now: datetime) -> None:
    """``holder`` is ``"job:ID"`` or ``"model:CAPABILITY/N"``; pinning twice pins once."""
    if session.get(Pin, (snapshot, holder)) is None:
        session.add(Pin(snapshot=snapshot, holder=holder, since=now))
        session.flush()


def unpin(session: Session, *, holder: str, snapshot: int | None = None) -> None:
    """Let one snapshot, or all that the holder pinned, go."""
    gone = delete(Pin).where(Pin.holder == holder)
    session.execute(gone if snapshot is None else gone.where(Pin.snapshot == snapshot))


def pinned_snapshots(session: Session) -> set[int]:
    return set(session.scalars(select(Pin.snapshot).distinct()))


def list_pins(session: Session) -> list[Pin]:
    return list(session.scalars(select(Pin).order_by(Pin.snapshot, Pin.holder)))
