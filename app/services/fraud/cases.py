"""One case: found, its history, its notes; and the views of the queue that people save."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.access import Identity, Permission, require
from app.services.fraud import checks, messages, queue
from app.services.fraud.views import Act, CaseRow, Filters, FraudError, Note, reason_words
from data_access.state import fraud_cases, fraud_decisions
from data_access.state.engine import utc_now
from data_access.state.fraud_tables import FraudMessage

if TYPE_CHECKING:
    from app.context import Desk

MOST_VIEWS = 20
"""Saved views of one person: more than a list shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """Filters under a name of one's own."""

    view_id: int
    name: str
    filters: Filters
    order: str


def find(desk: Desk, by: Identity, case_id: int, *, now: datetime | None = None) -> CaseRow:
    """A case as it stands, without claiming it.

    Raises
    ------
    AccessDenied, DataError : the role may not read pages, or there is no such case.
    """
    require(by, Permission.read_pages)
    checks.number(case_id)
    with desk.state.read() as session:
        return queue.told(fraud_cases.get_case(session, case_id), by, now or utc_now(), team=True)


def of_order(
    desk: Desk, by: Identity, order_id: str, *, now: datetime | None = None
) -> CaseRow | None:
    """The case of an order; None where it has none."""
    require(by, Permission.read_pages)
    checks.order_number(order_id)
    with desk.state.read() as session:
        case = fraud_cases.case_of_order(session, order_id)
    return queue.told(case, by, now or utc_now(), team=True) if case else None


def history(desk: Desk, by: Identity, case_id: int) -> tuple[Act, ...]:
    """Everything that was done with a case, oldest first; what was taken back too."""
    require(by, Permission.read_pages)
    checks.number(case_id)
    with desk.state.read() as session:
        rows = fraud_decisions.decisions_of(session, case_id)
        query = select(FraudMessage).where(
            FraudMessage.decision_id.in_([row.decision_id for row in rows])
        )
        told = {row.decision_id: row for row in session.scalars(query)}
    return tuple(
        Act(
            decision_id=row.decision_id,
            act=row.act,
            reason=reason_words(row),
            note=row.note,
            by=row.by,
            at=row.at,
            score=row.score,
            model_version=row.model_version,
            batch=row.batch,
            undone_at=row.undone_at,
            undone_by=row.undone_by,
            message=messages.state_of(told.get(row.decision_id)),
        )
        for row in rows
    )


def notes(desk: Desk, by: Identity, case_id: int) -> tuple[Note, ...]:
    """Notes of a case, oldest first."""
    require(by, Permission.read_pages)
    checks.number(case_id)
    with desk.state.read() as session:
        rows = fraud_cases.notes_of(session, case_id)
    return tuple(Note(by=row.by, at=row.at, text=row.text) for row in rows)


def add_note(
    desk: Desk, by: Identity, case_id: int, text: str, *, now: datetime | None = None
) -> Note:
    """Write a note; addresses, telephone numbers and long numbers in it are not kept.

    Raises
    ------
    AccessDenied, FraudError, DataError : nothing was kept.
    """
    require(by, Permission.decide_fraud)
    now = now or utc_now()
    checks.number(case_id)
    kept = checks.impersonal(checks.text(text, "The note", checks.LONGEST_NOTE, needed=True))
    assert kept is not None
    with desk.state.note(by.name, "case.noted", f"case:{case_id}", at=now) as session:
        fraud_cases.get_case(session, case_id)
        row = fraud_cases.add_note(session, case_id, by=by.name, text=kept, now=now)
    return Note(by=row.by, at=row.at, text=row.text)


def saved_views(desk: Desk, by: Identity) -> tuple[SavedView, ...]:
    """One's own views, by name; one that can no longer be read is left out."""
    require(by, Permission.read_pages)
    with desk.state.read() as session:
        rows = fraud_cases.saved_views(session, by.name)
    found = []
    for row in rows:
        try:
            filters = checks.filters(row.filters.get("filters"))
            order = checks.sort(row.filters.get("order"))
        except FraudError:
            continue
        found.append(SavedView(view_id=row.view_id, name=row.name, filters=filters, order=order))
    return tuple(found)


def save_view(
    desk: Desk,
    by: Identity,
    name: str,
    filters: Filters | Mapping[str, Any],
    order: str = "expected_loss",
    *,
    now: datetime | None = None,
) -> SavedView:
    """Keep filters under a name; the same name replaces.

    Raises
    ------
    AccessDenied, FraudError : nothing was kept.
    """
    require(by, Permission.read_pages)
    called = checks.text(name, "The name", checks.LONGEST_NAME, needed=True)
    assert called is not None
    found, order = checks.filters(filters), checks.sort(order)
    with desk.state.write() as session:
        mine = fraud_cases.saved_views(session, by.name)
        if len(mine) >= MOST_VIEWS and all(row.name != called for row in mine):
            raise FraudError(
                f"There are {MOST_VIEWS} saved views already.", remedy="Remove one first."
            )
        row = fraud_cases.save_view(
            session,
            owner=by.name,
            name=called,
            filters={"filters": found.to_json(), "order": order},
            now=now or utc_now(),
        )
    return SavedView(view_id=row.view_id, name=called, filters=found, order=order)


def drop_view(desk: Desk, by: Identity, view_id: int) -> None:
    """Remove one of one's own views."""
    require(by, Permission.read_pages)
    checks.number(view_id, "view")
    with desk.state.write() as session:
        fraud_cases.drop_view(session, view_id, owner=by.name)
