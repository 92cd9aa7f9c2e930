"""Following a category, and where its digest goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from app.access import Identity, Permission, require
from app.services import mail, series
from app.services.users import UserError
from data_access.state import digests, follows, users
from data_access.state.engine import utc_now

if TYPE_CHECKING:
    from app.context import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """What a person follows, and whether mail can reach them."""

    categories: tuple[str, ...]
    mail: str | None
    server: bool  # whether a mail server is set
    last: tuple[tuple[date, str, str | None], ...]  # week, state, what was said; newest first


def following(desk: Desk, identity: Identity) -> Following:
    user_id = _own(identity)
    with desk.state.read() as session:
        user = users.get_user(session, user_id)
        rows = follows.followed_by(session, user_id)
        last = digests.newest(session, user_id, limit=3)
    return Following(
        categories=tuple(row.category_id for row in rows),
        mail=user.mail,
        server=_has_server(desk),
        last=tuple((row.week, row.state, row.said) for row in last),
    )


def follow(desk: Desk, identity: Identity, category_id: str) -> None:
    """Get the weekly digest of a category from next Monday on.

    Raises
    ------
    UserError : there is no such category, or a key of the API asks.
    """
    require(identity, Permission.read_pages)
    user_id, newest = _own(identity), desk.store.newest_number()
    if newest is None or series.label(desk, newest, "category", category_id) is None:
        raise UserError(
            f"There is no category {category_id[:60]}.", remedy="Reload the page and choose again."
        )
    # Nothing that pages share depends on it: a note, so that cached answers stay valid.
    with desk.state.note(identity.name, "category.followed", f"category:{category_id}") as session:
        follows.follow(session, user_id=user_id, category_id=category_id, now=utc_now())


def unfollow(desk: Desk, identity: Identity, category_id: str) -> None:
    user_id = _own(identity)
    with desk.state.note(
        identity.name, "category.unfollowed", f"category:{category_id}"
    ) as session:
        follows.unfollow(session, user_id=user_id, category_id=category_id)


def set_own_mail(desk: Desk, identity: Identity, address: str) -> None:
    """Where one's own digests go; empty: nowhere.

    Raises
    ------
    MailError : it is no mail address.
    """
    set_mail(desk, identity, _own(identity), address)


def set_mail(desk: Desk, by: Identity, user_id: int, address: str) -> None:
    """Where a user's digests go: one's own, or anybody's for who manages users."""
    if user_id != by.user_id:
        require(by, Permission.manage_users)
    wanted = mail.checked_address(address) if address.strip() else None
    with desk.state.note(by.name, "user.mail_changed", "") as session:
        user = users.get_user(session, user_id)
        session.object = f"user:{user.name}"
        # The audit is read by many and kept for ever: it says that there is one, not which.
        session.before = {"mail": "[set]" if user.mail else "[not set]"}
        session.after = {"mail": "[set]" if wanted else "[not set]"}
        user.mail = wanted


def _own(identity: Identity) -> int:
    if identity.user_id is None:
        raise UserError(
            "Only a person can follow a category.", remedy="Log in, and follow it on the page."
        )
    return identity.user_id


def _has_server(desk: Desk) -> bool:
    try:
        return mail.server(desk) is not None
    except mail.MailError:
        return False
