"""Cases of fraud review: opening them, claiming them, their notes, and who looks at them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, or_, select, true, update
from sqlalchemy.orm import Session

from data_access.errors import DataError
from data_access.state.fraud_tables import FraudCase, FraudNote, FraudSavedView, FraudViewer
from data_access.state.inserts import insert_new

IN_ONE = 500
"""Keys of one question: below the number of bound values that SQLite takes."""


def get_case(session: Session, case_id: int) -> FraudCase:
    """The case.

    Raises
    ------
    DataError : there is none of this number.
    """
    row = session.get(FraudCase, case_id)
    if row is None:
        raise DataError(f"There is no case {case_id}.", remedy="Go back to the queue.")
    return row


def case_of_order(session: Session, order_id: str) -> FraudCase | None:
    """The one case that an order has, if it has one."""
    return session.scalar(select(FraudCase).where(FraudCase.order_id == order_id))


def cases_of_orders(session: Session, order_ids: Sequence[str]) -> dict[str, FraudCase]:
    """Cases of some orders by order; orders without one are left out."""
    found: dict[str, FraudCase] = {}
    for start in range(0, len(order_ids), IN_ONE):
        part = list(order_ids[start : start + IN_ONE])
        rows = session.scalars(select(FraudCase).where(FraudCase.order_id.in_(part)))
        found |= {row.order_id: row for row in rows}
    return found


def get_cases(session: Session, case_ids: Sequence[int]) -> dict[int, FraudCase]:
    """Some cases by number; numbers that do not exist are left out."""
    found: dict[int, FraudCase] = {}
    for start in range(0, len(case_ids), IN_ONE):
        part = list(case_ids[start : start + IN_ONE])
        rows = session.scalars(select(FraudCase).where(FraudCase.case_id.in_(part)))
        found |= {row.case_id: row for row in rows}
    return found


def open_case(session: Session, **columns: Any) -> FraudCase:
    """A new case; an order has one for ever, so a second one is refused by the database."""
    row = FraudCase(**columns)
    session.add(row)
    session.flush()
    return row


def claim(
    session: Session,
    case_id: int,
    *,
    by: str,
    now: datetime,
    lapsed: datetime,
    version: int | None = None,
) -> bool:
    """Take a case that nobody holds, or hold on to one's own; False where somebody else has it.

    The version stays: to claim is no decision, and whoever looks on loses nothing by it.

    Parameters
    ----------
    lapsed : claims older than this hold no longer.
    version : only if the case is still as it was read; None: as it stands.
    """
    done: Any = session.execute(
        update(FraudCase)
        .where(
            FraudCase.case_id == case_id,
            FraudCase.state != "closed",
            true() if version is None else FraudCase.version == version,
            or_(
                FraudCase.claimed_by.is_(None),
                FraudCase.claimed_by == by,
                FraudCase.claimed_at < lapsed,
            ),
        )
        .values(claimed_by=by, claimed_at=now)
        .execution_options(synchronize_session=False)
    )
    return bool(done.rowcount)


def take_over(session: Session, case_id: int, *, by: str, now: datetime) -> None:
    """Take a case from whoever holds it."""
    session.execute(
        update(FraudCase)
        .where(FraudCase.case_id == case_id)
        .values(claimed_by=by, claimed_at=now)
        .execution_options(synchronize_session=False)
    )


def release_claim(session: Session, case_id: int, *, by: str) -> None:
    """Give a case back that one holds and has not decided."""
    session.execute(
        update(FraudCase)
        .where(FraudCase.case_id == case_id, FraudCase.claimed_by == by)
        .values(claimed_by=None, claimed_at=None)
        .execution_options(synchronize_session=False)
    )


def rescore(session: Session, case_id: int, **columns: Any) -> None:
    """Write a newer score onto a case; the version stays, so that nobody's decision is refused
    because the worker came between.
    """
    session.execute(
        update(FraudCase)
        .where(FraudCase.case_id == case_id)
        .values(**columns)
        .execution_options(synchronize_session=False)
    )


# ── who looks ──


def see(session: Session, case_id: int, *, name: str, now: datetime) -> None:
    """Note that somebody has a case open now."""
    new = insert_new(session, FraudViewer, [{"case_id": case_id, "name": name, "seen_at": now}])
    if not new:
        session.execute(
            update(FraudViewer)
            .where(FraudViewer.case_id == case_id, FraudViewer.name == name)
            .values(seen_at=now)
            .execution_options(synchronize_session=False)
        )


def leave(session: Session, case_id: int, *, name: str) -> None:
    """Note that somebody went on."""
    session.execute(
        delete(FraudViewer).where(and_(FraudViewer.case_id == case_id, FraudViewer.name == name))
    )


def viewers(session: Session, case_id: int, *, since: datetime) -> list[FraudViewer]:
    """Who has had a case open since an instant, by name."""
    query = (
        select(FraudViewer)
        .where(FraudViewer.case_id == case_id, FraudViewer.seen_at >= since)
        .order_by(FraudViewer.name)
    )
    return list(session.scalars(query))


def on_duty(session: Session, *, since: datetime) -> set[str]:
    """Everybody who has looked at or claimed a case since an instant."""
    looked = session.scalars(
        select(FraudViewer.name).where(FraudViewer.seen_at >= since).distinct()
    )
    claimed = session.scalars(
        select(FraudCase.claimed_by)
        .where(FraudCase.state != "closed", FraudCase.claimed_at >= since)
        .distinct()
    )
    return {*looked, *(name for name in claimed if name is not None)}


def forget_viewers(session: Session, *, before: datetime) -> None:
    """Drop marks of people who went away long ago."""
    session.execute(delete(FraudViewer).where(FraudViewer.seen_at < before))


# ── notes ──


def add_note(session: Session, case_id: int, *, by: str, text: str, now: datetime) -> FraudNote:
    row = FraudNote(case_id=case_id, by=by, at=now, text=text)
    session.add(row)
    session.flush()
    return row


def notes_of(session: Session, case_id: int) -> list[FraudNote]:
    """Notes of a case, oldest first."""
    query = select(FraudNote).where(FraudNote.case_id == case_id).order_by(FraudNote.note_id)
    return list(session.scalars(query))


# ── saved views ──


def saved_views(session: Session, owner: str) -> list[FraudSavedView]:
    """Views of one's own, by name."""
    query = (
        select(FraudSavedView)
        .where(FraudSavedView.owner == owner)
        .order_by(FraudSavedView.name, FraudSavedView.view_id)
    )
    return list(session.scalars(query))


def save_view(
    session: Session, *, owner: str, name: str, filters: dict[str, Any], now: datetime
) -> FraudSavedView:
    """Keep a view; one of the same name is replaced."""
    row = session.scalar(
        select(FraudSavedView).where(FraudSavedView.owner == owner, FraudSavedView.name == name)
    )
    if row is None:
        row = FraudSavedView(owner=owner, name=name, filters=filters, at=now)
        session.add(row)
    else:
        row.filters, row.at = filters, now
    session.flush()
    return row


def drop_view(session: Session, view_id: int, *, owner: str) -> None:
    """Remove a view of one's own; that of somebody else stays."""
    session.execute(
        delete(FraudSavedView).where(
            FraudSavedView.view_id == view_id, FraudSavedView.owner == owner
        )
    )
