"""Decisions of fraud review: kept for ever, marked where they were taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data_access.errors import DataError
from data_access.state.fraud_tables import FraudDecision

VERDICTS = ("approve", "decline")
"""Acts that close a case."""

IN_ONE = 500
"""Keys of one question: below the number of bound values that SQLite takes."""


def add_decision(session: Session, **columns: Any) -> FraudDecision:
    row = FraudDecision(**columns)
    session.add(row)
    session.flush()
    return row


def get_decision(session: Session, decision_id: int) -> FraudDecision:
    """The decision.

    Raises
    ------
    DataError : there is none of this number.
    """
    row = session.get(FraudDecision, decision_id)
    if row is None:
        raise DataError(f"There is no decision {decision_id}.", remedy="Reload the case.")
    return row


def decisions_of(session: Session, case_id: int) -> list[FraudDecision]:
    """All acts on a case, those taken back too, oldest first."""
    query = (
        select(FraudDecision)
        .where(FraudDecision.case_id == case_id)
        .order_by(FraudDecision.decision_id)
    )
    return list(session.scalars(query))


def last_holding(session: Session, case_id: int) -> FraudDecision | None:
    """The newest act on a case that holds; an undoing is none."""
    return session.scalar(
        select(FraudDecision)
        .where(
            FraudDecision.case_id == case_id,
            FraudDecision.undone_at.is_(None),
            FraudDecision.act != "undo",
        )
        .order_by(FraudDecision.decision_id.desc())
        .limit(1)
    )


def of_batch(session: Session, batch: str) -> list[FraudDecision]:
    """Acts made together that hold, oldest first."""
    query = (
        select(FraudDecision)
        .where(FraudDecision.batch == batch, FraudDecision.undone_at.is_(None))
        .order_by(FraudDecision.decision_id)
    )
    return list(session.scalars(query))


def count_since(session: Session, since: datetime, *, by: str | None = None) -> int:
    """Verdicts that hold since an instant, of one person or of all."""
    query = select(func.count(FraudDecision.decision_id)).where(
        FraudDecision.at >= since,
        FraudDecision.undone_at.is_(None),
        FraudDecision.act.in_(VERDICTS),
    )
    if by is not None:
        query = query.where(FraudDecision.by == by)
    return session.scalar(query) or 0


def deciders_since(session: Session, since: datetime) -> set[str]:
    """Who has done anything with a case since an instant."""
    query = select(FraudDecision.by).where(FraudDecision.at >= since).distinct()
    return set(session.scalars(query))


def verdicts_of_orders(session: Session, order_ids: Sequence[str]) -> dict[str, FraudDecision]:
    """The newest verdict that holds, by order."""
    found: dict[str, FraudDecision] = {}
    for start in range(0, len(order_ids), IN_ONE):
        query = (
            select(FraudDecision)
            .where(
                FraudDecision.order_id.in_(list(order_ids[start : start + IN_ONE])),
                FraudDecision.undone_at.is_(None),
                FraudDecision.act.in_(VERDICTS),
            )
            .order_by(FraudDecision.decision_id)
        )
        found |= {row.order_id: row for row in session.scalars(query)}
    return found
