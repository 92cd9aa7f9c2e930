"""From scores to cases: who is reviewed, what chance draws, what a newer score does to a case.

An order from the review threshold on becomes a case. A small share of the doubtful is let through
instead, and a smaller one of the unsuspicious is reviewed, so that it becomes known what the
model misses: a declined order never shows whether it was fraud. Below the confidence that is asked
for, a score opens no case and blocks nothing; it is listed. What chance draws is a function of
the order's number and the home's key: asking twice draws once, and nobody outside can tell who is
drawn. From the block threshold on nothing is let through: what is so likely fraud teaches little
for its price.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy.orm import Session

from app.services.fraud.views import MONEY
from app.services.preferences import BY_KEY
from app.services.serving.standing import threshold_of
from data_access.state import fraud_cases, fraud_scores, preferences
from data_access.state.fraud_tables import FraudCase, FraudScore
from data_access.state.inserts import insert_new

if TYPE_CHECKING:
    import pandas as pd

Cause = Literal["new", "again", "asked"]

PAST = timedelta(days=14)
"""An order that first appears so long after it was placed is scored, since others are linked to
it, but is no case: it has arrived. Until then the parcel or the money can still be called back."""

LEVELS = {"low": 0, "review": 1, "block": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What was said about one order."""

    order_id: str
    score: float  # probability of fraud
    risk: str  # low | review | block
    kind: str | None
    expected_loss: float  # currency
    model_version: int  # 0: the rules
    made_at: datetime  # naive UTC
    base: float  # the score that every order starts from
    factors: tuple[dict[str, Any], ...]  # with the base they sum to the score
    case_id: int | None  # where a person looks at it
    drawn: str | None  # release | audit, where chance decided
    confidence: float | None = None  # 0 (a coin toss) to 1
    unsure: bool = False  # too little confidence to act on: low risk, no case, only listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The settings by which scores become cases."""

    review: float
    block: float
    release_share: float
    audit_share: float
    ship: timedelta
    confidence: float | None = None  # below which nothing is done by a score; None: no bound


def level(score: float, rules: Rules) -> str:
    """low below the review threshold, block from the block threshold on."""
    if score >= rules.block:
        return "block"
    return "review" if score >= rules.review else "low"


def rules_of(session: Session) -> Rules:
    """The settings as they hold now."""
    kept = preferences.read_preferences(session)

    def value(key: str) -> float:
        found = kept.get(key, BY_KEY[key].default)
        assert isinstance(found, int | float)
        return float(found)

    return Rules(
        review=value("fraud_review_threshold"),
        block=value("fraud_block_threshold"),
        release_share=value("fraud_release_share"),
        audit_share=value("fraud_audit_share"),
        ship=timedelta(hours=value("fraud_ship_hours")),
        confidence=threshold_of(session, "fraud"),
    )


def drawn(key: bytes, purpose: str, order_id: str, share: float) -> bool:
    """Whether chance draws this order; the same answer whenever it is asked."""
    told = hashlib.blake2b(order_id.encode(), key=key[:64], digest_size=8, person=purpose.encode())
    return int.from_bytes(told.digest()) / 2**64 < share


def keep(
    key: bytes,
    session: Session,
    said: list[Scored],
    facts: pd.DataFrame,
    features: pd.DataFrame,
    rules: Rules,
    cause: Cause,
    now: datetime,
) -> list[Scored]:
    """Write scores down and open the cases that follow; the scores with their cases.

    Parameters
    ----------
    key : of what chance draws.
    facts, features : rows as `said`.
    """
    ids = [one.order_id for one in said]
    cases = fraud_cases.cases_of_orders(session, ids)
    fraud_scores.add_scores(session, rows_of(said, features, cause, now))
    opened: list[dict[str, Any]] = []
    releases: list[dict[str, Any]] = []
    chance: dict[str, str] = {}
    for place, one in enumerate(said):
        if one.unsure:
            continue  # neither opens a case nor changes one, and chance has nothing to learn by it
        case = cases.get(one.order_id)
        if case is not None:
            _newer(session, case, one, now)
            continue
        fact = facts.iloc[place]
        if cause != "asked" and now - fact["placed_at"].to_pydatetime() > PAST:
            continue
        purpose = _chance(key, one, rules)
        if purpose is not None:
            share = rules.release_share if purpose == "release" else rules.audit_share
            chance[one.order_id] = purpose
            releases.append({"order_id": one.order_id, "kind": purpose, "share": share, "at": now})
        if purpose == "audit" or (purpose is None and one.risk != "low"):
            opened.append(_new_case(one, fact, rules, "audit" if purpose else "score", now))
    fraud_scores.add_releases(session, releases)
    if opened:
        insert_new(session, FraudCase, opened)  # whoever scored it at the same time came first
        cases = fraud_cases.cases_of_orders(session, ids)
    return [_with(one, cases.get(one.order_id), chance.get(one.order_id)) for one in said]


