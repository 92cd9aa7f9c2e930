"""What the view of one case holds. Money is a float of the currency, instants are naive UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.services.fraud.views import Act, CaseRow, Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One reason of a score, with what it adds to the probability."""

    feature: str
    label: str
    value: str  # as people read it
    usual: str | None
    contribution: float
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreFacts:
    """What one version said at one moment.

    base : the score that every order starts from; with all contributions it sums to `score`.
    """

    score: float  # probability of fraud
    risk: str  # low | review | block
    kind: str | None
    model_version: int  # 0: the rules
    cause: str  # new | again | asked
    made_at: datetime
    base: float
    factors: tuple[Factor, ...]  # the strongest first
    confidence: float | None = None  # 0 (a coin toss) to 1; None: scored before it was kept
    unsure: bool = False  # too little to act on: it opened no case


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    product_id: str
    product: str
    units: int
    unit_price: float
    list_price: float | None

    @property
    def total(self) -> float:
        return self.units * self.unit_price


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One attempt to pay, with what the bank said of it."""

    method: str
    amount: float
    attempted_at: datetime
    succeeded: bool
    card_country: str | None
    avs: str | None
    cvv: str | None
    three_d_secure: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderBrief:
    """An order in a list: of the same customer, or linked otherwise."""

    order_id: str
    customer_id: str | None
    placed_at: datetime
    amount: float
    country: str | None
    status: str  # placed | shipped | delivered | cancelled | declined
    charged_back: bool
    refunded: float
    case: str | None = None  # how its own case stands: a state, or its verdict

    @property
    def outcome(self) -> str:
        """In one word what became of it, the gravest first."""
        if self.charged_back:
            return "charged back"
        if self.status == "declined" or self.case == "decline":
            return "declined"
        if self.case in ("open", "waiting", "snoozed", "escalated"):
            return "in review"
        return self.status


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The order itself, without what is personal."""

    order_id: str
    customer_id: str | None
    placed_at: datetime
    channel: str | None
    coupon: str | None
    goods: float
    shipping_fee: float
    discount: float
    billing_country: str | None
    shipping_country: str | None
    status: str

    @property
    def amount(self) -> float:
        return self.goods + self.shipping_fee - self.discount


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """An account, without what is personal; sums are over `orders` that are listed."""

    customer_id: str
    country: str | None
    kind: str
    channel: str | None
    signed_up_at: datetime | None
    orders: int  # all of them, this one too
    first_order_at: datetime | None
    history: tuple[OrderBrief, ...]  # the newest first, without this one

    @property
    def charged_back(self) -> int:
        return sum(one.charged_back for one in self.history)

    @property
    def spent(self) -> float:
        """Paid and kept, in the orders listed."""
        kept = (o for o in self.history if o.status not in ("declined", "cancelled"))
        return sum(one.amount - one.refunded for one in kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Personal data of one case, read live for who may see it; never stored."""

    name: str | None
    email: str | None
    phone: str | None
    address: str | None
    city: str | None
    postcode: str | None
    shipping_address: str | None
    ip: str | None
    device_id: str | None
    cards: tuple[str, ...]  # fingerprints of the cards that were tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened around the order."""

    at: datetime
    kind: str  # account | payment | order | score | case | decision | note | money
    title: str
    text: str = ""
    tone: Literal["good", "bad", "watch", "plain"] = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """All that is known about one order, without what is personal."""

    order: Order
    lines: tuple[Line, ...]
    payments: tuple[Payment, ...]
    statuses: tuple[tuple[str, datetime], ...]
    refunds: tuple[tuple[float, str | None, datetime], ...]
    chargebacks: tuple[tuple[float, str | None, datetime], ...]  # amount, reason, known at
    customer: Customer | None
    case: CaseRow | None
    scores: tuple[ScoreFacts, ...]  # the newest first; of the champion, shadows left out
    acts: tuple[Act, ...]  # the newest first, those taken back too
    notes: tuple[Note, ...]  # the newest first

    @property
    def score(self) -> ScoreFacts | None:
        return self.scores[0] if self.scores else None
