"""Who follows which category, and gets its weekly digest."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from data_access.state.forecast_tables import Follow
from data_access.state.tables import User


def follow(session: Session, *, user_id: int, category_id: str, now: datetime) -> None:
    """Following twice is following once."""
    if session.get(Follow, (user_id, category_id)) is None:
        session.add(Follow(user_id=user_id, category_id=category_id, at=now))
        session.flush()


def unfollow(session: Session, *, user_id: int, category_id: str) -> None:
    session.execute(
        delete(Follow).where(Follow.user_id == user_id, Follow.category_id == category_id)
    )


def followed_by(session: Session, user_id: int) -> list[Follow]:
    query = select(Follow).where(Follow.user_id == user_id)
    return list(session.scalars(query.order_by(Follow.at, Follow.category_id)))


def followers(session: Session) -> list[tuple[User, list[Follow]]]:
    """Active users who follow something, with what they follow; by name."""
    query = (
        select(User, Follow)
        .join(Follow, Follow.user_id == User.user_id)
        .where(User.active)
        .order_by(User.name, Follow.at, Follow.category_id)
    )
    found: dict[int, tuple[User, list[Follow]]] = {}
    for user, row in session.execute(query):
        found.setdefault(user.user_id, (user, []))[1].append(row)
    return list(found.values())