def rows_of(
    said: list[Scored],
    features: pd.DataFrame,
    cause: Cause,
    now: datetime,
    *,
    shadow: bool = False,
) -> list[FraudScore]:
    """What was said as it is kept; in shadow it decided nothing."""
    names = [str(name) for name in features.columns]
    used = [_known(names, row) for row in features.to_numpy(float).tolist()]
    return [
        FraudScore(
            order_id=one.order_id,
            model_version=one.model_version,
            shadow=shadow,
            cause=cause,
            made_at=now,
            score=one.score,
            risk=one.risk,
            kind=one.kind,
            expected_loss=round(one.expected_loss * MONEY),
            features=used[place],
            factors={"base": one.base, "factors": list(one.factors)},
            confidence=one.confidence,
            unsure=one.unsure,
        )
        for place, one in enumerate(said)
    ]


def _known(names: list[str], values: list[float]) -> dict[str, float]:
    """Features of one order as they are kept: those that are known, rounded to what is read."""
    return {
        name: round(value, 6)
        for name, value in zip(names, values, strict=True)
        if not math.isnan(value)
    }


def _chance(key: bytes, one: Scored, rules: Rules) -> str | None:
    if one.risk == "review" and drawn(key, "fraud-release", one.order_id, rules.release_share):
        return "release"
    if one.risk == "low" and drawn(key, "fraud-audit", one.order_id, rules.audit_share):
        return "audit"
    return None


def _new_case(
    one: Scored, fact: pd.Series, rules: Rules, why: str, now: datetime
) -> dict[str, Any]:
    placed: datetime = fact["placed_at"].to_pydatetime()
    return {
        "order_id": one.order_id,
        "state": "open",
        "why": why,
        "score": one.score,
        "risk": one.risk,
        "kind": one.kind,
        "reason": reason_of(one),
        "amount": round(float(fact["amount"]) * MONEY),
        "expected_loss": round(one.expected_loss * MONEY),
        "country": _text(fact, "shipping_country", 2),
        "method": _text(fact, "method", 32),
        "placed_at": placed,
        "opened_at": now,
        "due_at": placed + rules.ship,
        "version": 1,
    }


def _newer(session: Session, case: FraudCase, one: Scored, now: datetime) -> None:
    """A newer score of an order that has a case: shown there; an approved one may open anew."""
    newer = {
        "score": one.score,
        "risk": one.risk,
        "kind": one.kind,
        "reason": reason_of(one),
        "expected_loss": round(one.expected_loss * MONEY),
    }
    if case.state == "closed":
        if case.verdict != "approve" or LEVELS[one.risk] <= LEVELS[case.risk]:
            return  # a closed case keeps the score by which it was decided
        case.state, case.verdict, case.closed_at = "open", None, None
        case.opened_at = now
        for column, value in newer.items():
            setattr(case, column, value)
        session.flush()  # its version rises: an undoing of the approval no longer fits
        return
    fraud_cases.rescore(session, case.case_id, **newer)


def reason_of(one: Scored) -> str:
    """The fact that pushes the score up most, in words."""
    up = [factor for factor in one.factors if factor["contribution"] > 0]
    strongest = max(up, key=lambda factor: factor["contribution"], default=None)
    return str(strongest["sentence"])[:300] if strongest else "Nothing stands out"


def _with(one: Scored, case: FraudCase | None, chance: str | None) -> Scored:
    return replace(one, case_id=case.case_id if case else None, drawn=chance)


def _text(fact: pd.Series, column: str, longest: int) -> str | None:
    value = fact.get(column)
    return value[:longest] if isinstance(value, str) and value else None
