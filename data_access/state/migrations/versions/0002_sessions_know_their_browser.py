"""Sessions know the browser that opened them, so that a stolen cookie is noticed.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "sessions", sa.Column("browser", sa.String(length=64), server_default="", nullable=False)
    )


def downgrade() -> None:
    with op.batch_alter_table("sessions") as table:
        table.drop_column("browser")
