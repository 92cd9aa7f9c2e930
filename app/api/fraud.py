"""Fraud review for the shop's server: scores, cases, answers of customers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from app.access import Identity
from app.api.asked_by import AskedBy, OnDesk
from app.api.fields import FreeText, Instant, RowId
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

OrderId = Annotated[FreeText, Field(min_length=1, max_length=64)]
NewId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/#-]{0,63}$")]
"""Of an order that nobody has checked yet: no spaces, no signs that mean something elsewhere."""

Text = Annotated[FreeText, Field(min_length=1, max_length=200)]
Country = Annotated[str, Field(pattern="^[A-Za-z]{2}$")]
Code = Annotated[FreeText, Field(min_length=1, max_length=32)]
Count = Annotated[int, Field(ge=0, le=100_000)]
Money = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]

_STRICT = ConfigDict(extra="forbid", strict=True)


class RawOrder(BaseModel):
    """An order that is not in the shop's database yet; what is not known is left out.

    Device, card, address, IP and e-mail are hashed on arrival and kept as hashes only.
    """

    model_config = _STRICT

    order_id: NewId
    amount: Money  # to be paid, currency
    placed_at: datetime | None = Field(None, strict=False)  # default: now
    customer_id: OrderId | None = None
    signed_up_at: datetime | None = Field(None, strict=False)
    email: Text | None = None
    account_country: Country | None = None
    wholesale: bool | None = None
    channel: Code | None = None
    lines: Count | None = None
    units: Count | None = None
    dearest: Money | None = None
    category: Text | None = None
    discount: Money | None = None
    coupon: OrderId | None = None
    billing_country: Country | None = None
    shipping_country: Country | None = None
    ip_country: Country | None = None
    card_country: Country | None = None
    device_id: Text | None = None
    card_fingerprint: Text | None = None
    shipping_address: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    ip: Annotated[str, Field(min_length=1, max_length=45)] | None = None
    method: Code | None = None
    avs: Literal["match", "partial", "none"] | None = None
    cvv: Literal["match", "none"] | None = None
    three_d_secure: Literal["passed", "failed", "absent"] | None = None
    attempts_failed: Annotated[int, Field(ge=0, le=1_000)] | None = None

    @field_validator("*")
    @classmethod
    def _shown(cls, value: Any) -> Any:
        if isinstance(value, str) and not value.isprintable():
            raise ValueError("holds characters that cannot be shown")
        return value

    @field_validator("placed_at", "signed_up_at")
    @classmethod
    def _naive_utc(cls, value: datetime | None) -> datetime | None:
        if value is None:
            return None
        if not 2000 <= value.year <= 2100:
            raise ValueError("lies outside of 2000 to 2100")
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


class ScoreAsked(BaseModel):
    """Either numbers of orders of the shop, or whole orders that are not there yet."""

    model_config = _STRICT

    order_ids: Annotated[list[OrderId], Field(min_length=1, max_length=MOST_ORDERS)] | None = None
    orders: Annotated[list[RawOrder], Field(min_length=1, max_length=MOST_ORDERS)] | None = None

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


class ScoresOut(BaseModel):
    scores: list[ScoreOut]
    unknown: list[str]  # numbers that the shop's database does not have


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
    """Score one order or up to 1,000; those that are suspicious become cases."""
    deciding.may_serve(asked_by)
    _within(asked_by, len(asked.order_ids or asked.orders or ()))
    # Here, since it loads the learning library, which no other page of the web needs.
    from app.services.fraud import scoring

    if asked.order_ids is not None:
        found = scoring.score_orders(desk, asked.order_ids, cause="asked")
        wanted = asked.order_ids
    else:
        raw = [one.model_dump(exclude_none=True) for one in asked.orders or ()]
        found = scoring.score_unseen(desk, raw)
        wanted = [one["order_id"] for one in raw]
    known = {one.order_id for one in found}
    return ScoresOut(
        scores=[ScoreOut.model_validate(one) for one in found],
        unknown=[one for one in dict.fromkeys(wanted) if one not in known],
    )


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
