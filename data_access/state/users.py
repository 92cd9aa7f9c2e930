"""Users: who may log in, with which role."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data_access.errors import DataError
from data_access.state.tables import User


def folded(name: str) -> str:
    """Names are told apart without regard to case or surrounding blanks."""
    return name.strip().casefold()


def add_user(
    session: Session,
    *,
    name: str,
    role: str,
    password_hash: str,
    now: datetime,
    must_change_password: bool = False,
    demo: bool = False,
) -> User:
    """A new user. Raises `DataError` where the name is taken."""
    if find_user(session, name) is not None:
        raise DataError(
            f"There is a user named {folded(name)} already.", remedy="Choose another name."
        )
    user = User(
        name=folded(name),
        role=role,
        password_hash=password_hash,
        must_change_password=must_change_password,
        demo=demo,
        created_at=now,
    )
    session.add(user)
    session.flush()
    return user


def find_user(session: Session, name: str) -> User | None:
    return session.scalar(select(User).where(User.name == folded(name)))


def get_user(session: Session, user_id: int) -> User:
    """Raises `DataError` where there is no such user."""
    user = session.get(User, user_id)
    if user is None:
        raise DataError(f"There is no user number {user_id}.", remedy="Reload the list of users.")
    return user


def list_users(session: Session) -> list[User]:
    return list(session.scalars(select(User).order_by(User.active.desc(), User.name)))


def count_people(session: Session) -> int:
    """Users with a password of their own: everybody but those of the demo."""
    return session.scalar(select(func.count()).select_from(User).where(~User.demo)) or 0


def count_active(session: Session, role: str) -> int:
    """Active users of a role who can log in with a password."""
    query = select(func.count()).select_from(User)
    query = query.where(User.role == role, User.active, ~User.demo)
    return session.scalar(query) or 0
