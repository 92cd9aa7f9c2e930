"""What is said of stored versions besides their own facts: a note, and who waits as challenger."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.state.engine import stale
from data_access.state.model_tables import VersionNote


def get_note(session: Session, capability: str, number: int) -> VersionNote | None:
    return session.get(VersionNote, (capability, number))


def notes_of(session: Session, capability: str) -> dict[int, VersionNote]:
    """By number, of every version of a capability of which something is said."""
    rows = session.scalars(select(VersionNote).where(VersionNote.capability == capability))
    return {row.number: row for row in rows}


def challengers(session: Session) -> dict[str, list[int]]:
    """Numbers of the versions that wait beside the champion, by capability, newest first."""
    query = (
        select(VersionNote.capability, VersionNote.number)
        .where(VersionNote.challenger.is_(True))
        .order_by(VersionNote.capability, VersionNote.number.desc())
    )
    found: dict[str, list[int]] = {}
    for capability, number in session.execute(query):
        found.setdefault(capability, []).append(number)
    return found


def set_note(
    session: Session,
    *,
    capability: str,
    number: int,
    note: str,
    by: str,
    now: datetime,
    expected_version: int | None = None,
) -> VersionNote:
    """Say something of a version.

    Parameters
    ----------
    expected_version : `VersionNote.version` that the person saw (0: no row); None: do not check.

    Raises
    ------
    StaleWriteError : somebody else wrote meanwhile.
    """
    row = _row(session, capability, number, by, now, expected_version)
    row.note = note
    session.flush()
    return row


def set_challenger(
    session: Session, *, capability: str, number: int, challenger: bool, by: str, now: datetime
) -> VersionNote:
    """Let a version wait beside the champion, or no longer."""
    row = _row(session, capability, number, by, now, None)
    row.challenger = challenger
    session.flush()
    return row


def remove_note(session: Session, capability: str, number: int) -> None:
    """With the version of which it is said."""
    row = get_note(session, capability, number)
    if row is not None:
        session.delete(row)
        session.flush()


def _row(
    session: Session, capability: str, number: int, by: str, now: datetime, expected: int | None
) -> VersionNote:
    row = get_note(session, capability, number)
    if expected is not None and expected != (row.version if row else 0):
        raise stale()
    if row is None:
        row = VersionNote(
            capability=capability, number=number, note="", challenger=False, changed_by=by,
            changed_at=now,
        )  # fmt: skip
        session.add(row)
    row.changed_by, row.changed_at = by, now
    return row
