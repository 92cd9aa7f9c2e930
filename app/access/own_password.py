"""Changing one's own password."""

from __future__ import annotations

from datetime import datetime

from app.access.endings import announce
from app.access.logins import count_attempt, forgive_attempt
from app.access.passwords import WeakPassword, hash_password, require_strong, verify_password
from app.access.roles import Identity, SessionEnded
from data_access.state import sessions, users
from data_access.state.engine import StateDatabase, utc_now


def change_own_password(
    state: StateDatabase,
    identity: Identity,
    *,
    current: str,
    new: str,
    address: str,
    now: datetime | None = None,
) -> None:
    """Replace the password and end the user's other sessions.

    Raises
    ------
    WeakPassword : the new one is too short or too plain, or the current one is wrong.
    LoginRefused : too many wrong ones; an open page is no place to guess either.
    """
    at = now or utc_now()
    if identity.user_id is None or identity.demo:
        raise SessionEnded(
            "Users of the demo have no password.", remedy="Enter the demo shop by a click."
        )
    with state.read() as session:
        user = users.get_user(session, identity.user_id)
    count_attempt(state, name=user.name, address=address, at=at)
    if not verify_password(user.password_hash, current):
        raise WeakPassword("The password until now is wrong.", remedy="Type it again.")
    forgive_attempt(state, name=user.name, address=address)
    require_strong(new, name=user.name)
    if new == current:
        raise WeakPassword("The new password is the old one.", remedy="Choose another one.")
    new_hash = hash_password(new)
    with state.note(user.name, "user.password_changed", f"user:{user.name}", at=at) as session:
        row = users.get_user(session, identity.user_id)
        row.password_hash, row.must_change_password = new_hash, False
        ended = sessions.end_sessions(
            session, identity.user_id, at, except_hash=identity.session_hash
        )
    announce(ended)
