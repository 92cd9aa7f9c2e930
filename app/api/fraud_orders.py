"""Orders as a shop's server sends them to be scored, each read by itself.

What the shop takes from a browser is odd now and then. An odd field must not cost an order its
score, nor an odd order those of the others: it is left out, and named.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    field_validator,
)

from app.api.fields import FreeText
from app.services.fraud import checks
from app.services.fraud.views import FraudError
from data_access.snapshots.identity import fold, is_blank

LONGEST_ID = checks.LONGEST_ORDER

OrderId = Annotated[FreeText, Field(min_length=1, max_length=LONGEST_ID)]
NewId = Annotated[str, Field(pattern=r"^[A-Za-z0-9#][A-Za-z0-9._:/#-]{0,63}$")]
"""Of an order that nobody has checked yet: no spaces, no signs that mean something elsewhere."""

Text = Annotated[FreeText, Field(min_length=1, max_length=200)]
Country = Annotated[str, Field(pattern="^[A-Za-z]{2}$")]
Code = Annotated[FreeText, Field(min_length=1, max_length=32)]
Count = Annotated[int, Field(ge=0, le=100_000)]
Money = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]

HASHED = frozenset({"email", "device_id", "card_fingerprint", "shipping_address", "ip"})
"""Only told apart: what cannot be seen of them is folded away, as it is before hashing."""

LOWER = frozenset({"avs", "cvv", "three_d_secure"})
UPPER = frozenset({"account_country", "billing_country", "shipping_country", "ip_country"}) | {
    "card_country"
}
NEEDED = ("order_id", "amount")


class RawOrder(BaseModel):
    """An order that is not in the shop's database yet; what is not known is left out or empty.

    Device, card, address, IP and e-mail are hashed on arrival and kept as hashes only.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

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
    shipping_address: Annotated[FreeText, Field(min_length=1, max_length=500)] | None = None
    ip: Annotated[FreeText, Field(min_length=1, max_length=64)] | None = None
    method: Code | None = None
    avs: Literal["match", "partial", "none"] | None = None
    cvv: Literal["match", "none"] | None = None
    three_d_secure: Literal["passed", "failed", "absent"] | None = None
    attempts_failed: Annotated[int, Field(ge=0, le=1_000)] | None = None

    @field_validator("customer_id", "channel", "category", "coupon", "method")
    @classmethod
    def _shown(cls, value: str | None) -> str | None:
        if value is not None and not checks.is_clean(value):
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


AnyId = Annotated[Any, WithJsonSchema({"type": "string", "minLength": 1, "maxLength": LONGEST_ID})]


def _described() -> dict[str, Any]:
    """What can be used of an order, in words where anything is taken and only left out."""
    whole = RawOrder.model_json_schema()
    fields = {
        name: facts if name in NEEDED else {"description": f"Usable: {json.dumps(facts)}"}
        for name, facts in whole["properties"].items()
    }
    return {**whole, "properties": fields, "additionalProperties": True}


AnyOrder = Annotated[Any, WithJsonSchema(_described())]
"""Described as what is needed, but taken as it comes."""


class LeftOut(BaseModel):
    """A field of an order that could not be used."""

    field: str
    why: str


class Refused(BaseModel):
    """An order of the request that could not be scored."""

    place: int  # in the request, from 0
    order_id: str | None  # where it can be told
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Usable:
    """What can be used of an order."""

    fields: dict[str, Any]
    left_out: list[LeftOut] = field(default_factory=list)


def read_numbers(given: Sequence[Any]) -> tuple[list[str], list[Refused]]:
    """Numbers of orders of the shop, and what can be none."""
    usable, refused = [], []
    for place, one in enumerate(given):
        try:
            usable.append(checks.order_number(one))
        except FraudError as error:
            refused.append(Refused(place=place, order_id=None, why=f"{error} {error.remedy}"))
    return usable, refused


def read_orders(given: Sequence[Any]) -> tuple[list[Usable], list[Refused]]:
    """What can be used of each order, and the orders of which nothing can."""
    usable, refused = [], []
    for place, one in enumerate(given):
        if not isinstance(one, dict):
            refused.append(Refused(place=place, order_id=None, why="It is no object with fields."))
            continue
        fields = {name: _folded(name, value) for name, value in one.items()}
        fields = {name: value for name, value in fields.items() if value is not None}
        wrong = _wrong(fields)
        if any(name in wrong for name in NEEDED):
            why = "; ".join(f"{name}: {wrong[name]}" for name in NEEDED if name in wrong)
            number = fields.get("order_id") if "order_id" not in wrong else None
            refused.append(Refused(place=place, order_id=number, why=why))
            continue
        left_out = [LeftOut(field=_shown(name), why=why) for name, why in sorted(wrong.items())]
        kept = RawOrder.model_validate({k: v for k, v in fields.items() if k not in wrong})
        usable.append(Usable(fields=kept.model_dump(exclude_none=True), left_out=left_out))
    return usable, refused


def _folded(name: str, value: Any) -> Any:
    """A text without what tells nothing, None where nothing is left; anything else as it is."""
    if not isinstance(value, str):
        return value
    if is_blank(value):
        return None
    if name in HASHED:
        return fold(value)
    plain = value.strip()
    if name in LOWER:
        return plain.lower()
    return plain.upper() if name in UPPER else plain


def _wrong(fields: dict[str, Any]) -> dict[str, str]:
    """Why each field cannot be used."""
    known = {name: value for name, value in fields.items() if name in RawOrder.model_fields}
    wrong = dict.fromkeys(fields.keys() - known.keys(), "There is no such field.")
    try:
        RawOrder.model_validate(known)
    except ValidationError as error:
        wrong |= {str(each["loc"][0]): str(each["msg"]) for each in error.errors()}
    return wrong


def _shown(name: str) -> str:
    """A field's name as an answer can hold it: it is the caller's, and may be anything."""
    return fold(name.encode(errors="replace").decode())[:64] or "?"
