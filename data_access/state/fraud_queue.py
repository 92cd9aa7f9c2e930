"""Questions about the queue of fraud review: which cases, in which order, how many of what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true
from sqlalchemy.orm import Session

from data_access.state.fraud_tables import FraudCase

ORDERS = ("expected_loss", "due", "amount", "score", "newest")
"""By what a queue can be sorted: the largest, or what is due soonest, first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which cases are asked for; None means any.

    state : todo (open, due again after a snooze, or escalated by somebody else) | open | waiting |
        snoozed | escalated | closed | all.
    """

    state: str = "todo"
    risk: str | None = None
    kind: str | None = None
    country: str | None = None
    method: str | None = None
    why: str | None = None
    claimed_by: str | None = None
    search: str = ""  # part of the order's number


def cases(
    session: Session,
    wanted: Wanted,
    *,
    by: str,
    now: datetime,
    order: str,
    limit: int,
    offset: int = 0,
    after: FraudCase | None = None,
    free_since: datetime | None = None,
) -> list[FraudCase]:
    """Cases in their order.

    Parameters
    ----------
    after : only those that come after this one.
    free_since : only what can be claimed: leave out what is closed, and what others have claimed
        at or after this instant.
    """
    column = _column(order)
    found: list[tuple[Any, int]] = []
    # State by state, since an index then gives the first ones without a walk over all; and sorted
    # as numbers only: a case is wide, and thousands may be sorted for the fifty that are shown.
    for state in _states(wanted.state, by, now):
        ids = select(column, FraudCase.case_id).where(state, _chosen(wanted))
        if free_since is not None:
            ids = ids.where(_free(by, free_since))
        if after is not None:
            ids = ids.where(_behind(order, after))
        found += [(row[0], row[1]) for row in session.execute(_first(ids, order, limit + offset))]
    found.sort(key=lambda one: one[1])
    found.sort(key=lambda one: one[0], reverse=order != "due")  # keeps the order of equal ones
    wanted_ids = [case_id for _, case_id in found[offset : offset + limit]]
    query = select(FraudCase).where(FraudCase.case_id.in_(wanted_ids))
    rows = {row.case_id: row for row in session.scalars(query)}
    return [rows[case_id] for case_id in wanted_ids if case_id in rows]


def count(session: Session, wanted: Wanted, *, by: str, now: datetime) -> int:
    query = select(func.count(FraudCase.case_id)).where(_meant(wanted, by=by, now=now))
    return session.scalar(query) or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The whole queue in numbers, whatever is filtered."""

    to_do: int
    by_state: dict[str, int]  # open, waiting, snoozed, escalated (those not yet due again)
    overdue: int  # of those to do: the order would have been shipped by now
    due_soon: int  # and within the span asked for
    next_due: datetime | None
    expected_loss: int  # of those to do, ten-thousandths


def totals(session: Session, *, by: str, now: datetime, soon: datetime) -> Totals:
    """Each number by the index that has it: a page asks for all of them at every click."""
    todo = _todo(by, now)
    counted = (func.count(FraudCase.case_id), func.sum(FraudCase.expected_loss))
    by_state: dict[str, int] = {}
    loss = 0
    states = select(FraudCase.state, *counted).where(FraudCase.state.in_(OPEN_STATES))
    for state, number, sum_of_state in session.execute(states.group_by(FraudCase.state)):
        by_state[state] = int(number)
        if state in ("open", "escalated"):
            loss += int(sum_of_state or 0)
    awake = _pair(
        session.execute(
            select(*counted).where(FraudCase.state == "snoozed", FraudCase.snoozed_until <= now)
        ).one()
    )
    not_mine = _pair(
        session.execute(
            select(*counted).where(FraudCase.state == "escalated", FraudCase.escalated_by == by)
        ).one()
    )
    to_do = by_state.get("open", 0) + awake[0] + by_state.get("escalated", 0) - not_mine[0]
    if awake[0]:
        by_state["open"] = by_state.get("open", 0) + awake[0]
        by_state["snoozed"] -= awake[0]
    due = select(
        func.sum(case((FraudCase.due_at <= now, 1), else_=0)), func.count(FraudCase.case_id)
    )
    overdue, by_soon = _pair(session.execute(due.where(FraudCase.due_at <= soon, todo)).one())
    # Walked along `due_at`, of which the first that is to do ends it; by the index of states every
    # open case would be looked at. A name that no index has keeps SQLite from choosing that one.
    walked = _todo(by, now, state=func.coalesce(FraudCase.state, ""))
    next_due = session.scalar(
        select(FraudCase.due_at)
        .where(FraudCase.due_at > now, walked)
        .order_by(FraudCase.due_at)
        .limit(1)
    )
    return Totals(
        to_do=to_do,
        by_state={state: number for state, number in by_state.items() if number},
        overdue=overdue,
        due_soon=by_soon - overdue,
        next_due=next_due,
        expected_loss=loss + awake[1] - not_mine[1],
    )


