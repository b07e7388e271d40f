"""Stars of tasks, records of ended jobs, blobs to be deleted, artifacts that were built again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tabrl.adapters.sql.tables import UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add to what is there; earlier tasks have no star, earlier jobs no record yet."""
    op.add_column(
        "tasks", sa.Column("starred", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.add_column("verified_artifacts", sa.Column("replaced_by", sa.String(64), nullable=True))
    op.add_column("verified_artifacts", sa.Column("refused", sa.String(64), nullable=True))
    op.create_table(
        "job_records",
        sa.Column("job_id", sa.String(32), primary_key=True),
        sa.Column("events", sa.JSON, nullable=False),
        sa.Column("recorded_at", UtcDateTime, nullable=False),
        sa.Column("cleared_at", UtcDateTime, nullable=True),
    )
    op.create_table(
        "blob_deletions",
        sa.Column("prefix", sa.String(200), primary_key=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    """Back to keeping everything."""
    op.drop_table("blob_deletions")
    op.drop_table("job_records")
    op.drop_column("verified_artifacts", "refused")
    op.drop_column("verified_artifacts", "replaced_by")
    op.drop_column("tasks", "starred")
