"""Scores of fraud review, and the orders that chance let through or sent to review."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from data_access.state.fraud_tables import FraudRelease, FraudScore
from data_access.state.inserts import insert_new

IN_ONE = 500
"""Keys of one question: below the number of bound values that SQLite takes."""


def add_scores(session: Session, rows: Iterable[FraudScore]) -> None:
    session.add_all(rows)
    session.flush()


def newest_score(session: Session, order_id: str) -> FraudScore | None:
    """What was said last about an order by the model that decides."""
    return session.scalar(
        select(FraudScore)
        .where(FraudScore.order_id == order_id, FraudScore.shadow.is_(False))
        .order_by(FraudScore.made_at.desc(), FraudScore.score_id.desc())
        .limit(1)
    )


def scores_of(session: Session, order_id: str) -> list[FraudScore]:
    """Everything that was ever said about an order, oldest first."""
    query = (
        select(FraudScore)
        .where(FraudScore.order_id == order_id)
        .order_by(FraudScore.made_at, FraudScore.score_id)
    )
    return list(session.scalars(query))


def newest_scores(session: Session, order_ids: Sequence[str]) -> dict[str, FraudScore]:
    """The newest score that counts, by order; orders never scored are left out."""
    found: dict[str, FraudScore] = {}
    for start in range(0, len(order_ids), IN_ONE):
        part = list(order_ids[start : start + IN_ONE])
        newest = (
            select(func.max(FraudScore.score_id))
            .where(FraudScore.order_id.in_(part), FraudScore.shadow.is_(False))
            .group_by(FraudScore.order_id)
        )
        rows = session.scalars(select(FraudScore).where(FraudScore.score_id.in_(newest)))
        found |= {row.order_id: row for row in rows}
    return found


def scored_already(session: Session, order_ids: Sequence[str]) -> set[str]:
    """Which of these orders were scored as orders of the shop, not only by what a program sent."""
    found: set[str] = set()
    for start in range(0, len(order_ids), IN_ONE):
        part = list(order_ids[start : start + IN_ONE])
        query = select(FraudScore.order_id).where(
            FraudScore.order_id.in_(part),
            FraudScore.shadow.is_(False),
            FraudScore.cause != "asked",
        )
        found |= set(session.scalars(query.distinct()))
    return found


def count_unsure(session: Session, since: datetime) -> int:
    """Orders whose newest score is too unsure to act on."""
    return session.scalar(select(func.count()).select_from(FraudScore).where(*_unsure(since))) or 0


def unsure_since(session: Session, since: datetime, *, limit: int) -> list[FraudScore]:
    """These scores, most expected loss first."""
    query = select(FraudScore).where(*_unsure(since)).order_by(FraudScore.expected_loss.desc())
    return list(session.scalars(query.limit(limit)))


def _unsure(since: datetime) -> list[ColumnElement[bool]]:
    later = aliased(FraudScore)
    newer = select(later.score_id).where(
        later.order_id == FraudScore.order_id,
        later.score_id > FraudScore.score_id,
        later.shadow.is_(False),
    )
    return [
        FraudScore.unsure.is_(True),
        FraudScore.made_at >= since,
        FraudScore.shadow.is_(False),
        ~newer.exists(),
    ]


def add_releases(session: Session, rows: Sequence[Mapping[str, Any]]) -> int:
    """Note what chance drew; an order is drawn once."""
    return insert_new(session, FraudRelease, rows) if rows else 0


def release_of(session: Session, order_id: str) -> FraudRelease | None:
    return session.get(FraudRelease, order_id)


def releases_since(session: Session, since: datetime) -> list[FraudRelease]:
    query = select(FraudRelease).where(FraudRelease.at >= since).order_by(FraudRelease.at)
    return list(session.scalars(query))


def newest_features(session: Session, order_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Features of the newest score that counts, by order, without its reasons."""
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(order_ids), IN_ONE):
        part = list(order_ids[start : start + IN_ONE])
        newest = (
            select(func.max(FraudScore.score_id))
            .where(FraudScore.order_id.in_(part), FraudScore.shadow.is_(False))
            .group_by(FraudScore.order_id)
        )
        query = select(FraudScore.order_id, FraudScore.features)
        rows = session.execute(query.where(FraudScore.score_id.in_(newest)))
        found |= {row.order_id: row.features for row in rows}
    return found
