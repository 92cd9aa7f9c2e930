"""Champion and challenger side by side: at most one such experiment a capability runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from data_access.errors import DataError
from data_access.state.model_tables import Experiment
from data_access.state.tables import Prediction

SLACK = timedelta(days=400)
"""A demo shop's newest day may lie far behind the clock; the index spares what is older still."""


def running_experiment(session: Session, capability: str) -> Experiment | None:
    """By the unique index: one row is read, or none."""
    return session.scalars(
        select(Experiment).where(Experiment.running_of == capability)
    ).one_or_none()


def running_experiments(session: Session) -> dict[str, Experiment]:
    """All that run, by capability."""
    rows = session.scalars(select(Experiment).where(Experiment.running_of.is_not(None)))
    return {row.capability: row for row in rows}


def get_experiment(session: Session, experiment_id: int) -> Experiment:
    """
    Raises
    ------
    DataError : there is none of that number.
    """
    row = session.get(Experiment, experiment_id)
    if row is None:
        raise DataError(f"There is no experiment number {experiment_id}.", remedy="Reload.")
    return row


def list_experiments(
    session: Session, capability: str, *, limit: int = 20, ended_only: bool = False
) -> Sequence[Experiment]:
    """Newest first."""
    query = select(Experiment).where(Experiment.capability == capability)
    if ended_only:
        query = query.where(Experiment.running_of.is_(None))
    return list(session.scalars(query.order_by(Experiment.experiment_id.desc()).limit(limit)))


def count_experiments(session: Session, capability: str) -> int:
    return (
        session.scalar(
            select(func.count()).select_from(Experiment).where(Experiment.capability == capability)
        )
        or 0
    )


def end_experiment(
    session: Session, row: Experiment, *, ending: str, by: str, now: datetime, reason: str | None
) -> Experiment:
    """`ending` is promoted, dropped or overtaken; an ended one is never changed again."""
    row.running_of = None
    row.ending, row.ended_by, row.ended_at, row.reason = ending, by, now, reason
    session.flush()
    return row


def end_for_champion(
    session: Session,
    capability: str,
    *,
    champion: int | None,
    by: str,
    now: datetime,
    why: str = "Another version was chosen while it ran.",
) -> Experiment | None:
    """End what runs because another version decides from now on; None: nothing ran.

    To be called in the transaction that changes the champion.
    """
    row = running_experiment(session, capability)
    if row is None:
        return None
    promoted = champion is not None and champion == row.challenger
    return end_experiment(
        session,
        row,
        ending="promoted" if promoted else "overtaken",
        by=by,
        now=now,
        reason=None if promoted else why,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """How much of an arm is in the prediction log."""

    predictions: int
    graded: int  # of which the outcome is known
    units: int  # different ones among all
    last_outcome_at: datetime | None


def logged(
    session: Session, row: Experiment, *, arms: Sequence[str], number: int | None, prefix: str
) -> Logged:
    """Of one version's predictions under some arms while the experiment ran.

    prefix : of a unit in `Prediction.features_ref`.
    """
    found = session.execute(
        select(
            func.count(),
            func.count(Prediction.outcome),
            func.count(
                case(
                    (
                        Prediction.features_ref.startswith(prefix, autoescape=True),
                        Prediction.features_ref,
                    )
                ).distinct()
            ),
            func.max(Prediction.outcome_at),
        ).where(*_of(row, arms, number))
    ).one()
    return Logged(predictions=found[0], graded=found[1], units=found[2], last_outcome_at=found[3])


def graded(
    session: Session, row: Experiment, *, arms: Sequence[str], number: int | None, limit: int
) -> list[GradedRow]:
    """Predictions whose outcome is known, the newest `limit` of them."""
    query = (
        select(
            Prediction.entity,
            Prediction.features_ref,
            Prediction.as_of,
            Prediction.prediction,
            Prediction.outcome,
        )
        .where(*_of(row, arms, number), Prediction.outcome.is_not(None))
        .order_by(Prediction.as_of.desc(), Prediction.prediction_id.desc())
        .limit(limit)
    )
    return [
        GradedRow(entity, ref, as_of, said, float(came or 0.0))
        for entity, ref, as_of, said, came in session.execute(query)
    ]


class GradedRow(NamedTuple):
    """What was said of an entity, and what came."""

    entity: str
    features_ref: str | None
    as_of: date
    prediction: float
    outcome: float


def _of(row: Experiment, arms: Sequence[str], number: int | None) -> list[ColumnElement[bool]]:
    first = row.started_at.date() - SLACK
    wanted = [
        Prediction.capability == row.capability,
        Prediction.arm.in_(arms),
        Prediction.as_of >= first,
        Prediction.model_version == (number or 0),
        Prediction.made_at >= row.started_at,
    ]
    if row.ended_at is not None:
        wanted.append(Prediction.made_at <= row.ended_at)
    return wanted
