"""What became of each person's digest of a week; one row a person and week, ever.

A digest is claimed (state "sending") before the mail server is spoken to. Whoever finds a claim
later cannot know whether the mail went out, and must not send it again.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.state.forecast_tables import Digest

State = Literal["sending", "sent", "quiet", "failed", "unsure"]
OPEN = ("failed",)
"""States after which another attempt may follow."""


def of_week(session: Session, week: date) -> dict[int, Digest]:
    """By user."""
    rows = session.scalars(select(Digest).where(Digest.week == week))
    return {row.user_id: row for row in rows}


def claim(session: Session, *, user_id: int, week: date, items: int, now: datetime) -> bool:
    """Take the person's digest of the week on; false where it was sent, or may have been.

    Two jobs that claim at once: the second one's row is refused by the unique key.
    """
    row = session.scalar(
        select(Digest).where(Digest.user_id == user_id, Digest.week == week).with_for_update()
    )
    if row is None:
        row = Digest(user_id=user_id, week=week, state="sending", items=items, said=None, at=now)
        session.add(row)
    elif row.state in OPEN:
        row.state, row.items, row.at = "sending", items, now
    else:
        return False
    session.flush()
    return True


def settle(
    session: Session, *, user_id: int, week: date, state: State, said: str | None, now: datetime
) -> None:
    """Write down what became of a digest; `said` is its subject, or why it failed."""
    row = session.scalar(select(Digest).where(Digest.user_id == user_id, Digest.week == week))
    if row is None:
        row = Digest(user_id=user_id, week=week, items=0, state=state, at=now)
        session.add(row)
    row.state, row.said, row.at = state, said, now
    session.flush()


def newest(session: Session, user_id: int, *, limit: int = 10) -> list[Digest]:
    """Newest first."""
    query = select(Digest).where(Digest.user_id == user_id)
    return list(session.scalars(query.order_by(Digest.week.desc()).limit(limit)))
