"""The canonical shop schema: every query, snapshot and importer speaks these tables.

Conventions
-----------
Money      ``Money()``: integer of ten-thousandths of the shop currency (prices of 0.001 exist).
Codes      ``Code()``: text, compared byte for byte (stock codes may differ only by case).
Instants   ``Instant()``: UTC, stored naive; read and written as naive UTC ``datetime``.
Late facts Whatever becomes known after it happened is a row with ``happened_at`` and
           ``known_at``; a point-in-time question filters on ``known_at``.
Changes    ``updated_at`` rises whenever a row changes; incremental refresh relies on it.
Privacy    ``info["personal"]`` on a column says what extraction does with it:
           ``"drop"`` never leaves the shop, ``"hash"`` leaves as a keyed hash,
           ``"clean"`` is free text cleared of addresses, numbers and the writer's name.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

MONEY_SCALE = 10_000
"""Ten-thousandths of the currency in one unit of currency."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def Money() -> BigInteger:  # noqa: N802 - reads as a type in the table definitions
    """Integer of ten-thousandths of the shop currency."""
    return BigInteger()


def Code() -> String:  # noqa: N802 - reads as a type in the table definitions
    """Identifier compared byte for byte: BINARY on SQLite, collation "C" on PostgreSQL."""
    return String(64).with_variant(String(64, collation="C"), "postgresql")


def Instant() -> DateTime:  # noqa: N802 - reads as a type in the table definitions
    """Naive UTC instant."""
    return DateTime(timezone=False)


def _key(name: str) -> Column[Any]:
    return Column(name, Code(), primary_key=True, nullable=False)


def _code(name: str, *, nullable: bool = False, personal: str | None = None) -> Column[Any]:
    return Column(name, Code(), nullable=nullable, info={"personal": personal} if personal else {})


def _text(name: str, *, personal: str | None = None) -> Column[Any]:
    return Column(name, Text(), nullable=True, info={"personal": personal} if personal else {})


def _updated_at() -> Column[Any]:
    return Column("updated_at", Instant(), nullable=False, index=True)


def _happened_and_known() -> tuple[Column[Any], Column[Any]]:
    return (
        Column("happened_at", Instant(), nullable=False),
        Column("known_at", Instant(), nullable=False),
    )


shop_mark = Table(
    "shopsight_mark",
    metadata,
    Column("made_by", String(32), primary_key=True),  # "demo" or "import"
    Column("details", Text(), nullable=False),  # JSON: what made it (size, seed, file names)
    Column("made_at", Instant(), nullable=False),
    comment="Present only in a database that demo or import made; they refuse any other.",
)

customers = Table(
    "customers",
    metadata,
    _key("customer_id"),
    _text("name", personal="drop"),
    _text("email", personal="hash"),  # extraction also derives email_domain
    _text("phone", personal="drop"),
    _text("address", personal="hash"),
    Column("city", Text(), nullable=True, info={"personal": "drop"}),
    Column("postcode", Text(), nullable=True, info={"personal": "drop"}),
    Column("country", String(2), nullable=True),  # ISO 3166-1 alpha-2
    Column("channel", String(32), nullable=True),  # how they arrived: search, social, mail …
    Column("kind", String(16), nullable=False, default="private"),  # private | wholesale
    Column("signed_up_at", Instant(), nullable=True),
    _updated_at(),
)

categories = Table(
    "categories",
    metadata,
    _key("category_id"),
    Column("name", Text(), nullable=False),
    _code("parent_id", nullable=True),  # null at the top level
    _updated_at(),
)

suppliers = Table(
    "suppliers",
    metadata,
    _key("supplier_id"),
    Column("name", Text(), nullable=False),
    Column("country", String(2), nullable=True),
    Column("lead_time_days", Float(), nullable=True),  # promised, mean
    Column("lead_time_sd_days", Float(), nullable=True),
    Column("minimum_order", Money(), nullable=True),  # value of one order to this supplier
    _updated_at(),
)

