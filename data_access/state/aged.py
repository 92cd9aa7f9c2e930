"""Rows that grow old: how many there are, how many would go, and their removal in portions.

Nothing that what decides now is judged by goes: `needed_since` says from which day on the rows of
a capability are kept, however old they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, false, func, not_, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from data_access.state.engine import StateDatabase
from data_access.state.fraud_tables import FraudCase, FraudScore
from data_access.state.model_tables import Alert, DriftCheck, Experiment, ModelUse
from data_access.state.tables import Champion, JobLine, JobNote, Prediction

PORTION = 2_000
"""Rows of one transaction: others wait for it a moment only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aged:
    """Old rows of one table."""

    key: str
    keys: tuple[InstrumentedAttribute[Any], ...]  # primary key
    at: InstrumentedAttribute[Any]  # when it came to be
    old: ColumnElement[bool]
    held: tuple[tuple[str, ColumnElement[bool]], ...] = ()  # why, and which of the old ones stay

    @property
    def going(self) -> ColumnElement[bool]:
        return and_(self.old, *(not_(stays) for _, stays in self.held))


def needed_since(session: Session) -> dict[str, date]:
    """By capability: since when what decides now, for the whole or a part, and what is tried
    beside it have been saying something.
    """
    found: dict[str, date] = {}
    champions = select(Champion.capability, Champion.since).where(
        Champion.model_version.is_not(None)
    )
    tried = select(Experiment.capability, Experiment.started_at).where(
        Experiment.running_of.is_not(None)
    )
    for query in (champions, tried):
        for key, since in session.execute(query):
            capability = key.partition("/")[0]
            found[capability] = min(found.get(capability, date.max), since.date())
    return found


def predictions(before: datetime, needed: Mapping[str, date]) -> Aged:
    """Of the log; those whose outcome is not known yet go too: it will not come any more."""
    kept = [
        and_(Prediction.capability == capability, Prediction.as_of >= since)
        for capability, since in needed.items()
    ]
    return Aged(
        key="predictions",
        keys=(Prediction.prediction_id,),
        at=Prediction.made_at,
        old=Prediction.as_of < before.date(),
        held=(("made since the model that decides now began", or_(false(), *kept)),),
    )


def scores(before: datetime, needed: Mapping[str, date]) -> Aged:
    """Of orders; a case tells its score's reasons for ever."""
    since = needed.get("fraud", date.max)
    start = datetime.combine(since, datetime.min.time())
    return Aged(
        key="scores",
        keys=(FraudScore.score_id,),
        at=FraudScore.made_at,
        old=FraudScore.made_at < before,
        held=(
            ("of orders that became a case", FraudScore.order_id.in_(select(FraudCase.order_id))),
            (
                "made since the model that decides now began",
                and_(
                    FraudScore.made_at >= start,
                    FraudScore.order_id.not_in(select(FraudCase.order_id)),
                ),
            ),
        ),
    )


def checks(before: datetime) -> Aged:
    newest = select(func.max(DriftCheck.check_id)).group_by(DriftCheck.capability)
    return Aged(
        key="checks",
        keys=(DriftCheck.check_id,),
        at=DriftCheck.checked_at,
        old=DriftCheck.checked_at < before,
        held=(("the newest of its capability", DriftCheck.check_id.in_(newest)),),
    )


def alerts(before: datetime) -> Aged:
    return Aged(
        key="alerts",
        keys=(Alert.alert_id,),
        at=Alert.raised_at,
        old=and_(Alert.ended_at.is_not(None), Alert.ended_at < before),
    )


def uses(before: datetime) -> Aged:
    return Aged(
        key="uses",
        keys=(ModelUse.capability, ModelUse.model_version, ModelUse.hour),
        at=ModelUse.hour,
        old=ModelUse.hour < before,
    )


def count(session: Session, aged: Aged) -> tuple[int, int, datetime | None, list[tuple[str, int]]]:
    """How many rows there are, how many go, the oldest of those, and who is held by what."""
    there = session.scalar(select(func.count()).select_from(aged.at.class_)) or 0
    going, oldest = session.execute(select(func.count(), func.min(aged.at)).where(aged.going)).one()
    held = []
    for why, stays in aged.held:
        number = session.scalar(select(func.count()).where(aged.old, stays)) or 0
        if number:
            held.append((why, number))
    return there, going, oldest, held


def remove_portion(
    state: StateDatabase, aged: Aged, after: tuple[Any, ...] | None = None
) -> tuple[int, tuple[Any, ...] | None]:
    """Remove at most `PORTION` rows that go, in one transaction.

    after : key of the last row of the portion before: what lies before it was looked at.

    Returns
    -------
    How many went, and the key of the last of them; None: nothing was left to go.
    """
    table = aged.at.class_
    behind = [tuple_(*aged.keys) > tuple_(*after)] if after is not None else []
    quietly = {"synchronize_session": False}
    with state.write() as session:
        found = [
            tuple(row)
            for row in session.execute(
                select(*aged.keys).where(aged.going, *behind).order_by(*aged.keys).limit(PORTION)
            )
        ]
        if len(aged.keys) == 1:
            numbers = [number for (number,) in found]
            for start in range(0, len(numbers), 500):
                chunk = numbers[start : start + 500]
                session.execute(
                    delete(table).where(aged.keys[0].in_(chunk)), execution_options=quietly
                )
        else:
            for row in found:
                same = [key == value for key, value in zip(aged.keys, row, strict=True)]
                session.execute(delete(table).where(*same), execution_options=quietly)
    return len(found), found[-1] if found else None


def versions_that_said(session: Session, *, without: Sequence[Aged]) -> dict[str, set[int]]:
    """By capability: versions of which predictions or scores would be left."""
    found: dict[str, set[int]] = {}
    by_key = {one.key: one for one in without}
    query = select(Prediction.capability, Prediction.model_version).distinct()
    for capability, number in session.execute(query.where(not_(by_key["predictions"].going))):
        found.setdefault(capability, set()).add(number)
    scored = select(FraudScore.model_version).distinct().where(not_(by_key["scores"].going))
    for (number,) in session.execute(scored):
        found.setdefault("fraud", set()).add(number)
    return found


def count_notes(
    session: Session, *, quiet: Sequence[str], quiet_before: datetime, before: datetime
) -> tuple[int, int]:
    """How many notes of jobs there are, and how many go."""
    old = or_(
        JobNote.asked_at < before,
        and_(JobNote.kind.in_(quiet), JobNote.asked_at < quiet_before),
    )
    there = session.scalar(select(func.count()).select_from(JobNote)) or 0
    query = select(func.count()).select_from(JobNote).where(JobNote.ended_at.is_not(None), old)
    return there, session.scalar(query) or 0


def count_lines(session: Session, *, before: datetime) -> tuple[int, int]:
    """How many log lines there are, and how many are older."""
    there = session.scalar(select(func.count()).select_from(JobLine)) or 0
    old = select(func.count()).select_from(JobLine).where(JobLine.at < before)
    return there, session.scalar(old) or 0
