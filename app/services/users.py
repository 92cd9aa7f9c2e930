"""Users: who may log in, with which role. Every act is checked and left in the audit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from app.access.endings import announce
from app.access.passwords import hash_password, one_time_password
from app.access.places import is_loopback
from app.access.roles import COMMAND_LINE, Identity, Permission, Role, require
from data_access.errors import DataError
from data_access.state import login_guards, sessions, users
from data_access.state.engine import stale, utc_now
from data_access.state.tables import User

if TYPE_CHECKING:
    from app.context import Desk
    from data_access.state.engine import DecisionSession

NAME_PATTERN = re.compile(r"[\w@.+-][\w@.+ -]{0,118}[\w@.+-]")
FIRST_ADMIN = "admin"


class UserError(DataError):
    """Something about users that cannot be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRow:
    """A user as admins see them."""

    user_id: int
    name: str
    role: Role
    active: bool
    must_change_password: bool
    demo: bool  # entered by a click on a demo shop
    created_at: datetime  # naive UTC
    open_sessions: int
    mail: str | None  # where digests go
    version: int  # hand it back with a change: a stale one is refused


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimePassword:
    """Shown once, to be changed at the next login."""

    user: UserRow
    password: str


def list_users(desk: Desk, by: Identity) -> tuple[UserRow, ...]:
    """Everybody, active ones first."""
    require(by, Permission.manage_users)
    now = utc_now()
    with desk.state.read() as session:
        return tuple(
            _row(user, len(sessions.live_hashes(session, user.user_id, now)))
            for user in users.list_users(session)
        )


def create_user(desk: Desk, by: Identity, *, name: str, role: Role) -> OneTimePassword:
    """A new user with a password for the first login.

    Raises
    ------
    UserError : the name cannot be used. DataError : it is taken.
    """
    require(by, Permission.manage_users)
    name = users.folded(name)
    if not NAME_PATTERN.fullmatch(name) or name.startswith(("key:", "demo ")):
        raise UserError(
            f"{name or 'An empty name'} cannot be a user name.",
            remedy="Use 2 to 120 letters, digits, blanks, or any of @ . + - _",
        )
    password = one_time_password()
    hashed = hash_password(password)
    with desk.state.decide(by.name, "user.created", f"user:{name}") as session:
        user = users.add_user(
            session,
            name=name,
            role=role,
            password_hash=hashed,
            now=utc_now(),
            must_change_password=True,
        )
        session.after = {"role": role.value}
    return OneTimePassword(user=_row(user), password=password)


def change_role(
    desk: Desk, by: Identity, *, user_id: int, role: Role, version: int | None = None
) -> UserRow:
    """Give a user another role; pages that they have open obey it at their next step.

    Raises
    ------
    UserError : one's own role, or the last admin's. StaleWriteError : changed meanwhile.
    """
    require(by, Permission.manage_users)
    with desk.state.decide(by.name, "user.role_changed", "") as session:
        user = _changeable(session, by, user_id, version)
        session.before, session.after = {"role": user.role}, {"role": role.value}
        if role is not Role.admin:
            _keep_an_admin(session, user)
        user.role = role
        session.flush()
    return _row(user)


def reset_password(desk: Desk, by: Identity, *, user_id: int) -> OneTimePassword:
    """A new one-time password; ends the user's sessions and opens a locked door."""
    require(by, Permission.manage_users)
    password = one_time_password()
    hashed = hash_password(password)
    now = utc_now()
    with desk.state.decide(by.name, "user.password_reset", "") as session:
        user = users.get_user(session, user_id)
        if user.demo:
            raise UserError(
                "Users of the demo have no password.", remedy="Create a user of your own."
            )
        session.object = f"user:{user.name}"
        user.password_hash, user.must_change_password = hashed, True
        login_guards.forgive(session, f"name:{user.name}")
        ended = sessions.end_sessions(session, user_id, now)
    announce(ended)
    return OneTimePassword(user=_row(user), password=password)


def deactivate(desk: Desk, by: Identity, *, user_id: int, reason: str | None = None) -> UserRow:
    """Shut a user out, at once and on every device; `activate` takes it back.

    Raises
    ------
    UserError : oneself, or the last admin.
    """
    require(by, Permission.manage_users)
    with desk.state.decide(by.name, "user.deactivated", "", reason=reason) as session:
        user = _changeable(session, by, user_id, None)
        _keep_an_admin(session, user)
        session.before, session.after = {"active": user.active}, {"active": False}
        user.active = False
        ended = sessions.end_sessions(session, user_id, utc_now())
    announce(ended)
    return _row(user)


def activate(desk: Desk, by: Identity, *, user_id: int) -> UserRow:
    """Let a user in again, with the password and role they had."""
    require(by, Permission.manage_users)
    with desk.state.decide(by.name, "user.activated", "") as session:
        user = users.get_user(session, user_id)
        session.object = f"user:{user.name}"
        session.before, session.after = {"active": user.active}, {"active": True}
        user.active = True
        session.flush()
    return _row(user)


def end_sessions(desk: Desk, by: Identity, *, user_id: int) -> int:
    """Log a user out everywhere; returns how many sessions ended."""
    require(by, Permission.manage_users)
    with desk.state.note(by.name, "user.sessions_ended", "") as session:
        user = users.get_user(session, user_id)
        session.object = f"user:{user.name}"
        ended = sessions.end_sessions(session, user_id, utc_now())
        session.after = {"sessions_ended": len(ended)}
    announce(ended)
    return len(ended)


def first_admin(desk: Desk) -> str | None:
    """Make the first admin of a shop of one's own.

    Returns
    -------
    The one-time password; none where there are people already, or where a demo shop on loopback
    is entered by a click.
    """
    mark = desk.mark
    if mark is not None and mark.made_by == "demo" and is_loopback(desk.settings.host):
        return None
    with desk.state.read() as session:
        if users.count_people(session) > 0:
            return None
    password = one_time_password()
    hashed = hash_password(password)
    with desk.state.decide(
        COMMAND_LINE.name, "user.created", f"user:{FIRST_ADMIN}", after={"role": "admin"}
    ) as session:
        if users.count_people(session) > 0:
            raise UserError(
                "Another process has just made the first admin.", remedy="Look at its output."
            )
        users.add_user(
            session,
            name=FIRST_ADMIN,
            role=Role.admin,
            password_hash=hashed,
            now=utc_now(),
            must_change_password=True,
        )
    return password


def _changeable(session: DecisionSession, by: Identity, user_id: int, version: int | None) -> User:
    user = users.get_user(session, user_id)
    session.object = f"user:{user.name}"
    if user.user_id == by.user_id:
        raise UserError(
            "One's own role and access stay as they are.", remedy="Ask another admin to do it."
        )
    if version is not None and user.version != version:
        raise stale()
    return user


def _keep_an_admin(session: DecisionSession, user: User) -> None:
    last = users.count_active(session, Role.admin) == 1
    if user.role == Role.admin and user.active and not user.demo and last:
        raise UserError(
            f"{user.name} is the only admin.", remedy="Make another user an admin first."
        )


def _row(user: User, open_sessions: int = 0) -> UserRow:
    return UserRow(
        user_id=user.user_id,
        name=user.name,
        role=Role(user.role),
        active=user.active,
        must_change_password=user.must_change_password,
        demo=user.demo,
        created_at=user.created_at,
        open_sessions=open_sessions,
        mail=user.mail,
        version=user.version,
    )
