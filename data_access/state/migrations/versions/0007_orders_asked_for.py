"""Whole orders that a program asked a score for are remembered at once.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INDEXED = ("asked_at", "customer", "device", "card", "address", "ip", "coupon")


def upgrade() -> None:
    op.create_table(
        "fraud_asked",
        sa.Column("order_id", sa.String(64), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("placed_at", sa.DateTime(), nullable=False),
        sa.Column("customer", sa.String(64), nullable=True),
        sa.Column("device", sa.String(32), nullable=True),
        sa.Column("card", sa.String(32), nullable=True),
        sa.Column("address", sa.String(32), nullable=True),
        sa.Column("ip", sa.String(32), nullable=True),
        sa.Column("coupon", sa.String(64), nullable=True),
        sa.Column("row", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_fraud_asked")),
    )
    for name in INDEXED:
        op.create_index(op.f(f"ix_fraud_asked_{name}"), "fraud_asked", [name])


def downgrade() -> None:
    op.drop_table("fraud_asked")
