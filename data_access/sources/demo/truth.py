"""What really happened: tables that only tests and benchmarks read.

No query, snapshot or model ever opens a table whose name begins with ``truth_``.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from data_access.shop.tables import Code, Instant
from data_access.sources.demo.goods import LEAVES

metadata = MetaData(naming_convention={"pk": "pk_%(table_name)s"})


def _key(name: str) -> Column[Any]:
    return Column(name, Code(), primary_key=True, nullable=False)


def taste_column(leaf: str) -> str:
    """Column of a customer's taste for a category."""
    return f"taste_{leaf.replace('-', '_')}"


state = Table(
    "truth_state",
    metadata,
    Column("name", String(64), primary_key=True),  # what the next week needs, as bytes
    Column("content", LargeBinary(), nullable=False),
)

pending = Table(
    "truth_pending",
    metadata,
    Column("name", String(64), primary_key=True),  # a table: rows that are not known yet
    Column("content", LargeBinary(), nullable=False),  # Arrow stream, zstd
)

products = Table(
    "truth_products",
    metadata,
    _key("product_id"),
    Column("level", Float(), nullable=False),
    Column("trend_per_year", Float(), nullable=False),  # in logs
    Column("elasticity", Float(), nullable=False),
    Column("promotion_lift", Float(), nullable=False),  # in logs, beyond the lower price
    Column("launch_ramp_days", Float(), nullable=False),
    Column("partner_id", Code(), nullable=True),  # bought with it
    Column("partner_share", Float(), nullable=False),
    Column("fault_share", Float(), nullable=False),
    Column("misfit_share", Float(), nullable=False),
    Column("rival_elasticity", Float(), nullable=False),  # with regard to watched competitors
    Column("ends_on", Date(), nullable=True),
)

demand = Table(
    "truth_demand",
    metadata,
    Column("week", Date(), primary_key=True),  # Monday
    _key("product_id"),
    Column("expected_lines", Float(), nullable=False),  # mean of the Poisson draw of the week
    Column("price_effect", Float(), nullable=False),  # logs, mean over the week's days
    Column("promotion_effect", Float(), nullable=False),  # logs: lift, dip, loss to siblings
    comment="A sample: the first 500 products.",
)

lost_units = Table(
    "truth_lost_units",
    metadata,
    _key("product_id"),
    Column("day", Date(), primary_key=True),
    Column("units", Integer(), nullable=False),
)

customers = Table(
    "truth_customers",
    metadata,
    _key("customer_id"),
    Column("orders_per_year", Float(), nullable=False),  # while alive
    Column("hazard_per_year", Float(), nullable=False),
    Column("expected_orders_first_year", Float(), nullable=False),
    # how much the customer likes each category, mean 1
    *(Column(taste_column(leaf.key), Float(), nullable=False) for leaf in LEAVES),
)

customer_lives = Table(
    "truth_customer_lives",
    metadata,
    _key("customer_id"),
    Column("alive_from", Date(), primary_key=True),  # a later row: won back
    Column("gone_after", Date(), nullable=False),  # may lie in the future
)

fraud = Table(
    "truth_fraud",
    metadata,
    _key("order_id"),
    Column("kind", String(32), nullable=False),
    Column("ring", Code(), nullable=True),
)

refund_causes = Table(
    "truth_refund_causes",
    metadata,
    _key("refund_id"),
    Column("cause", String(32), nullable=False),  # fault | batch | size | late | false_claim …
)

review_sentences = Table(
    "truth_review_sentences",
    metadata,
    _key("review_id"),
    Column("place", Integer(), primary_key=True, autoincrement=False),
    Column("aspect", String(16), nullable=False),
    Column("mood", Integer(), nullable=False),  # -1, 0 or 1
)

reviews = Table(
    "truth_reviews",
    metadata,
    _key("review_id"),
    Column("contradicts", Boolean(), nullable=False),  # stars that do not fit the words
    Column("copied", Boolean(), nullable=False),
)

ticket_intents = Table(
    "truth_ticket_intents",
    metadata,
    _key("ticket_id"),
    Column("intent", String(32), nullable=False),
)

incidents = Table(
    "truth_incidents",
    metadata,
    _key("incident_id"),
    Column("kind", String(32), nullable=False),
    Column("cause", Text(), nullable=False),
    Column("first_day", Date(), nullable=False),
    Column("last_day", Date(), nullable=False),
    Column("dimension", String(32), nullable=True),  # what it is limited to
    Column("value", Text(), nullable=True),
    Column("effect", Float(), nullable=False),
)

relevance = Table(
    "truth_relevance",
    metadata,
    Column("query", String(80), primary_key=True),
    _key("product_id"),
    Column("grade", Integer(), nullable=False),  # 1 related, 2 right article, 3 as asked
)

campaign_effects = Table(
    "truth_campaign_effects",
    metadata,
    _key("campaign_id"),
    Column("segment", String(32), primary_key=True),
    Column("effect", Float(), nullable=False),  # relative change of the rate of buying
    Column("winback_share", Float(), nullable=False),  # of the gone who come back
)

cost_changes = Table(
    "truth_price_reasons",
    metadata,
    _key("product_id"),
    Column("valid_from", Instant(), primary_key=True),
    Column("reason", String(32), nullable=False),
    Column("demand_signal", Float(), nullable=True),  # log demand that the owner reacted to
)

totals = Table(
    "truth_weeks",
    metadata,
    Column("week", Date(), primary_key=True),  # Monday
    Column("orders", BigInteger(), nullable=False),
    Column("fraud_orders", BigInteger(), nullable=False),
    Column("lost_units", BigInteger(), nullable=False),
)

TRUTH: tuple[Table, ...] = tuple(metadata.sorted_tables)
