"""Why a score is what it is: one order with its customer and payment, and the model as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import select

from app.services.activation import champion
from app.services.errors import table
from app.services.fraud import checks
from app.services.fraud.case_facts import ScoreFacts
from app.services.fraud.reasons import score_facts
from app.services.settings import setting_value
from data_access.state.fraud_events import linked_events
from data_access.state.fraud_scores import newest_score, newest_scores
from data_access.state.fraud_tables import FraudCase, FraudEvent, FraudScore
from ml.fraud import FRAUD, risk
from ml.fraud.schema import BY_NAME, LINKS, RECENT_DAYS

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.context import Desk

RECENT = 1_500
"""Scores that say what matters to the model as a whole: enough for whole per cents."""

CUSTOMER = 4 + LINKS.index("customer")
"""Place of the account in a row of `linked_events`."""

RULES = 0  # number of the plain rules
PERSON_LINKS = ("customer", "device", "card")
"""What stands for a customer: the account, and whoever shares its devices and cards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The risk of a customer or a payment."""

    score: float  # 0 to 1
    level: str  # low | review | block
    sentences: tuple[str, ...]  # strongest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One order."""

    order_id: str
    facts: ScoreFacts
    customer: Level | None  # None: no account, or older than the event store reaches
    customer_orders: int  # that were scored, of the account and of those linked to it
    payment: Level
    has_case: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """The model that decides, as a whole.

    matters : label · group · share (of all that moves scores) · up (mean points of probability
        where it raises), largest share first.
    calibration : told · came float (probabilities) · orders int.
    honesty : split · burst · auc · low · high, where a burst was found; else empty.
    """

    version: int  # 0: the plain rules
    label: str
    verdict: str
    warnings: tuple[str, ...]
    bursts: tuple[str, ...]
    auc: tuple[float, float, float] | None  # with its 95 % range
    matters: pd.DataFrame
    scores: int  # on which `matters` stands
    since: datetime | None  # the oldest of them
    calibration: pd.DataFrame
    honesty: pd.DataFrame


def riskiest(desk: Desk) -> str | None:
    """The order that waits with the highest expected loss; else the newest score's; else None."""
    with desk.state.read() as session:
        waits = session.scalar(
            select(FraudCase.order_id)
            .where(FraudCase.state != "closed")
            .order_by(FraudCase.expected_loss.desc())
            .limit(1)
        )
        if waits is not None:
            return waits
        return session.scalar(
            select(FraudScore.order_id)
            .where(FraudScore.shadow.is_(False))
            .order_by(FraudScore.score_id.desc())
            .limit(1)
        )


def of_order(desk: Desk, order_id: str) -> Explained | None:
    """Why an order has its newest score; None where it was never scored.

    Raises
    ------
    FraudError : that cannot be an order's number.
    """
    order_id = checks.order_number(order_id)
    review, block = _thresholds(desk)
    with desk.state.read() as session:
        row = newest_score(session, order_id)
        if row is None:
            return None
        facts = score_facts(row, desk.currency)
        orders = _of_customer(session, order_id)
        case = session.scalar(select(FraudCase.case_id).where(FraudCase.order_id == order_id))
    customer = None
    if orders is not None and len(orders):
        found = risk.of_customer(orders, review, block)
        customer = Level(
            score=found.score,
            level=found.level,
            sentences=tuple(one.sentence for one in found.factors[:4]),
        )
    return Explained(
        order_id=order_id,
        facts=facts,
        customer=customer,
        customer_orders=0 if orders is None else len(orders),
        payment=_payment(facts, review, block),
        has_case=case is not None,
    )


