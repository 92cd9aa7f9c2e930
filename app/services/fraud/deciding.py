"""Decisions on cases: made, taken back, and what happens when two people make them.

Each is one transaction with its audit entry and the message to the shop. A decision names the
version of the case that the person saw; where another one came between, nothing is written and
what was typed is given back. The message goes out at once unless `fraud_hold_minutes` is set: a
shop that ships within minutes must hear of it now, and the few decisions that are taken back are
followed by a correction. With a hold of 15 minutes every undo comes in time, at the price of
shipping later.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from app.access import AccessDenied, Identity, Permission, require
from app.services.fraud import checks, messages
from app.services.fraud.views import (
    DONE,
    UNDO,
    CaseConflictError,
    Decided,
    FraudError,
    is_held,
    reason_words,
)
from data_access.state import fraud_cases, fraud_decisions, fraud_scores
from data_access.state.engine import StaleWriteError, utc_now
from data_access.state.fraud_tables import FraudCase, FraudDecision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.context import Desk

KEPT = (
    "state",
    "verdict",
    "closed_at",
    "snoozed_until",
    "asked",
    "answer",
    "answered_at",
    "escalated_by",
)
"""Columns of a case that a decision changes, and that its undoing puts back."""

CLOSING = ("approve", "decline")


def decide(
    desk: Desk,
    by: Identity,
    case_id: int,
    version: int,
    act: str,
    reason: str | None = None,
    note: str | None = None,
    *,
    until: datetime | None = None,
    question: str | None = None,
    now: datetime | None = None,
) -> Decided:
    """Approve, decline, escalate, ask the customer, or snooze.

    Parameters
    ----------
    version : of the case as the person saw it.
    reason : of the act's list (`views.REASONS`); None: none given.
    until : end of a snooze, naive UTC.
    question : to the customer.

    Raises
    ------
    AccessDenied, FraudError : nothing was changed.
    CaseConflictError : somebody else decided or holds the case; what was typed is on the error.
    """
    require(by, Permission.decide_fraud)
    now = now or utc_now()
    wanted = checked(act, reason, note, until=until, question=question, now=now)
    checks.number(case_id)
    with (
        typed_back(wanted),
        desk.state.decide(by.name, f"case.{DONE[act]}", f"case:{case_id}", at=now) as session,
    ):
        case = fraud_cases.get_case(session, case_id)
        refuse(session, case, by, version, wanted, now)
        outlet = messages.outlet(desk, session)
        row = apply(session, case, by, wanted, outlet, now=now)
        session.before = {"state": row.before["state"], "verdict": row.before["verdict"]}
        session.after = {
            "state": case.state,
            "verdict": case.verdict,
            "order": case.order_id,
            "decision": row.decision_id,
        }
        session.reason = reason_words(row)
    return Decided(
        decision_id=row.decision_id,
        case_id=case_id,
        order_id=case.order_id,
        act=act,
        text=f"Order {case.order_id} was {DONE[act]}.",
        at=now,
        undo_until=now + UNDO,
        entry_id=session.entry_id,
        version=case.version,
    )


def undo(desk: Desk, by: Identity, decision_id: int, *, now: datetime | None = None) -> Decided:
    """Take a decision back within 15 minutes; the case is again as it was, and held by whoever
    took it back.

    Raises
    ------
    AccessDenied, FraudError : it is too late, or there is no such decision.
    CaseConflictError : the case was decided anew, answered or scored anew since.
    """
    require(by, Permission.decide_fraud)
    now = now or utc_now()
    checks.number(decision_id, "decision")
    with (
        typed_back({}),
        desk.state.decide(by.name, "case.undone", f"decision:{decision_id}", at=now) as session,
    ):
        row = fraud_decisions.get_decision(session, decision_id)
        case = fraud_cases.get_case(session, row.case_id)
        session.object = f"case:{row.case_id}"
        session.before = {"state": case.state, "verdict": case.verdict}
        take_back(session, case, row, by, messages.outlet(desk, session), now=now)
        session.after = {
            "state": case.state,
            "verdict": case.verdict,
            "order": case.order_id,
            "decision": decision_id,
        }
    return Decided(
        decision_id=decision_id,
        case_id=row.case_id,
        order_id=row.order_id,
        act="undo",
        text=f"Order {row.order_id}: the decision was taken back.",
        at=now,
        undo_until=now,
        entry_id=session.entry_id,
        version=case.version,
    )


def answer(
    desk: Desk, by: Identity, case_id: int, text: str, *, now: datetime | None = None
) -> Decided:
    """The customer's answer, from the shop or typed by staff; the case is to do again.

    Raises
    ------
    AccessDenied, FraudError : the role may not, or no question is open.
    """
    if not by.may(Permission.decide_fraud):
        may_serve(by)
    now = now or utc_now()
    checks.number(case_id)
    said = checks.text(text, "The answer", checks.LONGEST_ANSWER, needed=True)
    with (
        typed_back({}),
        desk.state.decide(by.name, "case.answered", f"case:{case_id}", at=now) as session,
    ):
        case = fraud_cases.get_case(session, case_id)
        if case.state != "waiting":
            raise FraudError(
                f"No question to the customer is open on case {case_id}.",
                remedy="Ask first; a case that was decided takes no answer any more.",
            )
        row = _decision(session, case, by, {"act": "answer"}, now)
        case.answer, case.answered_at = checks.impersonal(said), now
        case.state = "escalated" if case.escalated_by else "open"
        session.flush()
        session.after = {"state": case.state, "order": case.order_id, "decision": row.decision_id}
    return Decided(
        decision_id=row.decision_id,
        case_id=case_id,
        order_id=case.order_id,
        act="answer",
        text=f"The answer on order {case.order_id} was kept.",
        at=now,
        undo_until=now,
        entry_id=session.entry_id,
        version=case.version,
    )


def may_serve(by: Identity) -> None:
    """Go on only for analysts and admins, whose keys the shop's server uses.

    Raises
    ------
    AccessDenied : another role.
    """
    if by.may(Permission.decide_fraud) or by.may(Permission.manage_settings):
        return
    raise AccessDenied(
        f"A {by.role.label} may not score orders or answer cases.",
        remedy="Use a key of a fraud analyst or an admin.",
    )


def checked(
    act: Any,
    reason: Any,
    note: Any,
    *,
    until: datetime | None,
    question: str | None,
    now: datetime,
) -> dict[str, Any]:
    """What was typed, in one piece, each part checked.

    Raises
    ------
    FraudError : a part cannot be used.
    """
    note = checks.text(note, "The note", checks.LONGEST_NOTE)
    act, reason = checks.act_and_reason(act, reason, note)
    wanted: dict[str, Any] = {"act": act, "reason": reason, "note": note}
    if act == "snooze":
        wanted["until"] = checks.snooze_until(until, now)
    if act == "ask":
        wanted["question"] = checks.text(question, "The question", checks.LONGEST_NOTE, needed=True)
    return wanted


def refuse(
    session: Session,
    case: FraudCase,
    by: Identity,
    version: Any,
    wanted: Mapping[str, Any],
    now: datetime,
) -> None:
    """Raise where this person may not decide this case now."""
    if case.version != version or case.state == "closed":
        raise _decided_meanwhile(session, case, wanted)
    if is_held(case, now) and case.claimed_by != by.name:
        assert case.claimed_at is not None
        raise CaseConflictError(
            f"{case.claimed_by} works on this case; nothing was saved.",
            remedy="Take the case over if that is wrong; what you typed is still there.",
            typed=dict(wanted),
            by=case.claimed_by,
            at=case.claimed_at,
        )
    if case.escalated_by == by.name:
        raise FraudError(
            "You escalated this case; a second person goes on with it.",
            remedy="Take the escalation back, or leave the case to a colleague.",
        )
    if wanted["act"] == "escalate" and case.escalated_by is not None:
        raise FraudError(
            f"{case.escalated_by} has escalated this case already; you are the second person.",
            remedy="Approve or decline it.",
        )


def apply(
    session: Session,
    case: FraudCase,
    by: Identity,
    wanted: Mapping[str, Any],
    outlet: messages.Outlet,
    *,
    now: datetime,
    batch: str | None = None,
) -> FraudDecision:
    """Write a decision that was checked, and the message that tells the shop of it."""
    row = _decision(session, case, by, wanted, now, batch)
    act = wanted["act"]
    if act in CLOSING:
        case.state, case.verdict, case.closed_at = "closed", act, now
    elif act == "escalate":
        case.state, case.escalated_by = "escalated", by.name
    elif act == "ask":
        case.state, case.asked = "waiting", checks.impersonal(wanted["question"])
        case.answer = case.answered_at = None
    else:
        case.state, case.snoozed_until = "snoozed", wanted["until"]
    case.claimed_by = case.claimed_at = None
    session.flush()
    fraud_cases.leave(session, case.case_id, name=by.name)
    messages.enqueue(session, outlet, row, case, now=now)
    return row


def take_back(
    session: Session,
    case: FraudCase,
    row: FraudDecision,
    by: Identity,
    outlet: messages.Outlet,
    *,
    now: datetime,
) -> None:
    """Put the case back to what it was before a decision.

    Raises
    ------
    FraudError : it is too late, or it is no act that can be taken back.
    CaseConflictError : something happened to the case since.
    """
    if row.undone_at is not None:
        raise FraudError(
            f"{row.undone_by} has taken this decision back already.", remedy="Reload the case."
        )
    if row.act in ("answer", "undo", "release"):
        raise FraudError("This cannot be taken back.", remedy="Decide the case anew.")
    if now > row.at + UNDO:
        raise FraudError(
            f"A decision can be taken back for {UNDO.seconds // 60} minutes; this one is older.",
            remedy="Score the order again: a case whose risk has risen opens anew.",
        )
    last = fraud_decisions.last_holding(session, case.case_id)
    if last is None or last.decision_id != row.decision_id or case.version != row.case_version + 1:
        raise _decided_meanwhile(session, case, {})
    for column in KEPT:
        setattr(case, column, _from_json(column, row.before.get(column)))
    case.claimed_by, case.claimed_at = by.name, now
    row.undone_at, row.undone_by = now, by.name
    session.flush()
    messages.take_back(session, outlet, row, case, by, now=now)


def _decision(
    session: Session,
    case: FraudCase,
    by: Identity,
    wanted: Mapping[str, Any],
    now: datetime,
    batch: str | None = None,
) -> FraudDecision:
    score = fraud_scores.newest_score(session, case.order_id)
    return fraud_decisions.add_decision(
        session,
        case_id=case.case_id,
        order_id=case.order_id,
        act=wanted["act"],
        case_version=case.version,
        score=case.score,
        model_version=score.model_version if score else 0,
        reason=wanted.get("reason"),
        note=checks.impersonal(wanted.get("note")),
        by=by.name,
        at=now,
        batch=batch,
        before={column: _to_json(getattr(case, column)) for column in KEPT},
    )


def _decided_meanwhile(
    session: Session, case: FraudCase, wanted: Mapping[str, Any]
) -> CaseConflictError:
    last = fraud_decisions.last_holding(session, case.case_id)
    if last is None:
        what = "This case was changed meanwhile"
    else:
        why = reason_words(last)
        what = f"{last.by} has {DONE[last.act]} this case" + (f" ({why.lower()})" if why else "")
    return CaseConflictError(
        f"{what}; nothing of yours was saved.",
        remedy="Look at the case as it stands now; what you typed is still there.",
        typed=dict(wanted),
        by=last.by if last else None,
        at=last.at if last else None,
    )


@contextmanager
def typed_back(wanted: Mapping[str, Any]) -> Iterator[None]:
    """A write that lost a race tells what was typed, as every other conflict does."""
    try:
        yield
    except CaseConflictError:
        raise
    except StaleWriteError as error:
        raise CaseConflictError(str(error), remedy=error.remedy, typed=dict(wanted)) from error


def _to_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _from_json(column: str, value: Any) -> Any:
    if value is not None and column.endswith(("_at", "_until")):
        return datetime.fromisoformat(value)
    return value
