"""Who looks at the page, asked of the database on each run, and what the page is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NoReturn

import streamlit as st

from app.access import AccessDenied, Identity, Permission, SessionEnded, identity_from_user, log_out
from app.context import Desk, get_desk
from app.ui import feedback


def desk() -> Desk:
    """The desk of this process."""
    return get_desk()


def now() -> datetime:
    """Naive UTC; a page reads the clock here and passes the instant on."""
    return datetime.now(UTC).replace(tzinfo=None)


def identity() -> Identity:
    """Who is there now, with the role that the person has now.

    `st.user` is fixed when the socket opens, so the session's row is asked each time: a role
    that was taken away a second ago is gone here.

    Raises
    ------
    SessionEnded : the login is over.
    """
    return identity_from_user(st.user.to_dict(), get_desk().state)


def enter() -> Identity:
    """As `identity`; where the login is over, the run ends with a link to the login page."""
    try:
        return identity()
    except SessionEnded as ended:
        st.info(ended.remedy, title=str(ended), icon=":material/logout:")
        st.link_button("Log in", "/login", type="primary")
        st.stop()


def leave() -> None:
    """End the login on the server; the open sockets of this person are led to the login page."""
    log_out(get_desk().state, identity())


def guard(*permissions: Permission) -> Identity:
    """At the top of each page: go on only where the role allows one of these.

    A page that is not in the navigation is still reachable by its address.
    """
    person = enter()
    if not any(person.may(permission) for permission in permissions):
        _refuse(person, permissions)
    return person


def _refuse(person: Identity, permissions: tuple[Permission, ...]) -> NoReturn:
    names = " or ".join(p.value.replace("_", " ") for p in permissions)
    feedback.explain(
        AccessDenied(
            f"A {person.role.label} may not {names}.",
            remedy="This page is for other roles. Choose another at the left.",
        )
    )
    st.stop()
