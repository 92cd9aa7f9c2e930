"""Fraud review: what was scored, which cases wait, who decided what, and the orders seen lately.

Money is an integer of ten-thousandths of the currency. Nothing here names a person of the shop's
customers: orders by their number, everything that links them as the snapshot's keyed hashes.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from data_access.state.base import Base, Json


class FraudScore(Base):
    """What one version said about one order at one moment; never changed."""

    __tablename__ = "fraud_scores"
    score_id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(String(64))
    model_version: Mapped[int]  # 0: the rules
    shadow: Mapped[bool] = mapped_column(
        default=False
    )  # scored beside the champion, decides nothing
    cause: Mapped[str] = mapped_column(String(16))  # new | again | asked
    made_at: Mapped[datetime]
    score: Mapped[float]  # calibrated probability of fraud
    risk: Mapped[str] = mapped_column(String(16))  # low | review | block
    kind: Mapped[str | None] = mapped_column(String(32))  # most likely kind of fraud, where known
    expected_loss: Mapped[int] = mapped_column(BigInteger)  # score × amount
    features: Mapped[Json]  # as used, by name
    factors: Mapped[Json]  # {"base": …, "factors": [{feature, value, usual, contribution, …}]}
    confidence: Mapped[float | None]  # 0 (a coin toss) to 1; null: scored before it was kept
    unsure: Mapped[bool] = mapped_column(default=False)  # too little to act on: opened no case
    __table_args__ = (
        Index("ix_fraud_scores_order_id", "order_id", "made_at"),
        Index("ix_fraud_scores_made_at", "made_at"),
        Index("ix_fraud_scores_unsure", "unsure", "made_at"),
    )


class FraudCase(Base):
    """An order that a person should look at; one row an order for ever."""

    __tablename__ = "fraud_cases"
    case_id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(String(64), unique=True)
    # open | waiting (for the customer) | snoozed | escalated | closed
    state: Mapped[str] = mapped_column(String(16))
    why: Mapped[str] = mapped_column(String(16))  # score | audit | asked: how it came to be a case
    score: Mapped[float]  # of the newest score that counts
    risk: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str | None] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(String(300))  # the strongest factor in words
    amount: Mapped[int] = mapped_column(BigInteger)
    expected_loss: Mapped[int] = mapped_column(BigInteger)
    country: Mapped[str | None] = mapped_column(String(2))  # shipped to
    method: Mapped[str | None] = mapped_column(String(32))  # of the payment
    placed_at: Mapped[datetime]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]  # when the order would be shipped
    claimed_by: Mapped[str | None] = mapped_column(String(120))
    claimed_at: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None]
    asked: Mapped[str | None] = mapped_column(Text)  # what the customer was asked
    answer: Mapped[str | None] = mapped_column(Text)  # and answered
    answered_at: Mapped[datetime | None]
    escalated_by: Mapped[str | None] = mapped_column(String(120))
    verdict: Mapped[str | None] = mapped_column(String(16))  # approve | decline, once closed
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        Index("ix_fraud_cases_state", "state", "expected_loss"),
        Index("ix_fraud_cases_due_at", "due_at"),
    )


class FraudDecision(Base):
    """One act on one case; taken back while `undone_at` is set."""

    __tablename__ = "fraud_decisions"
    decision_id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("fraud_cases.case_id"), index=True)
    order_id: Mapped[str] = mapped_column(String(64))
    # approve | decline | escalate | ask | snooze | answer | release
    act: Mapped[str] = mapped_column(String(16))
    case_version: Mapped[int]  # of the case that the person saw
    score: Mapped[float]
    model_version: Mapped[int]
    reason: Mapped[str | None] = mapped_column(String(64))
    note: Mapped[str | None] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    batch: Mapped[str | None] = mapped_column(String(40))  # of several decided at once
    before: Mapped[Json]  # the case's own columns, to undo it
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(String(120))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        Index("ix_fraud_decisions_order_id", "order_id"),
        Index("ix_fraud_decisions_at", "at"),
    )


class FraudNote(Base):
    __tablename__ = "fraud_notes"
    note_id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("fraud_cases.case_id"), index=True)
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)


class FraudViewer(Base):
    """Who has a case open now, for "also viewing"."""

    __tablename__ = "fraud_viewers"
    case_id: Mapped[int] = mapped_column(ForeignKey("fraud_cases.case_id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    seen_at: Mapped[datetime]


class FraudSavedView(Base):
    """A filter of the queue under a name of one's own."""

    __tablename__ = "fraud_saved_views"
    view_id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(120), index=True)
    name: Mapped[str] = mapped_column(String(60))
    filters: Mapped[Json]
    at: Mapped[datetime]