products = Table(
    "products",
    metadata,
    _key("product_id"),
    Column("name", Text(), nullable=False),
    Column("description", Text(), nullable=True),
    _code("category_id", nullable=True),
    _code("supplier_id", nullable=True),
    Column("brand", Text(), nullable=True),
    Column("price_tier", String(16), nullable=True),  # budget | standard | premium
    _code("variant_group", nullable=True),  # variants of one article share it
    Column("unit_cost", Money(), nullable=True),
    Column("pack_size", Integer(), nullable=True),  # units per pack when ordering
    Column("launched_on", Date(), nullable=True),
    Column("ended_on", Date(), nullable=True),
    _updated_at(),
)

price_history = Table(
    "price_history",
    metadata,
    _key("product_id"),
    Column("valid_from", Instant(), primary_key=True, nullable=False),
    Column("price", Money(), nullable=False),  # list price, tax included
    Column("reason", String(32), nullable=True),  # test, cost, demand, slip, correction …
    _updated_at(),
)

promotions = Table(
    "promotions",
    metadata,
    _key("promotion_id"),
    Column("name", Text(), nullable=False),
    _code("product_id", nullable=True),  # one of product_id, category_id, or neither (whole shop)
    _code("category_id", nullable=True),
    Column("discount", Float(), nullable=False),  # share of the list price, 0 to 1
    Column("starts_on", Date(), nullable=False),  # local day, inclusive
    Column("ends_on", Date(), nullable=False),  # local day, inclusive; may lie in the future
    Column("announced_at", Instant(), nullable=False),  # when the plan became known
    _updated_at(),
)

competitor_prices = Table(
    "competitor_prices",
    metadata,
    _key("product_id"),
    Column("competitor", String(64), primary_key=True, nullable=False),
    Column("observed_at", Instant(), primary_key=True, nullable=False),
    Column("price", Money(), nullable=False),
    _updated_at(),
)

stock_changes = Table(
    "stock_changes",
    metadata,
    _key("change_id"),
    _code("product_id"),
    Column("units", Integer(), nullable=False),  # signed: receipts +, sales −, corrections ±
    Column("level_after", Integer(), nullable=False),  # units in stock after the change
    Column("kind", String(16), nullable=False),  # opening | receipt | sales | return | correction
    *_happened_and_known(),
    _updated_at(),
    comment="Kept as changes; sales are one row a product and day.",
)

purchase_orders = Table(
    "purchase_orders",
    metadata,
    _key("purchase_order_id"),
    _code("supplier_id"),
    _code("product_id"),
    Column("units", Integer(), nullable=False),
    Column("ordered_at", Instant(), nullable=False),
    Column("promised_on", Date(), nullable=True),
    Column("received_at", Instant(), nullable=True),  # null while on order
    _updated_at(),
)

orders = Table(
    "orders",
    metadata,
    _key("order_id"),
    _code("customer_id", nullable=True),  # null: a sale without a known customer
    Column("placed_at", Instant(), nullable=False),
    Column("channel", String(32), nullable=True),  # web, app, mail …
    _code("coupon", nullable=True),
    Column("shipping_fee", Money(), nullable=False, default=0),
    Column("discount_total", Money(), nullable=False, default=0),  # coupon, off the whole order
    Column("billing_country", String(2), nullable=True),
    Column("shipping_country", String(2), nullable=True),
    _text("shipping_address", personal="hash"),
    _code("device_id", nullable=True, personal="hash"),
    _text("ip", personal="hash"),  # extraction also derives ip_country
    _updated_at(),
)

order_status_changes = Table(
    "order_status_changes",
    metadata,
    _key("order_id"),
    # declined | cancelled | shipped | delivered; an order is placed by its own row
    Column("status", String(16), primary_key=True, nullable=False),
    *_happened_and_known(),
    _updated_at(),
)

order_items = Table(
    "order_items",
    metadata,
    _key("order_id"),
    Column("line", Integer(), primary_key=True, autoincrement=False, nullable=False),
    _code("product_id"),
    Column("units", Integer(), nullable=False),  # > 0
    Column("unit_price", Money(), nullable=False),  # paid per unit, after promotion
    Column("list_price", Money(), nullable=True),  # list price at that moment
    _updated_at(),
)

