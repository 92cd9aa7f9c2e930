"""Alembic's entry: always on the connection, and inside the transaction, of upgrades.py."""

from __future__ import annotations

from alembic import context

from data_access.state.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,  # SQLite can: a migration that fails leaves nothing behind
    render_as_batch=True,  # SQLite alters a table by copying it
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