class FraudRelease(Base):
    """An order that chance let through, or sent to review, so that the truth becomes known."""

    __tablename__ = "fraud_releases"
    order_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))  # release (doubtful) | audit (approved)
    share: Mapped[float]  # chance with which it was drawn; its inverse is its weight
    at: Mapped[datetime]


class FraudMessage(Base):
    """A decision on its way to the shop; sent until the shop takes it, one message a decision."""

    __tablename__ = "fraud_messages"
    message_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("fraud_decisions.decision_id"), unique=True)
    payload: Mapped[Json]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)  # not before
    attempts: Mapped[int] = mapped_column(default=0)
    delivered_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]  # the decision was undone before it went out
    last_error: Mapped[str | None] = mapped_column(String(300))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class FraudEvent(Base):
    """An order of the last 31 days as the features see it, under the snapshot's keyed hashes."""

    __tablename__ = "fraud_events"
    order_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    placed_at: Mapped[datetime] = mapped_column(index=True)
    customer: Mapped[str | None] = mapped_column(String(64))
    device: Mapped[str | None] = mapped_column(String(32))
    card: Mapped[str | None] = mapped_column(String(32))
    address: Mapped[str | None] = mapped_column(String(32))
    ip: Mapped[str | None] = mapped_column(String(32))
    coupon: Mapped[str | None] = mapped_column(String(64))
    row: Mapped[Json]  # the whole row of the orders frame
    __table_args__ = (
        Index("ix_fraud_events_customer", "customer"),
        Index("ix_fraud_events_device", "device"),
        Index("ix_fraud_events_card", "card"),
        Index("ix_fraud_events_address", "address"),
        Index("ix_fraud_events_ip", "ip"),
        Index("ix_fraud_events_coupon", "coupon"),
    )


class FraudProfile(Base):
    """Orders older than 31 days, summed by customer, device, card, address, IP or category."""

    __tablename__ = "fraud_profiles"
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    orders: Mapped[int]
    amount: Mapped[int] = mapped_column(BigInteger)  # sum
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


class FraudAsked(Base):
    """A whole order that a program asked a score for, until the shop has it or it is forgotten.

    Apart from `fraud_events`: it may never become an order, so it is summed nowhere, no job scores
    it and no case is opened for it; the orders that come after it know it all the same.
    """

    __tablename__ = "fraud_asked"
    order_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(index=True)
    placed_at: Mapped[datetime]
    customer: Mapped[str | None] = mapped_column(String(64), index=True)
    device: Mapped[str | None] = mapped_column(String(32), index=True)
    card: Mapped[str | None] = mapped_column(String(32), index=True)
    address: Mapped[str | None] = mapped_column(String(32), index=True)
    ip: Mapped[str | None] = mapped_column(String(32), index=True)
    coupon: Mapped[str | None] = mapped_column(String(64), index=True)
    row: Mapped[Json]  # the whole row of the orders frame


class FraudChargeback(Base):
    """A chargeback as it became known, with what links its order to others."""

    __tablename__ = "fraud_chargebacks"
    order_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    known_at: Mapped[datetime] = mapped_column(index=True)
    customer: Mapped[str | None] = mapped_column(String(64), index=True)
    device: Mapped[str | None] = mapped_column(String(32), index=True)
    card: Mapped[str | None] = mapped_column(String(32), index=True)
    address: Mapped[str | None] = mapped_column(String(32), index=True)
    ip: Mapped[str | None] = mapped_column(String(32), index=True)


class FraudMark(Base):
    """How far the worker has read: by name, an instant and whatever goes with it."""

    __tablename__ = "fraud_marks"
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime]
    details: Mapped[Json]
