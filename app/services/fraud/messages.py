"""Decisions on their way to the shop: one message a decision, signed, sent until it is taken.

A message is written in the transaction of its decision, so that neither exists without the other.
The worker takes it under its version before sending, so that two workers never send one message at
the same time. A worker that dies between sending and noting it leaves the message due again: the
shop then gets it a second time under the same `Idempotency-Key` and must act on a key once, which
is the only way that holds over a network. Messages of one order carry the case's version: a shop
ignores one that is older than what it has.

How they are signed: `app.services.webhooks`.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy.orm import Session

from app.services import webhooks
from app.services.fraud.views import MONEY, reason_words
from app.services.preferences import BY_KEY
from app.services.sealing import unseal
from app.services.webhooks import IDEMPOTENCY, SIGNATURE, NotTakenError, Post, signature
from data_access.errors import DataError
from data_access.state import fraud_decisions, fraud_messages, preferences
from data_access.state.engine import utc_now
from data_access.state.fraud_tables import FraudCase, FraudDecision, FraudMessage

if TYPE_CHECKING:
    from app.access import Identity
    from app.context import Desk

log = logging.getLogger("shopsight.fraud")

TOLD = {
    "approve": "decision.approved",
    "decline": "decision.declined",
    "ask": "customer.asked",
}
"""Acts that the shop must hear of; escalating and snoozing are the desk's own affair."""

LEASE = timedelta(seconds=60)
"""A message that somebody took and did not report on is due again after it: six times the
patience, so that it is surely no longer under way."""

FIRST_RETRY = timedelta(seconds=10)
LAST_RETRY = timedelta(hours=1)
AT_ONCE = 50
"""Messages of one round: a shop that is down costs the worker no more than its patience, since the
round ends with the first that is not taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """Where messages go."""

    url: str  # empty: nowhere, and none are written
    hold: timedelta  # between a decision and its message


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a round of sending came to."""

    delivered: int
    failed: int


def outlet(desk: Desk, session: Session) -> Outlet:
    """Where messages go, as it is set now."""
    kept = preferences.read_preferences(session)
    hold = kept.get("fraud_hold_minutes", BY_KEY["fraud_hold_minutes"].default)
    return Outlet(
        url=str(kept.get("fraud_webhook_url") or ""), hold=timedelta(minutes=float(hold or 0))
    )


def enqueue(
    session: Session, where: Outlet, decision: FraudDecision, case: FraudCase, *, now: datetime
) -> None:
    """Write the message of a decision, in its transaction; none where the shop need not know."""
    if not where.url or decision.act not in TOLD:
        return
    message_id = str(uuid4())
    payload = {
        "id": message_id,
        "type": TOLD[decision.act],
        "order_id": case.order_id,
        "case_id": case.case_id,
        "case_version": case.version,
        "decision_id": decision.decision_id,
        "decided_at": _instant(decision.at),
        "reason": decision.reason,
        "reason_text": reason_words(decision),
        "amount": case.amount / MONEY,
    }
    if decision.act == "ask":
        payload["question"] = case.asked
    fraud_messages.add_message(
        session,
        message_id=message_id,
        decision_id=decision.decision_id,
        payload=payload,
        created_at=now,
        # A question is asked at once: nothing is shipped or refused by it.
        due_at=now if decision.act == "ask" else now + where.hold,
    )


