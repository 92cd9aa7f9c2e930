"""Alerts about models: raised and ended by what finds them, acknowledged and put off by admins.

An alert is one row from the moment it is first found true until it is not any more; the same key
found again only brings it up to date. Whoever is told (Home, webhook, mail) is told once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from app.access import Identity, Permission, require
from data_access.errors import DataError
from data_access.state import alerts as store
from data_access.state.alerts import Urgency
from data_access.state.engine import utc_now
from data_access.state.model_tables import Alert

if TYPE_CHECKING:
    from app.context import Desk

SNOOZES = {"4 hours": 4, "1 day": 24, "3 days": 72, "1 week": 168}
"""How long an alert can be put off, in hours."""

LONGEST_SNOOZE = 31 * 24  # hours


class AlertRefused(DataError):  # noqa: N818 - reads as what happened
    """An alert cannot be treated so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """One alert; instants are naive UTC."""

    alert_id: int
    capability: str
    kind: str
    urgency: Urgency
    title: str
    text: str
    raised_at: datetime
    seen_at: datetime
    ended_at: datetime | None
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    snoozed_until: datetime | None
    mailed_at: datetime | None
    sent_at: datetime | None
    version: int

    def waits(self, now: datetime) -> bool:
        """It stands, nobody has acknowledged it, and it is not put off."""
        asleep = self.snoozed_until is not None and self.snoozed_until > now
        return self.ended_at is None and self.acknowledged_at is None and not asleep


def raise_alert(
    desk: Desk,
    *,
    capability: str,
    kind: str,
    key: str,
    urgency: Urgency,
    title: str,
    text: str,
    now: datetime | None = None,
) -> AlertView:
    """Tell of something that somebody should look at; found again, the same alert goes on.

    Parameters
    ----------
    kind : drift | quality | data | latency | errors | files | jobs | promotion | rollback …
    key : what stands, ``"fraud/drift"``; pass the same to `end_alert` when it is over. Events
        (`data_access.state.alerts.EVENTS`) end when they are acknowledged, or after a week.
    urgency : "bad" it harms now, "watch" somebody should decide, "info" good to know.
    text : what was found, what it means, what to do.

    In a transaction of one's own use `data_access.state.alerts.raise_alert` with its session.
    """
    with desk.state.write() as session:
        row, _ = store.raise_alert(
            session,
            capability=capability,
            kind=kind,
            key=key,
            urgency=urgency,
            title=title,
            text=text,
            now=now or utc_now(),
        )
        return view_of(row)


def end_alert(desk: Desk, key: str, *, now: datetime | None = None) -> bool:
    """Tell that something is over; False where nothing stood under this key."""
    with desk.state.write() as session:
        return store.end_alert(session, key, now=now or utc_now()) is not None


def open_alerts(desk: Desk, capability: str | None = None) -> list[AlertView]:
    """What stands, acknowledged or not: the most urgent first, the newest first among equals."""
    with desk.state.read() as session:
        rows = [view_of(row) for row in store.open_alerts(session, capability)]
    return sorted(rows, key=lambda one: -store.WORSE[one.urgency])


def ended_alerts(
    desk: Desk, capability: str | None = None, *, limit: int = 50, offset: int = 0
) -> list[AlertView]:
    """What is over, the newest first."""
    with desk.state.read() as session:
        rows = store.ended_alerts(session, capability, limit=limit, offset=offset)
        return [view_of(row) for row in rows]


def acknowledge(desk: Desk, identity: Identity, alert_id: int, *, version: int) -> AlertView:
    """Somebody has seen it: it leaves Home and is told no more; an event ends with it.

    Raises
    ------
    AccessDenied : the role may not. AlertRefused : it is over, or acknowledged already.
    StaleWriteError : it changed since the person saw it.
    """
    require(identity, Permission.manage_models)
    now = utc_now()
    with desk.state.decide(identity.name, "alert.acknowledged", f"alert:{alert_id}") as session:
        row = _standing(store.get_alert(session, alert_id, version=version))
        if row.acknowledged_at is not None:
            raise AlertRefused(
                f"{row.acknowledged_by} has acknowledged it already.", remedy="Nothing to do."
            )
        session.before = _state(row)
        row.acknowledged_by, row.acknowledged_at, row.snoozed_until = identity.name, now, None
        if row.kind in store.EVENTS:
            row.ended_at, row.open_key = now, None
        session.after = _state(row)
        session.flush()
        return view_of(row)


def snooze(
    desk: Desk, identity: Identity, alert_id: int, *, hours: float, version: int
) -> AlertView:
    """Put it off: it leaves Home until then, and is told again where it still stands.

    Raises
    ------
    AccessDenied, StaleWriteError : as `acknowledge`. AlertRefused : over, or not for so long.
    """
    require(identity, Permission.manage_models)
    if not 0 < hours <= LONGEST_SNOOZE:
        raise AlertRefused(
            f"An alert cannot be put off for {hours:g} hours.",
            remedy="Choose more than none and at most 31 days.",
        )
    now = utc_now()
    with desk.state.decide(identity.name, "alert.snoozed", f"alert:{alert_id}") as session:
        row = _standing(store.get_alert(session, alert_id, version=version))
        session.before = _state(row)
        row.snoozed_until = now + timedelta(hours=hours)
        row.acknowledged_by = row.acknowledged_at = None
        session.after = _state(row)
        session.flush()
        return view_of(row)


def take_back(desk: Desk, identity: Identity, alert_id: int, *, version: int) -> AlertView:
    """Undo an acknowledgement or a putting off: it waits on Home again, without a second mail.

    Raises
    ------
    AccessDenied, StaleWriteError : as `acknowledge`. AlertRefused : it is over.
    """
    require(identity, Permission.manage_models)
    with desk.state.decide(identity.name, "alert.reopened", f"alert:{alert_id}") as session:
        row = store.get_alert(session, alert_id, version=version)
        session.before = _state(row)
        if row.kind not in store.EVENTS:
            _standing(row)
        elif row.ended_at is not None:
            row.ended_at, row.open_key = None, f"{row.capability}/{row.kind}/{alert_id}"
        row.acknowledged_by = row.acknowledged_at = row.snoozed_until = None
        session.after = _state(row)
        session.flush()
        return view_of(row)


def view_of(row: Alert) -> AlertView:
    urgency: Urgency = "bad" if row.urgency == "bad" else "watch"
    return AlertView(
        alert_id=row.alert_id,
        capability=row.capability,
        kind=row.kind,
        urgency="info" if row.urgency == "info" else urgency,
        title=row.title,
        text=row.text,
        raised_at=row.raised_at,
        seen_at=row.seen_at,
        ended_at=row.ended_at,
        acknowledged_by=row.acknowledged_by,
        acknowledged_at=row.acknowledged_at,
        snoozed_until=row.snoozed_until,
        mailed_at=row.mailed_at,
        sent_at=row.sent_at,
        version=row.version,
    )


def _standing(row: Alert) -> Alert:
    if row.open_key is None:
        raise AlertRefused("This alert is over by now.", remedy="Reload the page.")
    return row


def _state(row: Alert) -> dict[str, str | None]:
    until = row.snoozed_until
    return {
        "title": row.title,
        "acknowledged_by": row.acknowledged_by,
        "snoozed_until": until.isoformat(timespec="minutes") if until else None,
    }
