"""Alerts: one row from rise to end, told once, acknowledged or put off by a person."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from data_access.errors import DataError
from data_access.state.engine import stale
from data_access.state.inserts import insert_new
from data_access.state.model_tables import Alert

Urgency = Literal["bad", "watch", "info"]
WORSE: dict[str, int] = {"info": 0, "watch": 1, "bad": 2}

LONGEST_TITLE = 200
LONGEST_TEXT = 4000

CALM = timedelta(hours=6)
"""What ended less long ago than this and rises again is the same alert: told no second time."""

EVENTS = ("promotion", "rollback", "experiment")
"""Kinds that tell what happened: they end when somebody has seen them, or by age."""

EVENT_DAYS = 7


def raise_alert(
    session: Session,
    *,
    capability: str,
    kind: str,
    key: str,
    urgency: Urgency,
    title: str,
    text: str,
    now: datetime,
) -> tuple[Alert, bool]:
    """The alert of this key, and whether it is new; one that stands already is brought up to date.

    One that became more urgent is told again, even where somebody had acknowledged or put it off.

    Parameters
    ----------
    key : what stands, at most 200 characters, e.g. ``"fraud/drift"``; two processes that find the
        same thing at the same moment leave one row.
    now : naive UTC.
    """
    title, text = title[:LONGEST_TITLE], text[:LONGEST_TEXT]
    row = _standing(session, key) or _ended_just_now(session, capability, kind, key, title, now)
    new = False
    if row is None:
        values = {
            "capability": capability,
            "kind": kind,
            "open_key": key,
            "urgency": urgency,
            "title": title,
            "text": text,
            "raised_at": now,
            "seen_at": now,
            "version": 1,
        }
        new = insert_new(session, Alert, [values]) == 1
        row = _standing(session, key)
        if row is None:  # another process ended it within this instant
            raise stale()
    if not new:
        if WORSE[urgency] > WORSE[row.urgency]:
            row.mailed_at = row.sent_at = row.snoozed_until = None
            row.acknowledged_at = row.acknowledged_by = None
        row.urgency, row.title, row.text, row.seen_at = urgency, title, text, now
        session.flush()
    return row, new


def end_alert(session: Session, key: str, *, now: datetime) -> Alert | None:
    """What is no longer so; None where nothing stood under this key."""
    row = _standing(session, key)
    if row is None:
        return None
    row.ended_at, row.open_key = now, None
    session.flush()
    return row


def end_events(session: Session, *, now: datetime) -> int:
    """End what told of an event that is a week old; returns how many ended."""
    before = now - timedelta(days=EVENT_DAYS)
    rows = session.scalars(
        select(Alert).where(
            Alert.open_key.is_not(None), Alert.kind.in_(EVENTS), Alert.raised_at < before
        )
    ).all()
    for row in rows:
        row.ended_at, row.open_key = now, None
    session.flush()
    return len(rows)


def get_alert(session: Session, alert_id: int, *, version: int | None = None) -> Alert:
    """One alert, as the person saw it.

    Raises
    ------
    DataError : there is none of that number. StaleWriteError : it changed meanwhile.
    """
    row = session.get(Alert, alert_id)
    if row is None:
        raise DataError(f"There is no alert number {alert_id}.", remedy="Reload the page.")
    if version is not None and row.version != version:
        raise stale()
    return row


def open_alerts(
    session: Session, capability: str | None = None, *, limit: int = 200
) -> list[Alert]:
    """Those that stand, the newest first; of one capability or of all."""
    query = select(Alert).where(Alert.open_key.is_not(None))
    if capability is not None:
        query = query.where(Alert.capability == capability)
    return list(session.scalars(query.order_by(Alert.alert_id.desc()).limit(limit)))


def ended_alerts(
    session: Session, capability: str | None = None, *, limit: int = 50, offset: int = 0
) -> list[Alert]:
    """Those that are over, the newest first."""
    query = select(Alert).where(Alert.open_key.is_(None))
    if capability is not None:
        query = query.where(Alert.capability == capability)
    query = query.order_by(Alert.alert_id.desc()).limit(limit).offset(offset)
    return list(session.scalars(query))


def count_raised(session: Session, capability: str, *, since: datetime) -> dict[str, int]:
    """How many rose since an instant, by kind."""
    query = (
        select(Alert.kind, func.count())
        .where(Alert.capability == capability, Alert.raised_at >= since)
        .group_by(Alert.kind)
    )
    return {str(row[0]): int(row[1]) for row in session.execute(query)}


def untold(
    session: Session, *, by: Literal["mail", "webhook"], now: datetime, limit: int = 50
) -> list[Alert]:
    """Alerts that a mail or the webhook has not told yet, the longest standing first.

    One that was put off is told again when that time is over and it still stands.
    """
    told = Alert.mailed_at if by == "mail" else Alert.sent_at
    query = (
        select(Alert)
        .where(Alert.open_key.is_not(None), Alert.acknowledged_at.is_(None), _due(told, now))
        .order_by(Alert.alert_id)
        .limit(limit)
    )
    return list(session.scalars(query))


def note_told(
    session: Session, alert_ids: Collection[int], *, by: Literal["mail", "webhook"], now: datetime
) -> None:
    """Keep that they were told."""
    for row in session.scalars(select(Alert).where(Alert.alert_id.in_(alert_ids))):
        if by == "mail":
            row.mailed_at = now
        else:
            row.sent_at = now
    session.flush()


def _due(told: InstrumentedAttribute[datetime | None], now: datetime) -> ColumnElement[bool]:
    awake = or_(Alert.snoozed_until.is_(None), Alert.snoozed_until <= now)
    return and_(awake, or_(told.is_(None), told < Alert.snoozed_until))


def _standing(session: Session, key: str) -> Alert | None:
    return session.scalar(select(Alert).where(Alert.open_key == key))


def _ended_just_now(
    session: Session, capability: str, kind: str, key: str, title: str, now: datetime
) -> Alert | None:
    """The same alert where it ended a short while ago: it stands again."""
    if kind in EVENTS:
        return None
    row = session.scalar(
        select(Alert)
        .where(
            Alert.capability == capability,
            Alert.kind == kind,
            Alert.title == title,
            Alert.open_key.is_(None),
            Alert.ended_at >= now - CALM,
        )
        .order_by(Alert.alert_id.desc())
        .limit(1)
    )
    if row is not None:
        row.open_key, row.ended_at = key, None
    return row
