"""Messages of decisions to the shop: one row a decision, claimed before it is sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from data_access.state.fraud_tables import FraudMessage

LONGEST_ERROR = 300


def add_message(session: Session, **columns: Any) -> FraudMessage:
    row = FraudMessage(**columns)
    session.add(row)
    session.flush()
    return row


def message_of(session: Session, decision_id: int) -> FraudMessage | None:
    """The message of a decision, if it has one."""
    return session.scalar(select(FraudMessage).where(FraudMessage.decision_id == decision_id))


def due_messages(session: Session, now: datetime, *, limit: int = 100) -> list[FraudMessage]:
    """Those that should go out by now, the longest waiting first."""
    query = (
        select(FraudMessage)
        .where(
            FraudMessage.due_at <= now,
            FraudMessage.delivered_at.is_(None),
            FraudMessage.cancelled_at.is_(None),
        )
        .order_by(FraudMessage.created_at, FraudMessage.message_id)
        .limit(limit)
    )
    return list(session.scalars(query))


def take_message(session: Session, message_id: str, *, version: int, until: datetime) -> bool:
    """Take a message to send it; False where another worker was faster or it was cancelled.

    Until `until` no other worker takes it; whoever took it and died leaves it due again then.
    """
    done: Any = session.execute(
        update(FraudMessage)
        .where(
            FraudMessage.message_id == message_id,
            FraudMessage.version == version,
            FraudMessage.delivered_at.is_(None),
            FraudMessage.cancelled_at.is_(None),
        )
        .values(attempts=FraudMessage.attempts + 1, due_at=until, version=FraudMessage.version + 1)
        .execution_options(synchronize_session=False)
    )
    return bool(done.rowcount)


def note_delivered(session: Session, message_id: str, *, now: datetime) -> None:
    session.execute(
        update(FraudMessage)
        .where(FraudMessage.message_id == message_id, FraudMessage.delivered_at.is_(None))
        .values(delivered_at=now, last_error=None, version=FraudMessage.version + 1)
        .execution_options(synchronize_session=False)
    )


def note_failed(session: Session, message_id: str, *, error: str, due_at: datetime) -> None:
    """Keep why the shop did not take it, and when to try again."""
    session.execute(
        update(FraudMessage)
        .where(FraudMessage.message_id == message_id, FraudMessage.delivered_at.is_(None))
        .values(last_error=error[:LONGEST_ERROR], due_at=due_at, version=FraudMessage.version + 1)
        .execution_options(synchronize_session=False)
    )


def cancel_message(session: Session, message_id: str, *, now: datetime) -> bool:
    """Send a message no more; True where it had surely not gone out."""
    pending = update(FraudMessage).where(
        FraudMessage.message_id == message_id,
        FraudMessage.delivered_at.is_(None),
        FraudMessage.cancelled_at.is_(None),
    )
    stopped = {"cancelled_at": now, "version": FraudMessage.version + 1}
    never: Any = session.execute(
        pending.where(FraudMessage.attempts == 0)
        .values(**stopped)
        .execution_options(synchronize_session=False)
    )
    if never.rowcount:
        return True
    session.execute(pending.values(**stopped).execution_options(synchronize_session=False))
    return False


def waiting(session: Session, now: datetime) -> tuple[int, int]:
    """How many messages wait, and how many of these have failed at least once."""
    query = select(
        func.count(FraudMessage.message_id),
        func.count(FraudMessage.last_error),
    ).where(FraudMessage.delivered_at.is_(None), FraudMessage.cancelled_at.is_(None))
    all_of_them, failed = session.execute(query).one()
    return int(all_of_them), int(failed)
