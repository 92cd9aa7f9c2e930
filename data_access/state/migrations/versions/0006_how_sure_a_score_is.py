"""Scores of fraud review know how sure they are, and whether that was too little to act on.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("fraud_scores", sa.Column("confidence", sa.Double(), nullable=True))
    op.add_column(
        "fraud_scores",
        sa.Column("unsure", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_index("ix_fraud_scores_unsure", "fraud_scores", ["unsure", "made_at"])


def downgrade() -> None:
    op.drop_index("ix_fraud_scores_unsure", table_name="fraud_scores")
    with op.batch_alter_table("fraud_scores") as table:
        table.drop_column("unsure")
        table.drop_column("confidence")
