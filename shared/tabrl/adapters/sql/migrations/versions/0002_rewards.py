"""Lineage, costs and dropped rewards of tasks; revisions; verified artifacts; live weights."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tabrl.adapters.sql.tables import UtcDateTime

revision = "0002"
down_revision = "0001"

_TASK_COLUMNS = ("parent", "usage", "dropped", "notices")


def upgrade() -> None:
    """Add to what is there; earlier tasks have no parent, cost nothing and dropped nothing."""
    op.add_column("tasks", sa.Column("parent", sa.JSON, nullable=True))
    op.add_column("tasks", sa.Column("usage", sa.JSON, nullable=True))
    for name in ("dropped", "notices"):
        op.add_column("tasks", sa.Column(name, sa.JSON, nullable=False, server_default="[]"))
    op.add_column("jobs", sa.Column("weights", sa.JSON, nullable=True))
    op.create_table(
        "revisions",
        sa.Column("job_id", sa.String(32), primary_key=True),
        sa.Column("task_id", sa.String(32), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
    )
    op.create_table(
        "verified_artifacts",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("robot", sa.String(32), nullable=False),
        sa.Column("verifier", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    """Back to tasks without lineage."""
    op.drop_table("verified_artifacts")
    op.drop_table("revisions")
    op.drop_column("jobs", "weights")
    for name in _TASK_COLUMNS:
        op.drop_column("tasks", name)
