"""Alembic's entry: runs on the connection that `migrate` hands over."""

from __future__ import annotations

from alembic import context

from tabrl.adapters.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can roll schema changes back because the engine begins transactions explicitly.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
