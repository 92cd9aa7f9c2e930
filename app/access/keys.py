"""API keys: from the header of a request to an identity."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.access.roles import Identity, Role, SessionEnded
from app.access.sessions import hash_token, new_token
from data_access.state import api_keys
from data_access.state.engine import StateDatabase, utc_now

PREFIX = "shs_"  # makes a key that leaked recognisable to scanners
SHOWN = 12  # characters of a key that lists show
USE_NOTED_EVERY = timedelta(minutes=1)  # a busy program must not write at each request


def new_key() -> str:
    return PREFIX + new_token()


def identity_from_key(state: StateDatabase, key: str, *, now: datetime | None = None) -> Identity:
    """The identity of a program.

    Raises
    ------
    SessionEnded : the key is unknown or was revoked.
    """
    at = now or utc_now()
    with state.read() as session:
        row = api_keys.find_key(session, hash_token(key))
    if row is None:
        raise SessionEnded(
            "The API key is unknown or was revoked.", remedy="Ask an admin for a new one."
        )
    if row.last_used_at is None or row.last_used_at + USE_NOTED_EVERY < at:
        with state.write() as session:
            api_keys.get_key(session, row.key_id).last_used_at = at
    return Identity(name=f"key:{row.name}", role=Role(row.role))
