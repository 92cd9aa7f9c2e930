"""Logins that are open, and the failures that close the door for a while.

Only the SHA-256 of a session's random id is kept: who reads this table cannot log in with it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session as Database

from data_access.state.tables import LoginFailures, Session, User


def open_session(
    session: Database, *, token_hash: str, user_id: int, now: datetime, lasts: timedelta
) -> Session:
    row = Session(token_hash=token_hash, user_id=user_id, created_at=now, expires_at=now + lasts)
    session.add(row)
    session.flush()
    return row


def find_live(session: Database, token_hash: str, now: datetime) -> tuple[Session, User] | None:
    """The open session and its active user; none where it ended, expired or was never there."""
    found = session.execute(
        select(Session, User)
        .join(User, User.user_id == Session.user_id)
        .where(
            Session.token_hash == token_hash,
            Session.ended_at.is_(None),
            Session.expires_at > now,
            User.active,
        )
    ).first()
    return None if found is None else (found[0], found[1])


def live_hashes(session: Database, user_id: int, now: datetime) -> list[str]:
    query = select(Session.token_hash).where(
        Session.user_id == user_id, Session.ended_at.is_(None), Session.expires_at > now
    )
    return list(session.scalars(query))


def end_sessions(session: Database, user_id: int, now: datetime) -> list[str]:
    """End every open session of a user; returns their hashes, so that sockets can be closed."""
    hashes = live_hashes(session, user_id, now)
    session.execute(
        update(Session)
        .where(Session.user_id == user_id, Session.ended_at.is_(None))
        .values(ended_at=now)
    )
    return hashes


def forget_sessions(session: Database, before: datetime) -> None:
    """Delete what expired before an instant; the audit keeps that it was."""
    session.execute(delete(Session).where(Session.expires_at < before))


def count_failure(
    session: Database, address: str, now: datetime, window: timedelta
) -> LoginFailures:
    """One more failed login from an address; a window that has passed starts anew."""
    row = session.get(LoginFailures, address)
    if row is None:
        row = LoginFailures(address=address, since=now, failures=0)
        session.add(row)
    elif row.since + window <= now:
        row.since, row.failures = now, 0
    row.failures += 1
    session.flush()
    return row


def failures_from(session: Database, address: str, now: datetime, window: timedelta) -> int:
    """Failed logins from an address within the running window."""
    row = session.get(LoginFailures, address)
    return 0 if row is None or row.since + window <= now else row.failures


def forget_failures(session: Database, before: datetime) -> None:
    session.execute(delete(LoginFailures).where(LoginFailures.since < before))
