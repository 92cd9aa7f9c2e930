"""Fraud review for the shop's server: scores, cases, answers of customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.access import Identity
from app.api.asked_by import AskedBy, OnDesk
from app.api.fields import FreeText, Instant, RowId
from app.api.fraud_orders import AnyId, AnyOrder, LeftOut, Refused, read_numbers, read_orders
from app.api.limits import Allowance
from app.api.refusals import refuses
from app.services.fraud import deciding, queue
from app.services.fraud.views import CaseRow

router = APIRouter(prefix="/fraud", tags=["fraud"], responses=refuses(404, 409, 429))

MOST_ORDERS = 1_000
"""Of one request."""

REQUESTS = Allowance(a_minute=6_000, at_once=500)
ORDERS = Allowance(a_minute=60_000, at_once=10_000)
"""Of one key: far more than a shop sells, far less than would keep everybody else waiting."""

_STRICT = ConfigDict(extra="forbid", strict=True)


class ScoreAsked(BaseModel):
    """Either numbers of orders of the shop, or whole orders that are not there yet."""

    model_config = _STRICT

    order_ids: Annotated[list[AnyId], Field(min_length=1, max_length=MOST_ORDERS)] | None = None
    orders: Annotated[list[AnyOrder], Field(min_length=1, max_length=MOST_ORDERS)] | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> ScoreAsked:
        if (self.order_ids is None) == (self.orders is None):
            raise ValueError("give either order_ids or orders")
        return self


class FactorOut(BaseModel):
    """One fact and what it adds to the score."""

    feature: str
    label: str
    value: float | None
    usual: float | None
    contribution: float
    sentence: str


class ScoreOut(BaseModel):
    """What is said about one order; base and contributions sum to the score."""

    model_config = ConfigDict(from_attributes=True)

    order_id: str
    score: float  # probability of fraud
    risk: Literal["low", "review", "block"]  # low where it is unsure: nothing is to be done
    kind: str | None
    expected_loss: float
    model_version: int  # 0: the rules
    confidence: float | None  # 0 (a coin toss) to 1
    unsure: bool  # below the confidence that the shop asks for
    base: float
    factors: list[FactorOut]
    case_id: int | None
    left_out: list[LeftOut] = []  # fields that could not be used: scored as if unknown


class ScoresOut(BaseModel):
    scores: list[ScoreOut]
    unknown: list[str]  # numbers that the shop's database does not have
    refused: list[Refused] = []  # orders that could not be scored at all


class CaseOut(BaseModel):
    """A case without anything personal."""

    model_config = ConfigDict(from_attributes=True)

    case_id: int
    order_id: str
    state: str
    score: float
    risk: str
    kind: str | None
    amount: float
    expected_loss: float
    placed_at: Instant
    due_at: Instant
    asked: str | None
    verdict: str | None
    closed_at: Instant | None
    version: int


class CasesOut(BaseModel):
    cases: list[CaseOut]
    total: int


class AnswerAsked(BaseModel):
    model_config = _STRICT

    text: Annotated[FreeText, Field(min_length=1, max_length=4_000)]


class AnswerOut(BaseModel):
    case_id: int
    order_id: str
    version: int


@router.post("/score")
def score(asked: ScoreAsked, asked_by: AskedBy, desk: OnDesk) -> ScoresOut:
    """Score one order or up to 1,000; those that are suspicious become cases.

    Each order is read by itself: a field that cannot be used is left out and named with the score,
    an order without a usable number or amount is named under `refused`.
    """
    deciding.may_serve(asked_by)
    _within(asked_by, len(asked.order_ids or asked.orders or ()))
    # Here, since it loads the learning library, which no other page of the web needs.
    from app.services.fraud import scoring

    left_out: dict[str, list[LeftOut]] = {}
    if asked.order_ids is not None:
        wanted, refused = read_numbers(asked.order_ids)
        _some(wanted, refused)
        found = scoring.score_orders(desk, wanted, cause="asked")
    else:
        usable, refused = read_orders(asked.orders or ())
        _some(usable, refused)
        found = scoring.score_unseen(desk, [one.fields for one in usable])
        wanted = [one.fields["order_id"] for one in usable]
        left_out = {one.fields["order_id"]: one.left_out for one in usable}
    known = {one.order_id for one in found}
    scores = [ScoreOut.model_validate(one) for one in found]
    for one in scores:
        one.left_out = left_out.get(one.order_id, [])
    return ScoresOut(
        scores=scores,
        unknown=[one for one in dict.fromkeys(wanted) if one not in known],
        refused=refused,
    )


def _some(usable: Sequence[Any], refused: Sequence[Refused]) -> None:
    """Refuse a request of which nothing can be scored; else each order is answered by itself."""
    if not usable:
        told = "; ".join(f"{one.place}: {one.why}" for one in refused[:5])
        raise HTTPException(422, f"None of the orders can be read: {told}.")


@router.get("/cases")
def list_cases(
    asked_by: AskedBy,
    desk: OnDesk,
    state: str = "todo",
    risk: str | None = None,
    search: str = "",
    order: str = "expected_loss",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0, le=10**6)] = 0,
) -> CasesOut:
    """Cases of the queue; nothing of them is personal."""
    deciding.may_serve(asked_by)
    _within(asked_by)
    filters = {"state": state, "risk": risk, "search": search}
    page = queue.page(desk, asked_by, filters, order, limit, offset=offset)
    return CasesOut(cases=[_case(row) for row in page.rows], total=page.total)


@router.post("/cases/{case_id}/answer")
def answer(case_id: RowId, asked: AnswerAsked, asked_by: AskedBy, desk: OnDesk) -> AnswerOut:
    """The customer's answer to what was asked; the case is to do again."""
    deciding.may_serve(asked_by)
    _within(asked_by)
    done = deciding.answer(desk, asked_by, case_id, asked.text)
    return AnswerOut(case_id=done.case_id, order_id=done.order_id, version=done.version)


def _within(caller: Identity, orders: int = 0) -> None:
    """Refuse who asks too much; 429 with the seconds to wait."""
    wait = REQUESTS.take(caller.name) or (ORDERS.take(caller.name, orders) if orders else 0)
    if wait:
        raise HTTPException(
            429,
            f"Too many requests with this key; ask again in {wait} s.",
            headers={"Retry-After": str(wait)},
        )


def _case(row: CaseRow) -> CaseOut:
    return CaseOut.model_validate(row)
