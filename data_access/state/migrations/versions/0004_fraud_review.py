"""Fraud review: scores, cases, decisions, messages to the shop, and the orders seen lately.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = (
    "fraud_messages",
    "fraud_viewers",
    "fraud_notes",
    "fraud_decisions",
    "fraud_scores",
    "fraud_saved_views",
    "fraud_releases",
    "fraud_profiles",
    "fraud_marks",
    "fraud_events",
    "fraud_chargebacks",
    "fraud_cases",
)


def upgrade() -> None:
    op.create_table(
        "fraud_cases",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("risk", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("expected_loss", sa.BigInteger(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("method", sa.String(length=32), nullable=True),
        sa.Column("placed_at", sa.DateTime(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("claimed_by", sa.String(length=120), nullable=True),
        sa.Column("claimed_at", sa.DateTime(), nullable=True),
        sa.Column("snoozed_until", sa.DateTime(), nullable=True),
        sa.Column("asked", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("escalated_by", sa.String(length=120), nullable=True),
        sa.Column("verdict", sa.String(length=16), nullable=True),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_fraud_cases")),
        sa.UniqueConstraint("order_id", name=op.f("uq_fraud_cases_order_id")),
    )
    op.create_index("ix_fraud_cases_due_at", "fraud_cases", ["due_at"], unique=False)
    op.create_index("ix_fraud_cases_state", "fraud_cases", ["state", "expected_loss"], unique=False)
    op.create_table(
        "fraud_chargebacks",
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("known_at", sa.DateTime(), nullable=False),
        sa.Column("customer", sa.String(length=64), nullable=True),
        sa.Column("device", sa.String(length=32), nullable=True),
        sa.Column("card", sa.String(length=32), nullable=True),
        sa.Column("address", sa.String(length=32), nullable=True),
        sa.Column("ip", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_fraud_chargebacks")),
    )
    op.create_index(
        op.f("ix_fraud_chargebacks_address"), "fraud_chargebacks", ["address"], unique=False
    )
    op.create_index(op.f("ix_fraud_chargebacks_card"), "fraud_chargebacks", ["card"], unique=False)
    op.create_index(
        op.f("ix_fraud_chargebacks_customer"), "fraud_chargebacks", ["customer"], unique=False
    )
    op.create_index(
        op.f("ix_fraud_chargebacks_device"), "fraud_chargebacks", ["device"], unique=False
    )
    op.create_index(op.f("ix_fraud_chargebacks_ip"), "fraud_chargebacks", ["ip"], unique=False)
    op.create_index(
        op.f("ix_fraud_chargebacks_known_at"), "fraud_chargebacks", ["known_at"], unique=False
    )
    op.create_table(
        "fraud_events",
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("placed_at", sa.DateTime(), nullable=False),
        sa.Column("customer", sa.String(length=64), nullable=True),
        sa.Column("device", sa.String(length=32), nullable=True),
        sa.Column("card", sa.String(length=32), nullable=True),
        sa.Column("address", sa.String(length=32), nullable=True),
        sa.Column("ip", sa.String(length=32), nullable=True),
        sa.Column("coupon", sa.String(length=64), nullable=True),
        sa.Column("row", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_fraud_events")),
    )
    op.create_index("ix_fraud_events_address", "fraud_events", ["address"], unique=False)
    op.create_index("ix_fraud_events_card", "fraud_events", ["card"], unique=False)
    op.create_index("ix_fraud_events_customer", "fraud_events", ["customer"], unique=False)
    op.create_index("ix_fraud_events_device", "fraud_events", ["device"], unique=False)
    op.create_index("ix_fraud_events_coupon", "fraud_events", ["coupon"], unique=False)
    op.create_index("ix_fraud_events_ip", "fraud_events", ["ip"], unique=False)
    op.create_index(op.f("ix_fraud_events_placed_at"), "fraud_events", ["placed_at"], unique=False)
    op.create_table(
        "fraud_marks",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("details", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_fraud_marks")),
    )
    op.create_table(
        "fraud_profiles",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(), nullable=False),
        sa.Column("last_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_fraud_profiles")),
    )
    op.create_table(
        "fraud_releases",
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_fraud_releases")),
    )
    op.create_table(
        "fraud_saved_views",
        sa.Column("view_id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("filters", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("view_id", name=op.f("pk_fraud_saved_views")),
    )
    op.create_index(
        op.f("ix_fraud_saved_views_owner"), "fraud_saved_views", ["owner"], unique=False
    )
    op.create_table(
        "fraud_scores",
        sa.Column("score_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("model_version", sa.Integer(), nullable=False),
        sa.Column("shadow", sa.Boolean(), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("risk", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=True),
        sa.Column("expected_loss", sa.BigInteger(), nullable=False),
        sa.Column("features", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("factors", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("score_id", name=op.f("pk_fraud_scores")),
    )
    op.create_index("ix_fraud_scores_made_at", "fraud_scores", ["made_at"], unique=False)
    op.create_index(
        "ix_fraud_scores_order_id", "fraud_scores", ["order_id", "made_at"], unique=False
    )
    op.create_table(
        "fraud_decisions",
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("case_version", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("model_version", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("batch", sa.String(length=40), nullable=True),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.Column("undone_by", sa.String(length=120), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["fraud_cases.case_id"], name=op.f("fk_fraud_decisions_case_id")
        ),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_fraud_decisions")),
    )
    op.create_index("ix_fraud_decisions_at", "fraud_decisions", ["at"], unique=False)
    op.create_index(
        op.f("ix_fraud_decisions_case_id"), "fraud_decisions", ["case_id"], unique=False
    )
    op.create_index("ix_fraud_decisions_order_id", "fraud_decisions", ["order_id"], unique=False)
    op.create_table(
        "fraud_notes",
        sa.Column("note_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["fraud_cases.case_id"], name=op.f("fk_fraud_notes_case_id")
        ),
        sa.PrimaryKeyConstraint("note_id", name=op.f("pk_fraud_notes")),
    )
    op.create_index(op.f("ix_fraud_notes_case_id"), "fraud_notes", ["case_id"], unique=False)
    op.create_table(
        "fraud_viewers",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["fraud_cases.case_id"], name=op.f("fk_fraud_viewers_case_id")
        ),
        sa.PrimaryKeyConstraint("case_id", "name", name=op.f("pk_fraud_viewers")),
    )
    op.create_table(
        "fraud_messages",
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("payload", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(), nullable=True),
        sa.Column("last_error", sa.String(length=300), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["fraud_decisions.decision_id"],
            name=op.f("fk_fraud_messages_decision_id"),
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_fraud_messages")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_fraud_messages_decision_id")),
    )
    op.create_index(op.f("ix_fraud_messages_due_at"), "fraud_messages", ["due_at"], unique=False)


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)
