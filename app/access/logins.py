"""Logging in: name and password, with a door that closes for a while after failures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.access.passwords import hash_password, one_time_password, verify_password
from app.access.places import network
from app.access.roles import AccessError, Identity, Role
from app.access.sessions import hash_token, open_session
from data_access.state import login_guards, users
from data_access.state.engine import StateDatabase, utc_now
from data_access.state.tables import User

NAME_FAILURES = 5  # then the name is locked; again after each further five
NAME_LOCK = timedelta(minutes=15)  # doubles with each further five failures
LONGEST_LOCK = timedelta(hours=24)
NAME_WINDOW = timedelta(hours=48)  # forgotten after so long without a failure
ADDRESS_FAILURES = 30  # from one address within its window, whatever the names
ADDRESS_WINDOW = timedelta(minutes=15)


class LoginRefused(AccessError):  # noqa: N818 - reads as what happened
    """Not let in. ``wait`` is the time until the door opens again, if it is closed."""

    def __init__(self, message: str, *, remedy: str, wait: timedelta | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.wait = wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A login that succeeded."""

    token: str  # the cookie's value; never stored, never logged
    identity: Identity


def log_in(
    state: StateDatabase,
    *,
    name: str,
    password: str,
    address: str,
    lasts: timedelta,
    browser: str = "",
    now: datetime | None = None,
) -> Login:
    """Check name and password and open a session.

    An unknown name costs the same time, gives the same sentence and is locked alike, so that
    nobody learns which names exist.

    Parameters
    ----------
    address : of the peer. browser : what it calls itself; the session is bound to it.
    lasts : time until the session expires.

    Raises
    ------
    LoginRefused : wrong, or too many failures.
    """
    at = now or utc_now()
    name = users.folded(name)[:120]
    count_attempt(state, name=name, address=address, at=at)
    with state.read() as session:
        user = users.find_user(session, name)
    known = user is not None and user.active and not user.demo
    right = verify_password(user.password_hash if known and user else None, password)
    if not right or user is None:
        with state.note("nobody", "session.refused", f"user:{name}", at=at) as session:
            session.after = {"address": address}
        raise LoginRefused(
            "Name or password is wrong.", remedy="Try again, or ask an admin for a new password."
        )
    with state.note(user.name, "session.logged_in", f"user:{user.name}", at=at) as session:
        _forgive(session, name, address)
        token = open_session(session, user, now=at, lasts=lasts, browser=browser)
        session.after = {"address": address}
    return Login(token=token, identity=_identity(user, token))


def log_in_by_click(
    state: StateDatabase,
    *,
    role: Role,
    address: str,
    lasts: timedelta,
    browser: str = "",
    now: datetime | None = None,
) -> Login:
    """Enter a demo shop as a role. The caller has made sure that this is one, on loopback."""
    at = now or utc_now()
    user = _demo_user(state, role, at)
    if not (user.demo and user.active):
        raise LoginRefused(
            f"The user {user.name} cannot be entered by a click.",
            remedy="Log in as demo admin and look at the users.",
        )
    with state.note(user.name, "session.logged_in", f"user:{user.name}", at=at) as session:
        token = open_session(session, user, now=at, lasts=lasts, browser=browser)
        session.after = {"address": address, "by": "click"}
    return Login(token=token, identity=_identity(user, token))


def _demo_user(state: StateDatabase, role: Role, at: datetime) -> User:
    """The demo's user of a role, made at the first click with a password that nobody knows."""
    name = f"demo {role.label}"
    with state.read() as session:
        user = users.find_user(session, name)
    if user is not None:
        return user
    new_hash = hash_password(one_time_password())  # takes 50 ms: not within the transaction
    with state.decide("demo", "user.created", f"user:{name}", at=at) as deciding:
        user = users.find_user(deciding, name)  # two clicks at once make one user
        if user is None:
            user = users.add_user(
                deciding, name=name, role=role, password_hash=new_hash, now=at, demo=True
            )
        deciding.after = {"role": user.role}
    return user


def _identity(user: User, token: str) -> Identity:
    return Identity(
        name=user.name,
        role=Role(user.role),
        user_id=user.user_id,
        session_hash=hash_token(token),
        must_change_password=user.must_change_password,
        demo=user.demo,
    )


def _closed_until(session: Session, subjects: tuple[str, ...], now: datetime) -> datetime | None:
    locks = [login_guards.locked_until(session, subject, now) for subject in subjects]
    return max((lock for lock in locks if lock is not None), default=None)


def count_attempt(state: StateDatabase, *, name: str, address: str, at: datetime) -> None:
    """Count a failure before the password is looked at, taken back if it is right: a thousand
    guesses sent at once must not all be tried before the first of them has failed.

    Raises
    ------
    LoginRefused : the door is closed for the name or the address.
    """
    by_name, by_address = _subjects(name, address)
    with state.read() as session:  # a closed door costs no write
        until = _closed_until(session, (by_name, by_address), at)
    if until is None:
        with state.write() as session:
            until = _closed_until(session, (by_name, by_address), at)
            if until is None:
                _count_one(session, by_name, by_address, at)
    if until is not None:
        raise _wait(until - at)


def forgive_attempt(state: StateDatabase, *, name: str, address: str) -> None:
    with state.write() as session:
        _forgive(session, name, address)


def _forgive(session: Session, name: str, address: str) -> None:
    by_name, by_address = _subjects(name, address)
    login_guards.forgive(session, by_name)
    login_guards.take_back(session, by_address)


def _subjects(name: str, address: str) -> tuple[str, str]:
    return f"name:{name}", f"address:{network(address)}"


def _count_one(session: Session, by_name: str, by_address: str, at: datetime) -> None:
    guard = login_guards.count_failure(session, by_name, at, window=NAME_WINDOW, sliding=True)
    if guard.failures % NAME_FAILURES == 0:
        doublings = guard.failures // NAME_FAILURES - 1
        guard.locked_until = at + min(NAME_LOCK * 2 ** min(doublings, 10), LONGEST_LOCK)
    place = login_guards.count_failure(session, by_address, at, window=ADDRESS_WINDOW)
    if place.failures >= ADDRESS_FAILURES:
        place.locked_until = at + ADDRESS_WINDOW
    login_guards.forget_guards(session, at - 2 * NAME_WINDOW)


def _wait(wait: timedelta) -> LoginRefused:
    minutes = max(1, round(wait.total_seconds() / 60 + 0.49))
    return LoginRefused(
        "Too many failed logins.",
        remedy=f"Try again in {minutes} minute{'s' if minutes > 1 else ''}, "
        "or ask an admin for a new password.",
        wait=wait,
    )