OPEN_STATES = ("open", "waiting", "snoozed", "escalated")


def open_orders(session: Session, *, limit: int) -> list[str]:
    """Orders of the cases that are not closed, the oldest first."""
    query = (
        select(FraudCase.order_id)
        .where(FraudCase.state.in_(OPEN_STATES))
        .order_by(FraudCase.placed_at.desc(), FraudCase.case_id.desc())
        .limit(limit)
    )
    return list(reversed(session.scalars(query).all()))


def choices(session: Session) -> dict[str, list[str]]:
    """Values that the cases not closed have, by column, for filters."""
    found: dict[str, list[str]] = {}
    columns = (FraudCase.risk, FraudCase.kind, FraudCase.country, FraudCase.method, FraudCase.why)
    rows = session.execute(
        select(*columns).where(FraudCase.state.in_(OPEN_STATES)).group_by(*columns)
    ).all()
    for number, column in enumerate(columns):
        found[column.key] = sorted({str(row[number]) for row in rows if row[number] is not None})
    return found


def _pair(row: Any) -> tuple[int, int]:
    return int(row[0] or 0), int(row[1] or 0)


def _todo(by: str, now: datetime, *, state: Any = FraudCase.state) -> ColumnElement[bool]:
    return or_(
        state == "open",
        and_(state == "snoozed", FraudCase.snoozed_until <= now),
        and_(
            state == "escalated",
            or_(FraudCase.escalated_by.is_(None), FraudCase.escalated_by != by),
        ),
    )


def _meant(wanted: Wanted, *, by: str, now: datetime) -> ColumnElement[bool]:
    return and_(or_(*_states(wanted.state, by, now)), _chosen(wanted))


def _chosen(wanted: Wanted) -> ColumnElement[bool]:
    """What is filtered by besides the state."""
    conditions: list[ColumnElement[bool]] = []
    for column, value in (
        (FraudCase.risk, wanted.risk),
        (FraudCase.kind, wanted.kind),
        (FraudCase.country, wanted.country),
        (FraudCase.method, wanted.method),
        (FraudCase.why, wanted.why),
        (FraudCase.claimed_by, wanted.claimed_by),
    ):
        if value is not None:
            conditions.append(column == value)
    if wanted.search:
        conditions.append(FraudCase.order_id.icontains(wanted.search, autoescape=True))
    return and_(true(), *conditions)


def _states(state: str, by: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Conditions of which each case of the state meets exactly one."""
    is_open = FraudCase.state == "open"
    awake = and_(FraudCase.state == "snoozed", FraudCase.snoozed_until <= now)
    if state == "todo":
        not_mine = or_(FraudCase.escalated_by.is_(None), FraudCase.escalated_by != by)
        return is_open, awake, and_(FraudCase.state == "escalated", not_mine)
    if state == "open":
        return is_open, awake
    if state == "snoozed":
        return (and_(FraudCase.state == "snoozed", FraudCase.snoozed_until > now),)
    if state == "all":
        return (FraudCase.case_id > 0,)
    return (FraudCase.state == state,)


def _free(by: str, since: datetime) -> ColumnElement[bool]:
    unclaimed = or_(
        FraudCase.claimed_by.is_(None), FraudCase.claimed_by == by, FraudCase.claimed_at < since
    )
    return and_(FraudCase.state.in_(OPEN_STATES), unclaimed)


def _first(query: Select[Any], order: str, most: int) -> Select[Any]:
    # The number at the end makes the order whole: two equal amounts never swap places.
    column = _column(order)
    first = column.asc() if order == "due" else column.desc()
    return query.order_by(first, FraudCase.case_id).limit(most)


def _behind(order: str, last: FraudCase) -> ColumnElement[bool]:
    column = _column(order)
    value = getattr(last, column.key)
    further = column > value if order == "due" else column < value
    return or_(further, and_(column == value, FraudCase.case_id > last.case_id))


def _column(order: str) -> Any:
    return {
        "expected_loss": FraudCase.expected_loss,
        "due": FraudCase.due_at,
        "amount": FraudCase.amount,
        "score": FraudCase.score,
        "newest": FraudCase.placed_at,
    }[order]
