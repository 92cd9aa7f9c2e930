"""The queue: pages of it, the next case, and whose case it is.

A case belongs to whoever opens it for an hour, so that no two people work on one. Where one person
is on duty nobody needs to hear of that: claims are made but not told.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from app.access import Identity, Permission, require
from app.services.fraud import checks
from app.services.fraud.views import (
    CLAIM,
    MONEY,
    CaseRow,
    Filters,
    FraudError,
    OpenedCase,
    QueuePage,
    is_held,
    row_of,
)
from app.services.preferences import BY_KEY
from data_access.state import fraud_cases, fraud_decisions, fraud_queue, preferences
from data_access.state.engine import utc_now
from data_access.state.fraud_tables import FraudCase

if TYPE_CHECKING:
    from app.context import Desk

Asked = Filters | Mapping[str, Any] | None

SOON = timedelta(hours=4)
"""What is due within it is told beside what is late: half a shift."""

LOOKING = timedelta(minutes=2)
"""A page that is open says so more often than this."""

FORGOTTEN = timedelta(days=1)
CHOICES_S = 20.0
"""For which the values of filters are taken as they were."""

TRIES = 20
"""Cases that are tried in one go: as many as people could take at the same moment."""

ROUNDS = 5
"""How often others may take all of these between a look and the claim."""


def page(
    desk: Desk,
    by: Identity,
    filters: Asked = None,
    order: str = "expected_loss",
    limit: int = 50,
    *,
    offset: int = 0,
    now: datetime | None = None,
) -> QueuePage:
    """Cases that the filters leave, and the whole queue in numbers.

    Raises
    ------
    AccessDenied, FraudError : the role may not read pages, or something asked for cannot be.
    """
    require(by, Permission.read_pages)
    now = now or utc_now()
    wanted, order = _wanted(checks.filters(filters), by), checks.sort(order)
    limit, offset = checks.limits(limit, offset)
    midnight = _midnight(desk, now)
    with desk.state.read() as session:
        team = _on_duty(session, by, now)
        found = fraud_queue.cases(
            session, wanted, by=by.name, now=now, order=order, limit=limit, offset=offset
        )
        totals = fraud_queue.totals(session, by=by.name, now=now, soon=now + SOON)
        total = (
            totals.to_do
            if wanted == fraud_queue.Wanted()
            else fraud_queue.count(session, wanted, by=by.name, now=now)
        )
        choices = _choices(desk, session)
        decided = fraud_decisions.count_since(session, midnight)
        mine = fraud_decisions.count_since(session, midnight, by=by.name)
        capacity = preferences.read_preferences(session).get("review_capacity")
    return QueuePage(
        rows=tuple(told(row, by, now, team=len(team) > 1) for row in found),
        total=total,
        counts={"todo": totals.to_do, **totals.by_state},
        overdue=totals.overdue,
        due_soon=totals.due_soon,
        next_due=totals.next_due,
        expected_loss=totals.expected_loss / MONEY,
        decided_today=decided,
        decided_by_me=mine,
        capacity=int(capacity or BY_KEY["review_capacity"].default or 0),
        team=team if len(team) > 1 else (),
        choices=choices,
    )


def next_case(
    desk: Desk,
    by: Identity,
    filters: Asked = None,
    order: str = "expected_loss",
    *,
    after: int | None = None,
    now: datetime | None = None,
) -> OpenedCase | None:
    """Claim the first case that nobody else holds; None where nothing is left.

    Parameters
    ----------
    after : the case that is left undecided; it is given back, and the next one in the order is
        taken, beginning anew at the end.

    Raises
    ------
    AccessDenied, FraudError : the role may not decide, something asked for cannot be, or others
        were faster again and again.
    """
    require(by, Permission.decide_fraud)
    now = now or utc_now()
    wanted, order = _wanted(checks.filters(filters), by), checks.sort(order)
    if after is not None:
        checks.number(after)
    for _ in range(ROUNDS):
        with desk.state.read() as session:
            left = session.get(FraudCase, after) if after is not None else None
            candidates = _candidates(session, wanted, by, order, left, now)
        if left is None and not candidates:
            return None  # nothing to write
        # The walk over the queue is over when the write begins: others write meanwhile, and a case
        # that they took or changed is not claimed, since its version or claim is another one then.
        with desk.state.write() as session:
            if left is not None:
                fraud_cases.release_claim(session, left.case_id, by=by.name)
                fraud_cases.leave(session, left.case_id, name=by.name)
            taken = next((one for one in candidates if _claim(session, one, by, now)), None)
        if taken is not None:
            return _opened(desk, taken.case_id, by, now)
        if not candidates:
            return None
    raise FraudError(
        "Others took every case before it could be claimed.", remedy="Press “Next case” again."
    )


def _candidates(
    session: Session,
    wanted: fraud_queue.Wanted,
    by: Identity,
    order: str,
    left: FraudCase | None,
    now: datetime,
) -> list[FraudCase]:
    """Free cases behind the one that is left, then from the beginning, that one last."""

    def ask(behind: FraudCase | None) -> list[FraudCase]:
        return fraud_queue.cases(
            session,
            wanted,
            by=by.name,
            now=now,
            order=order,
            limit=TRIES,
            after=behind,
            free_since=now - CLAIM,
        )

    if left is None:
        return ask(None)
    found = ask(left) or ask(None)
    return sorted(found, key=lambda one: one.case_id == left.case_id)


def _claim(session: Session, case: FraudCase, by: Identity, now: datetime) -> bool:
    taken = fraud_cases.claim(
        session, case.case_id, by=by.name, now=now, lapsed=now - CLAIM, version=case.version
    )
    if taken:
        _look(session, case.case_id, by, now)
    return taken


def open_case(desk: Desk, by: Identity, case_id: int, *, now: datetime | None = None) -> OpenedCase:
    """Open one case: whoever may decide it claims it, if it is free.

    Called again while the page is open, it says that it still is.

    Raises
    ------
    AccessDenied, DataError : the role may not, or there is no such case.
    """
    require(by, Permission.read_pages)
    now = now or utc_now()
    checks.number(case_id)
    if not by.may(Permission.decide_fraud):
        with desk.state.read() as session:
            case = fraud_cases.get_case(session, case_id)
            return OpenedCase(
                row=told(case, by, now, team=True),
                held=False,
                claimed_by=None,
                claimed_until=None,
                viewing=(),
            )
    with desk.state.write() as session:
        fraud_cases.get_case(session, case_id)
        fraud_cases.claim(session, case_id, by=by.name, now=now, lapsed=now - CLAIM)
        _look(session, case_id, by, now)
    return _opened(desk, case_id, by, now)


def take_over(desk: Desk, by: Identity, case_id: int, *, now: datetime | None = None) -> OpenedCase:
    """Take a case that somebody else holds; they are told when they decide.

    Raises
    ------
    AccessDenied, DataError : the role may not, or there is no such case.
    """
    require(by, Permission.decide_fraud)
    now = now or utc_now()
    checks.number(case_id)
    with desk.state.note(by.name, "case.taken_over", f"case:{case_id}", at=now) as session:
        case = fraud_cases.get_case(session, case_id)
        session.before = {"claimed_by": case.claimed_by}
        fraud_cases.take_over(session, case_id, by=by.name, now=now)
        _look(session, case_id, by, now)
    return _opened(desk, case_id, by, now)


def leave_case(desk: Desk, by: Identity, case_id: int) -> None:
    """Give back a case that one opened and goes away from without deciding."""
    require(by, Permission.decide_fraud)
    checks.number(case_id)
    with desk.state.write() as session:
        fraud_cases.release_claim(session, case_id, by=by.name)
        fraud_cases.leave(session, case_id, name=by.name)


def on_duty(desk: Desk, by: Identity, *, now: datetime | None = None) -> tuple[str, ...]:
    """Who worked on cases within the last hour, and whoever asks."""
    require(by, Permission.read_pages)
    with desk.state.read() as session:
        return _on_duty(session, by, now or utc_now())


def told(case: FraudCase, by: Identity, now: datetime, *, team: bool) -> CaseRow:
    """A case as this person may see it."""
    return row_of(
        case, me=by.name, now=now, team=team, personal=by.may(Permission.see_personal_fraud)
    )


def _look(session: Session, case_id: int, by: Identity, now: datetime) -> None:
    fraud_cases.see(session, case_id, name=by.name, now=now)
    fraud_cases.forget_viewers(session, before=now - FORGOTTEN)


def _opened(desk: Desk, case_id: int, by: Identity, now: datetime) -> OpenedCase:
    with desk.state.read() as session:
        case = fraud_cases.get_case(session, case_id)
        seen = fraud_cases.viewers(session, case_id, since=now - LOOKING)
        team = len(_on_duty(session, by, now)) > 1
    others = [row.name for row in seen if row.name != by.name]
    held_by_other = is_held(case, now) and case.claimed_by != by.name
    return OpenedCase(
        row=told(case, by, now, team=team),
        held=is_held(case, now) and case.claimed_by == by.name,
        claimed_by=case.claimed_by if held_by_other else None,
        claimed_until=case.claimed_at + CLAIM if held_by_other and case.claimed_at else None,
        viewing=tuple(others),
    )


_known_choices: dict[str, tuple[float, dict[str, tuple[str, ...]]]] = {}


def _choices(desk: Desk, session: Session) -> dict[str, tuple[str, ...]]:
    """Values for filters; a country that is new may be missing for some seconds, which costs
    nobody a case and saves a walk over all of them at every click.
    """
    at, found = _known_choices.get(desk.settings.app_url, (0.0, {}))
    clock = time.monotonic()
    if not found or clock - at > CHOICES_S:
        asked = fraud_queue.choices(session)
        found = {key: tuple(values) for key, values in asked.items()}
        if any(found.values()):
            _known_choices.clear()
            _known_choices[desk.settings.app_url] = (clock, found)
    return found


def _wanted(given: Filters, by: Identity) -> fraud_queue.Wanted:
    return fraud_queue.Wanted(
        state=given.state,
        risk=given.risk,
        kind=given.kind,
        country=given.country,
        method=given.method,
        why=given.why,
        claimed_by=by.name if given.mine else None,
        search=given.search.strip(),
    )


def _on_duty(session: Session, by: Identity, now: datetime) -> tuple[str, ...]:
    since = now - CLAIM
    names = fraud_cases.on_duty(session, since=since)
    names |= fraud_decisions.deciders_since(session, since)
    people = {name for name in names if not name.startswith("key:")}
    if by.may(Permission.decide_fraud):
        people.add(by.name)
    return tuple(sorted(people))


def _midnight(desk: Desk, now: datetime) -> datetime:
    """When the shop's day began, naive UTC."""
    local = now.replace(tzinfo=UTC).astimezone(desk.zone)
    begin = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return begin.astimezone(UTC).replace(tzinfo=None)