def take_back(
    session: Session,
    where: Outlet,
    decision: FraudDecision,
    case: FraudCase,
    by: Identity,
    *,
    now: datetime,
) -> None:
    """Hold the message of a decision back; where it may have gone out, a correction follows."""
    told = fraud_messages.message_of(session, decision.decision_id)
    if told is None or fraud_messages.cancel_message(session, told.message_id, now=now):
        return
    correction = fraud_decisions.add_decision(
        session,
        case_id=case.case_id,
        order_id=case.order_id,
        act="undo",
        case_version=case.version,
        score=case.score,
        model_version=decision.model_version,
        by=by.name,
        at=now,
        before={"decision": decision.decision_id},
    )
    message_id = str(uuid4())
    fraud_messages.add_message(
        session,
        message_id=message_id,
        decision_id=correction.decision_id,
        payload={
            "id": message_id,
            "type": "decision.undone",
            "order_id": case.order_id,
            "case_id": case.case_id,
            "case_version": case.version,
            "decision_id": correction.decision_id,
            "undoes": decision.decision_id,
            "decided_at": _instant(now),
        },
        created_at=now,
        # One that is under way at this moment arrives first.
        due_at=now if told.delivered_at is not None else max(now, min(told.due_at, now + LEASE)),
    )


def send_due(desk: Desk, *, now: datetime | None = None, post: Post | None = None) -> Sent:
    """Send what is due, one after the other; the round ends where the shop does not answer.

    Parameters
    ----------
    post : sends a body with headers to an address, and raises `NotTakenError`; the network's own
        by default.
    """
    now = now or utc_now()
    with desk.state.read() as session:
        due = fraud_messages.due_messages(session, now, limit=AT_ONCE)
        if not due:
            return Sent(delivered=0, failed=0)
        kept = preferences.read_preferences(session)
    url, sealed = str(kept.get("fraud_webhook_url") or ""), kept.get("fraud_webhook_secret")
    if not url:
        return Sent(delivered=0, failed=0)  # kept until an address is set again
    try:
        secret = unseal(desk, str(sealed)) if sealed else ""
    except DataError as error:
        log.warning("%s", error)
        return Sent(delivered=0, failed=0)
    delivered = 0
    for message in due:
        if not _send(desk, message, url, secret, post or _post, now):
            return Sent(delivered=delivered, failed=1)
        delivered += 1
    return Sent(delivered=delivered, failed=0)


def retry_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 10 s, 20 s, 40 s … at most an hour."""
    doubled: int = 2 ** min(max(attempts - 1, 0), 20)
    return min(FIRST_RETRY * doubled, LAST_RETRY)


def state_of(message: FraudMessage | None) -> str | None:
    """waiting | sent | failed | held back; None where the shop is not told."""
    if message is None:
        return None
    if message.delivered_at is not None:
        return "sent"
    if message.cancelled_at is not None:
        return "held back"
    return "failed" if message.last_error else "waiting"


def _send(
    desk: Desk, message: FraudMessage, url: str, secret: str, post: Post, now: datetime
) -> bool:
    """Send one; False where the shop did not take it."""
    with desk.state.write() as session:
        if not fraud_messages.take_message(
            session, message.message_id, version=message.version, until=now + LEASE
        ):
            return True  # another worker has it, or it was taken back
    body = json.dumps(message.payload, sort_keys=True, ensure_ascii=False).encode()
    at = int(now.replace(tzinfo=UTC).timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Shopsight",
        IDEMPOTENCY: message.message_id,
    }
    if secret:
        headers[SIGNATURE] = signature(secret, body, at)
    try:
        post(url, body, headers)
    except NotTakenError as error:
        due_at = now + retry_after(message.attempts + 1)
        with desk.state.write() as session:
            fraud_messages.note_failed(session, message.message_id, error=str(error), due_at=due_at)
        log.warning("the shop did not take the decision on %s: %s", message.message_id, error)
        return False
    with desk.state.write() as session:
        fraud_messages.note_delivered(session, message.message_id, now=now)
    return True


def _post(url: str, body: bytes, headers: dict[str, str]) -> None:
    webhooks.post(url, body, headers, to="The shop")


def _instant(value: datetime) -> str:
    return value.isoformat(timespec="milliseconds") + "Z"


def waiting(desk: Desk) -> tuple[int, int]:
    """Messages that wait, and how many of them have failed before."""
    with desk.state.read() as session:
        return fraud_messages.waiting(session, utc_now())
