"""Tasks, candidates, sources, jobs, models and idempotency keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tabrl.adapters.sql.tables import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything."""
    op.create_table(
        "tasks",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(32), nullable=False, unique=True),
        sa.Column("robot", sa.String(32), nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("understood", sa.JSON, nullable=False),
        sa.Column("not_understood", sa.JSON, nullable=False),
    )
    op.create_table(
        "candidates",
        sa.Column("task_id", sa.String(32), sa.ForeignKey("tasks.id"), primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("preview", sa.JSON, nullable=True),
    )
    op.create_table(
        "candidate_sources",
        sa.Column("task_id", sa.String(32), primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
    )
    op.create_table(
        "jobs",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(32), nullable=False, unique=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("task_id", sa.String(32), nullable=False),
        sa.Column("candidate", sa.Integer, nullable=True),
        sa.Column("robot", sa.String(32), nullable=False),
        sa.Column("model_id", sa.String(32), nullable=True),
        sa.Column("spec", sa.JSON, nullable=True),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("lease_until", UtcDateTime, nullable=True),
        sa.Column("queued_at", UtcDateTime, nullable=False),
        sa.Column("enqueued_at", UtcDateTime, nullable=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=True),
        sa.Column("finished_at", UtcDateTime, nullable=True),
        sa.Column("failure", sa.JSON, nullable=True),
        sa.Column("result", sa.JSON, nullable=True),
    )
    op.create_index("ix_jobs_state_kind", "jobs", ["state", "kind"])
    op.create_index("ix_jobs_task_id", "jobs", ["task_id"])
    op.create_table(
        "models",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(32), nullable=False, unique=True),
        sa.Column("job_id", sa.String(32), sa.ForeignKey("jobs.id"), nullable=False, unique=True),
        sa.Column("task_id", sa.String(32), nullable=False),
        sa.Column("robot", sa.String(32), nullable=False),
        sa.Column("scene_sha256", sa.String(64), nullable=False),
        sa.Column("params_key", sa.String(200), nullable=False),
        sa.Column("params_version", sa.Integer, nullable=False),
        sa.Column("params_sha256", sa.String(64), nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.String(80), primary_key=True),
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("body_sha256", sa.String(64), nullable=False),
        sa.Column("resource_ids", sa.JSON, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    """Drop everything."""
    for table in (
        "idempotency_keys",
        "models",
        "jobs",
        "candidate_sources",
        "candidates",
        "tasks",
    ):
        op.drop_table(table)
