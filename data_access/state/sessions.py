"""Logins that are open.

Only the SHA-256 of a session's random id is kept: who reads this table cannot log in with it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session as Database

from data_access.state.tables import Session, User


def open_session(
    session: Database,
    *,
    token_hash: str,
    user_id: int,
    now: datetime,
    lasts: timedelta,
    browser: str = "",
) -> Session:
    row = Session(
        token_hash=token_hash,
        user_id=user_id,
        created_at=now,
        expires_at=now + lasts,
        browser=browser,
    )
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


def live_among(session: Database, hashes: Collection[str], now: datetime) -> set[str]:
    """Those of the given sessions that are still open, with an active user."""
    query = (
        select(Session.token_hash)
        .join(User, User.user_id == Session.user_id)
        .where(
            Session.token_hash.in_(hashes),
            Session.ended_at.is_(None),
            Session.expires_at > now,
            User.active,
        )
    )
    return set(session.scalars(query))


def live_hashes(session: Database, user_id: int, now: datetime) -> list[str]:
    query = select(Session.token_hash).where(
        Session.user_id == user_id, Session.ended_at.is_(None), Session.expires_at > now
    )
    return list(session.scalars(query))


def end_sessions(
    session: Database, user_id: int, now: datetime, *, except_hash: str | None = None
) -> list[str]:
    """End every open session of a user (but one, if named); returns the ended hashes, so that
    their sockets can be closed."""
    hashes = [each for each in live_hashes(session, user_id, now) if each != except_hash]
    session.execute(
        update(Session)
        .where(
            Session.user_id == user_id,
            Session.ended_at.is_(None),
            Session.token_hash != (except_hash or ""),
        )
        .values(ended_at=now)
    )
    return hashes


def end_session(session: Database, token_hash: str, now: datetime) -> None:
    row = session.get(Session, token_hash)
    if row is not None and row.ended_at is None:
        row.ended_at = now


def forget_sessions(session: Database, before: datetime) -> None:
    """Delete what expired before an instant; the audit keeps that it was."""
    session.execute(delete(Session).where(Session.expires_at < before))