payments = Table(
    "payments",
    metadata,
    _key("payment_id"),
    _code("order_id"),
    Column("method", String(32), nullable=False),  # card, wallet, invoice, transfer, voucher …
    Column("amount", Money(), nullable=False),
    Column("attempted_at", Instant(), nullable=False),
    Column("succeeded", Boolean(), nullable=False),
    _code("card_fingerprint", nullable=True, personal="hash"),
    Column("card_country", String(2), nullable=True),
    Column("avs", String(8), nullable=True),  # match | partial | none
    Column("cvv", String(8), nullable=True),  # match | none
    Column("three_d_secure", String(8), nullable=True),  # passed | failed | absent
    _updated_at(),
)

chargebacks = Table(
    "chargebacks",
    metadata,
    _key("chargeback_id"),
    _code("order_id"),
    Column("amount", Money(), nullable=False),
    Column("reason", String(32), nullable=True),  # fraud | not_received | not_as_described
    *_happened_and_known(),
    _updated_at(),
)

refunds = Table(
    "refunds",
    metadata,
    _key("refund_id"),
    _code("order_id"),
    Column("line", Integer(), nullable=True),  # null: the whole order
    _code("product_id", nullable=True),
    Column("units", Integer(), nullable=True),
    Column("amount", Money(), nullable=False),
    Column("reason", String(32), nullable=True),  # fault | size | late | cancelled | other
    *_happened_and_known(),
    _updated_at(),
)

reviews = Table(
    "reviews",
    metadata,
    _key("review_id"),
    _code("product_id", nullable=True),
    _code("order_id", nullable=True),
    _code("customer_id", nullable=True),
    Column("stars", Integer(), nullable=False),  # 1 to 5
    Column("title", Text(), nullable=True, info={"personal": "clean"}),
    Column("body", Text(), nullable=True, info={"personal": "clean"}),
    Column("language", String(8), nullable=True),
    *_happened_and_known(),
    _updated_at(),
)

tickets = Table(
    "tickets",
    metadata,
    _key("ticket_id"),
    _code("customer_id", nullable=True),
    _code("order_id", nullable=True),
    Column("subject", Text(), nullable=True, info={"personal": "clean"}),
    Column("body", Text(), nullable=True, info={"personal": "clean"}),
    Column("opened_at", Instant(), nullable=False),
    Column("first_answer_at", Instant(), nullable=True),
    Column("closed_at", Instant(), nullable=True),
    _updated_at(),
)

shopper_events = Table(
    "shopper_events",
    metadata,
    _key("event_id"),
    _code("session_id"),
    _code("customer_id", nullable=True),
    Column("kind", String(16), nullable=False),  # view | search | cart | purchase
    Column("happened_at", Instant(), nullable=False),
    _code("product_id", nullable=True),
    Column("query", Text(), nullable=True),  # what was searched
    Column("position", Integer(), nullable=True),  # place in the list that was clicked, from 1
    _code("order_id", nullable=True),  # of a purchase
    Column("country", String(2), nullable=True),
    _updated_at(),
)

campaigns = Table(
    "campaigns",
    metadata,
    _key("campaign_id"),
    Column("name", Text(), nullable=False),
    Column("kind", String(16), nullable=False),  # mail | ab_test
    Column("starts_at", Instant(), nullable=False),
    Column("ends_at", Instant(), nullable=True),
    _updated_at(),
)

campaign_members = Table(
    "campaign_members",
    metadata,
    _key("campaign_id"),
    Column("customer_id", Code(), primary_key=True, nullable=False),
    Column("arm", String(32), nullable=False),  # treated | held_out, or a test's arm
    Column("assigned_at", Instant(), nullable=False),
    _updated_at(),
)

# What live reads and incremental refresh look up; the analytics run on the snapshot.
Index("ix_orders_customer_id", orders.c.customer_id)
Index("ix_orders_placed_at", orders.c.placed_at)
Index("ix_payments_order_id", payments.c.order_id)
Index("ix_chargebacks_order_id", chargebacks.c.order_id)
Index("ix_refunds_order_id", refunds.c.order_id)
Index("ix_stock_changes_product_id", stock_changes.c.product_id)

CANONICAL: tuple[Table, ...] = (
    customers,
    categories,
    suppliers,
    products,
    price_history,
    promotions,
    competitor_prices,
    stock_changes,
    purchase_orders,
    orders,
    order_status_changes,
    order_items,
    payments,
    chargebacks,
    refunds,
    reviews,
    tickets,
    shopper_events,
    campaigns,
    campaign_members,
)
"""Every table of a shop, parents before children; the mark is not one of them."""
