"""Prediction log: what was believed, by which version, and later what came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from data_access.state.inserts import insert_new
from data_access.state.tables import Prediction

ROWS_AT_ONCE = 10_000  # held in memory while they are written
KEYS_AT_ONCE = 500  # of one question, below what SQLite takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Believed:
    """One prediction as it is logged."""

    entity: str  # e.g. "product:P000012/2026-11-23"
    prediction: float
    features_ref: str | None = None


def log_predictions(
    session: Session,
    *,
    capability: str,
    model_version: int | None,
    arm: str,
    as_of: date,
    made_at: datetime,
    rows: Iterable[Believed],
) -> int:
    """Add rows; one that is there already (same entity, version, arm, as_of) stays as it was.

    Returns
    -------
    Rows added.
    """
    return sum(
        insert_new(
            session,
            Prediction,
            [
                {
                    "capability": capability,
                    "entity": row.entity,
                    "model_version": model_version or 0,
                    "arm": arm,
                    "features_ref": row.features_ref,
                    "prediction": row.prediction,
                    "as_of": as_of,
                    "made_at": made_at,
                }
                for row in chunk
            ],
        )
        for chunk in _chunks(rows, ROWS_AT_ONCE)
    )


def open_predictions(
    session: Session, capability: str, *, limit: int = 10_000
) -> Sequence[Prediction]:
    """Predictions whose outcome is not known yet, oldest first."""
    return list(
        session.scalars(
            select(Prediction)
            .where(Prediction.capability == capability, Prediction.outcome_at.is_(None))
            .order_by(Prediction.as_of, Prediction.prediction_id)
            .limit(limit)
        )
    )


def refs_since(
    session: Session, capability: str, entities: Sequence[str], *, since: datetime, prefix: str
) -> dict[str, str]:
    """The earliest `features_ref` with a prefix of predictions about each entity since then."""
    found: dict[str, str] = {}
    for start in range(0, len(entities), KEYS_AT_ONCE):
        query = (
            select(Prediction.entity, Prediction.features_ref)
            .where(
                Prediction.capability == capability,
                Prediction.entity.in_(entities[start : start + KEYS_AT_ONCE]),
                Prediction.made_at >= since,
                Prediction.features_ref.startswith(prefix, autoescape=True),
            )
            .order_by(Prediction.prediction_id.desc())
        )
        found |= {row[0]: str(row[1]) for row in session.execute(query)}  # earliest last
    return found


def record_outcomes(
    session: Session, capability: str, outcomes: Mapping[str, float], at: datetime
) -> None:
    """Write what came, by entity, to every prediction of it that has no outcome yet."""
    if not outcomes:
        return
    table: Any = Prediction.__table__
    session.connection().execute(
        update(table)
        .where(
            table.c.capability == capability,
            table.c.entity == bindparam("the_entity"),
            table.c.outcome_at.is_(None),
        )
        .values(outcome=bindparam("the_outcome"), outcome_at=at),
        [{"the_entity": entity, "the_outcome": value} for entity, value in outcomes.items()],
    )


def _chunks(rows: Iterable[Believed], size: int) -> Iterator[list[Believed]]:
    waiting = iter(rows)
    while chunk := list(islice(waiting, size)):
        yield chunk