def whole(desk: Desk) -> Whole:
    """What matters to what decides, how well its probabilities held, and what it warns of."""
    number = champion(desk, FRAUD.key).version
    labels = {one.key: one.label for one in FRAUD.candidates}
    matters, count, since = _matters(desk, number or RULES)
    empty = pd.DataFrame()
    if number is None:
        return Whole(
            version=RULES,
            label="The plain rules",
            verdict="Nothing was learned: each rule adds its own weight, whatever the shop.",
            warnings=(),
            bursts=(),
            auc=None,
            matters=matters,
            scores=count,
            since=since,
            calibration=empty,
            honesty=empty,
        )
    version = desk.models.version(FRAUD.key, number)
    bursts = table(version, "bursts")
    told = tuple(bursts["sentence"]) if "sentence" in bursts else ()
    warnings = tuple(str(one) for one in version.summary.get("warnings", ()) if one not in told)
    return Whole(
        version=number,
        label=labels.get(version.candidate, version.candidate),
        verdict=version.verdict,
        warnings=warnings,
        bursts=told,
        auc=_auc(version.metrics, table(version, "intervals")),
        matters=matters,
        scores=count,
        since=since,
        calibration=table(version, "calibration"),
        honesty=table(version, "honesty"),
    )


def _of_customer(session: Session, order_id: str) -> pd.DataFrame | None:
    """Scored orders of the account, and half as heavy those on its devices and cards."""
    event = session.get(FraudEvent, order_id)
    if event is None or event.customer is None:
        return None
    values = {link: {value} for link in PERSON_LINKS if (value := getattr(event, link))}
    since = event.placed_at - timedelta(days=RECENT_DAYS)
    rows = linked_events(session, values, coupons=(), since=since)
    known = {row[0]: (row[1], row[CUSTOMER] == event.customer) for row in rows}
    scores = newest_scores(session, sorted(known))
    return pd.DataFrame(
        [
            {
                "order_id": one,
                "placed_at": known[one][0],
                "score": score.score,
                "own": known[one][1],
            }
            for one, score in sorted(scores.items())
        ],
        columns=["order_id", "placed_at", "score", "own"],
    )


def _payment(facts: ScoreFacts, review: float, block: float) -> Level:
    """What the payment's checks and its card add to where every order starts."""
    mine = [one for one in facts.factors if one.feature in risk.PAYMENT]
    score = min(max(facts.base + sum(one.contribution for one in mine), 0.0), 1.0)
    return Level(
        score=score,
        level=risk.level(score, review, block),
        sentences=tuple(one.sentence for one in mine[:4]),
    )


def _matters(desk: Desk, number: int) -> tuple[pd.DataFrame, int, datetime | None]:
    """Mean size of each feature's contribution to the newest scores of a version."""
    query = (
        select(FraudScore.factors, FraudScore.made_at)
        .where(FraudScore.model_version == number, FraudScore.shadow.is_(False))
        .order_by(FraudScore.score_id.desc())
        .limit(RECENT)
    )
    with desk.state.read() as session:
        rows = session.execute(query).all()
    sizes: dict[str, list[float]] = {}
    for factors, _ in rows:
        for one in (factors or {}).get("factors", ()):
            name, value = str(one.get("feature")), float(one.get("contribution") or 0.0)
            if name in BY_NAME:
                sizes.setdefault(name, []).append(value)
    total = sum(abs(value) for values in sizes.values() for value in values) or 1.0
    told: list[dict[str, Any]] = []
    for name, values in sizes.items():
        raised = [value for value in values if value > 0]
        told.append(
            {
                "label": BY_NAME[name].label,
                "group": BY_NAME[name].group,
                "share": sum(abs(value) for value in values) / total,
                "up": sum(raised) / len(raised) if raised else 0.0,
            }
        )
    frame = pd.DataFrame(told, columns=["label", "group", "share", "up"])
    frame = frame.sort_values(["share", "label"], ascending=[False, True]).reset_index(drop=True)
    return frame, len(rows), rows[-1][1] if rows else None


def _auc(metrics: dict[str, float], intervals: pd.DataFrame) -> tuple[float, float, float] | None:
    if "auc" not in metrics or "measure" not in intervals:
        return None
    found = intervals[intervals["measure"] == "auc"]
    if found.empty:
        return None
    return metrics["auc"], float(found["low"].iloc[0]), float(found["high"].iloc[0])


def _thresholds(desk: Desk) -> tuple[float, float]:
    review, block = (
        setting_value(desk.state, key)
        for key in ("fraud_review_threshold", "fraud_block_threshold")
    )
    assert isinstance(review, int | float)
    assert isinstance(block, int | float)
    return float(review), float(block)
