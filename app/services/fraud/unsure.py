"""Orders whose scores are too unsure to act on: no case was opened by them, so they are listed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from app.access import Identity, Permission, require
from app.services.fraud.casing import PAST
from app.services.fraud.views import MONEY
from app.services.serving.standing import threshold
from data_access.state import fraud_scores
from data_access.state.engine import utc_now

if TYPE_CHECKING:
    from app.context import Desk

MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsureOrder:
    """One order that nothing is done about."""

    order_id: str
    score: float  # probability of fraud
    confidence: float  # 0 to 1
    expected_loss: float  # currency
    kind: str | None
    model_version: int  # 0: the rules
    made_at: datetime  # naive UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsureOrders:
    """Those of the last two weeks, most expected loss first."""

    bound: float | None  # confidence that is asked for now; None: everything is acted on
    rows: tuple[UnsureOrder, ...]
    total: int  # of which at most `MOST` are listed


def unsure(desk: Desk, person: Identity, *, now: datetime | None = None) -> UnsureOrders:
    """What the newest score of an order left undone.

    Raises
    ------
    AccessDenied : the role may not read pages.
    """
    require(person, Permission.read_pages)
    since = (now or utc_now()) - PAST
    with desk.state.read() as session:
        total = fraud_scores.count_unsure(session, since)
        found = fraud_scores.unsure_since(session, since, limit=MOST) if total else []
    rows = [
        UnsureOrder(
            order_id=row.order_id,
            score=row.score,
            confidence=row.confidence or 0.0,
            expected_loss=row.expected_loss / MONEY,
            kind=row.kind,
            model_version=row.model_version,
            made_at=row.made_at,
        )
        for row in found
    ]
    return UnsureOrders(bound=threshold(desk, "fraud"), rows=tuple(rows), total=total)
