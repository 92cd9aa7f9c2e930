"""Cases, the queue and decisions as pages and programs see them. Money is in the currency."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from data_access.errors import DataError
from data_access.state.engine import StaleWriteError
from data_access.state.fraud_tables import FraudCase, FraudDecision

MONEY = 10_000
"""Of the app database: integers of ten-thousandths of the currency."""

CLAIM = timedelta(minutes=60)
"""How long a case stays with whoever opened it."""

UNDO = timedelta(minutes=15)
"""Within which a decision can be taken back."""

SORTS = {
    "expected_loss": "Expected loss",
    "due": "Time left",
    "amount": "Amount",
    "score": "Score",
    "newest": "Newest",
}
STATES = {
    "todo": "To do",
    "open": "Open",
    "waiting": "Waiting for the customer",
    "snoozed": "Snoozed",
    "escalated": "Escalated",
    "closed": "Closed",
    "all": "All",
}
RISKS = {"low": "Low", "review": "Review", "block": "Block"}
WHYS = {"score": "By its score", "audit": "Drawn for an audit", "asked": "Asked for by hand"}
ACTS = {
    "approve": "Approve",
    "decline": "Decline",
    "escalate": "Escalate",
    "ask": "Ask the customer",
    "snooze": "Snooze",
    "answer": "Answer of the customer",
    "release": "Let through by chance",
    "undo": "Taken back",
}
DONE = {
    "approve": "approved",
    "decline": "declined",
    "escalate": "escalated",
    "ask": "put to the customer",
    "snooze": "snoozed",
    "answer": "answered",
    "release": "let through",
    "undo": "taken back",
}
REASONS: dict[str, dict[str, str]] = {
    "approve": {
        "known_customer": "The customer is known",
        "checks_fine": "The payment's checks are fine",
        "confirmed": "The customer confirmed it",
        "explained": "What looked odd has an explanation",
        "small_loss": "Not worth holding up",
        "other": "Other, see the note",
    },
    "decline": {
        "stolen_card": "Stolen card",
        "account_takeover": "Taken-over account",
        "card_testing": "Card testing",
        "reshipping_ring": "Reshipping ring",
        "coupon_abuse": "Coupon abuse",
        "marketplace_resale": "Bought for resale",
        "false_claim": "False claims before",
        "no_answer": "The customer did not answer",
        "other": "Other, see the note",
    },
    "escalate": {
        "second_opinion": "A second opinion is needed",
        "large_amount": "Large amount",
        "policy": "The rules do not say",
        "other": "Other, see the note",
    },
    "ask": {},
    "snooze": {},
}
"""By act; a reason is optional, but one given must be of the list."""

KINDS = {
    "card_testing": "Card testing",
    "stolen_card": "Stolen card",
    "account_takeover": "Account takeover",
    "reshipping_ring": "Reshipping ring",
    "coupon_abuse": "Coupon abuse",
    "marketplace_resale": "Bought for resale",
    "false_claim": "False claim",
}


class FraudError(DataError):
    """Something about a case that cannot be done; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which cases of the queue; None means any.

    state : a key of `STATES`.
    search : part of the order's number.
    mine : only those that one has claimed.
    """

    state: str = "todo"
    risk: str | None = None
    kind: str | None = None
    country: str | None = None
    method: str | None = None
    why: str | None = None
    search: str = ""
    mine: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One case as lists show it and its page begins with."""

    case_id: int
    order_id: str
    state: str  # open | waiting | snoozed | escalated | closed; open again once a snooze is over
    why: str
    score: float  # probability of fraud
    risk: str
    kind: str | None
    reason: str  # the strongest factor in words
    amount: float
    expected_loss: float
    country: str | None  # shipped to
    method: str | None
    placed_at: datetime  # naive UTC, as all that follow
    opened_at: datetime
    due_at: datetime
    hours_left: float  # until it would be shipped; negative: it is late
    claimed_by: str | None  # None where nobody holds it, or where one works alone
    mine: bool  # claimed by whoever looks
    snoozed_until: datetime | None
    asked: str | None
    answer: str | None
    answered_at: datetime | None
    escalated_by: str | None
    verdict: str | None
    closed_at: datetime | None
    version: int  # hand it back with a decision


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """A page of the queue, and the whole of it in numbers."""

    rows: tuple[CaseRow, ...]
    total: int  # that the filters leave
    counts: dict[str, int]  # by state, of the whole queue; "todo" among them
    overdue: int  # to do, though the order would have been shipped by now
    due_soon: int  # to do within the next four hours
    next_due: datetime | None
    expected_loss: float  # of all that is to do
    decided_today: int  # verdicts since midnight of the shop, of everybody
    decided_by_me: int
    capacity: int  # orders a day
    team: tuple[str, ...]  # who is on duty; claims are shown only where that is several people
    choices: dict[str, tuple[str, ...]]  # values for filters, by column


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedCase:
    """A case that somebody has just opened."""

    row: CaseRow
    held: bool  # whoever opened it may decide
    claimed_by: str | None  # somebody else, who holds it
    claimed_until: datetime | None
    viewing: tuple[str, ...]  # others who have it open now


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note on a case."""

    by: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act on a case, as its history tells it."""

    decision_id: int
    act: str
    reason: str | None  # in words
    note: str | None
    by: str
    at: datetime
    score: float
    model_version: int
    batch: str | None
    undone_at: datetime | None
    undone_by: str | None
    message: str | None  # waiting | sent | failed | held back; None: the shop is not told

    @property
    def holds(self) -> bool:
        return self.undone_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision that was kept."""

    decision_id: int
    case_id: int
    order_id: str
    act: str
    text: str  # one sentence for staff
    at: datetime
    undo_until: datetime
    entry_id: int  # in the audit
    version: int  # that the case has now


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedMany:
    """Several cases decided at once."""

    batch: str
    act: str
    decided: tuple[int, ...]  # case ids
    skipped: tuple[tuple[int, str], ...]  # case id and why
    text: str
    undo_until: datetime
    entry_id: int


class CaseConflictError(StaleWriteError):
    """Somebody else came first; nothing was saved, and what was typed is given back.

    typed : act, reason and note of whoever came later.
    by, at : who came first and when; None where that is not known.
    """

    def __init__(
        self,
        message: str,
        *,
        remedy: str,
        typed: dict[str, Any],
        by: str | None = None,
        at: datetime | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.typed = typed
        self.by = by
        self.at = at


def row_of(
    case: FraudCase, *, me: str, now: datetime, team: bool = True, personal: bool = False
) -> CaseRow:
    """A case as lists show it.

    Parameters
    ----------
    team : whether claims are told at all.
    personal : whether the customer's own words are, which may name people.
    """
    held = is_held(case, now)
    return CaseRow(
        case_id=case.case_id,
        order_id=case.order_id,
        state=state_of(case, now),
        why=case.why,
        score=case.score,
        risk=case.risk,
        kind=case.kind,
        reason=case.reason,
        amount=case.amount / MONEY,
        expected_loss=case.expected_loss / MONEY,
        country=case.country,
        method=case.method,
        placed_at=case.placed_at,
        opened_at=case.opened_at,
        due_at=case.due_at,
        hours_left=(case.due_at - now).total_seconds() / 3600,
        claimed_by=case.claimed_by if held and (team or case.claimed_by != me) else None,
        mine=held and case.claimed_by == me,
        snoozed_until=case.snoozed_until,
        asked=case.asked,
        answer=case.answer if personal else None,
        answered_at=case.answered_at,
        escalated_by=case.escalated_by,
        verdict=case.verdict,
        closed_at=case.closed_at,
        version=case.version,
    )


def state_of(case: FraudCase, now: datetime) -> str:
    """The state as it is now: a snooze that is over is open again, or escalated as before."""
    if case.state == "snoozed" and case.snoozed_until is not None and case.snoozed_until <= now:
        return "escalated" if case.escalated_by else "open"
    return case.state


def is_held(case: FraudCase, now: datetime) -> bool:
    """Whether somebody's claim holds."""
    if case.claimed_by is None or case.claimed_at is None or case.state == "closed":
        return False
    return case.claimed_at > now - CLAIM


def reason_words(decision: FraudDecision) -> str | None:
    """The reason of a decision in words."""
    if decision.reason is None:
        return None
    return REASONS.get(decision.act, {}).get(decision.reason, decision.reason)
