"""Failed logins: what closes the door for a while to a name or to an address."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from data_access.state.inserts import insert_new
from data_access.state.tables import LoginGuard


def locked_until(session: Session, subject: str, now: datetime) -> datetime | None:
    """The instant until which no login is tried for ``subject``; none where the door is open."""
    row = session.get(LoginGuard, subject)
    if row is None or row.locked_until is None or row.locked_until <= now:
        return None
    return row.locked_until


def count_failure(
    session: Session, subject: str, now: datetime, *, window: timedelta, sliding: bool = False
) -> LoginGuard:
    """One more failure; the count begins anew once the window has passed without a lock running.

    ``sliding``: the window begins with the last failure instead of the first.
    """
    new = {"subject": subject, "failures": 0, "since": now, "last_at": now}
    insert_new(session, LoginGuard, [new])  # two attempts at once must not both add the row
    row = session.get_one(LoginGuard, subject, with_for_update=True, populate_existing=True)
    if row.since + window <= now and (row.locked_until or now) <= now:
        row.failures, row.since, row.locked_until = 0, now, None
    row.failures += 1
    row.last_at = now
    if sliding:
        row.since = now
    session.flush()
    return row


def take_back(session: Session, subject: str) -> None:
    """One failure less: the attempt counted beforehand turned out to be right."""
    row = session.get(LoginGuard, subject)
    if row is not None:
        row.failures = max(row.failures - 1, 0)
        row.locked_until = None


def forgive(session: Session, subject: str) -> None:
    session.execute(delete(LoginGuard).where(LoginGuard.subject == subject))


def forget_guards(session: Session, before: datetime) -> None:
    """Drop what failed last before an instant."""
    session.execute(delete(LoginGuard).where(LoginGuard.last_at < before))
