"""Open logins: from a cookie to an identity, asked of the database each time."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.access.endings import announce
from app.access.roles import Identity, Role, SessionEnded
from data_access.state import sessions
from data_access.state.engine import StateDatabase, utc_now
from data_access.state.tables import Session as Row
from data_access.state.tables import User

TOKEN_BYTES = 32  # 256 bits
KEEP_ENDED = timedelta(days=30)  # then a session's row is dropped; the audit stays


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> str:
    """What is stored of a session id or an API key; a random 256-bit value needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(
    session: Session, user: User, *, now: datetime, lasts: timedelta, browser: str
) -> str:
    """A new login; returns the cookie's value, which is stored nowhere."""
    token = new_token()
    sessions.open_session(
        session,
        token_hash=hash_token(token),
        user_id=user.user_id,
        now=now,
        lasts=lasts,
        browser=hash_token(browser),
    )
    sessions.forget_sessions(session, now - KEEP_ENDED)
    return token


def identity_from_hash(
    state: StateDatabase, session_hash: str | None, *, now: datetime | None = None
) -> Identity:
    """The identity behind an open session, with the role that the user has now.

    Raises
    ------
    SessionEnded : logged out, expired, deactivated, or never there.
    """
    return _identity(*_live(state, session_hash, now or utc_now()))


def identity_from_token(
    state: StateDatabase,
    token: str | None,
    *,
    browser: str | None = None,
    now: datetime | None = None,
) -> Identity:
    """As `identity_from_hash`, from the cookie's value.

    Parameters
    ----------
    browser : what the browser calls itself (User-Agent). A cookie that turns up in another
        browser than the one it was given to was stolen: its session ends. None: not looked at.
    """
    at = now or utc_now()
    row, user = _live(state, hash_token(token) if token else None, at)
    if browser is not None and not secrets.compare_digest(row.browser, hash_token(browser)):
        _end_stolen(state, row.token_hash, user.name, at)
        raise _ended()
    return _identity(row, user)


def _live(state: StateDatabase, session_hash: str | None, now: datetime) -> tuple[Row, User]:
    if session_hash:
        with state.read() as session:
            found = sessions.find_live(session, session_hash, now)
        if found is not None:
            return found
    raise _ended()


def _ended() -> SessionEnded:
    return SessionEnded("The login is over.", remedy="Log in again.")


def _identity(row: Row, user: User) -> Identity:
    return Identity(
        name=user.name,
        role=Role(user.role),
        user_id=user.user_id,
        session_hash=row.token_hash,
        must_change_password=user.must_change_password,
        demo=user.demo,
    )


def _end_stolen(state: StateDatabase, session_hash: str, name: str, now: datetime) -> None:
    with state.note(name, "session.stolen", f"user:{name}", at=now) as session:
        sessions.end_session(session, session_hash, now)
        session.reason = "The cookie turned up in another browser."
    announce([session_hash])


def identity_from_user(user: Mapping[str, Any], state: StateDatabase) -> Identity:
    """The identity of a running page: call it at every rerun, in every fragment, before each write.

    Parameters
    ----------
    user : ``st.user`` (or its ``to_dict()``). Only the session's hash is believed, which the
        middleware put there; name and role are read from the database, because ``st.user`` stays
        what it was when the socket opened.

    Raises
    ------
    SessionEnded : show the login page.
    """
    session_hash = user.get("session")
    return identity_from_hash(state, session_hash if isinstance(session_hash, str) else None)


def log_out(state: StateDatabase, identity: Identity, *, now: datetime | None = None) -> None:
    """End every session of the user, on every device, and close their sockets."""
    if identity.user_id is None:
        return
    at = now or utc_now()
    with state.decide(
        identity.name, "session.logged_out", f"user:{identity.name}", at=at
    ) as session:
        ended = sessions.end_sessions(session, identity.user_id, at)
        session.after = {"sessions_ended": len(ended)}
    announce(ended)
