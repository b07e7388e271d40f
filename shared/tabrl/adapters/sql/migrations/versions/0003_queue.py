"""Owners; what a job is claimed by, and how far it is; indexes for long queues and lists."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from tabrl.adapters.sql.tables import UtcDateTime

revision = "0003"
down_revision = "0002"

_OWNED = ("tasks", "jobs", "models")
_COUNTS = {"priority": "0", "rank": "0", "spec_version": "1", "outages": "0"}
_TIMES = ("not_before", "claimed_at")
_DOCUMENTS: dict[str, sa.types.TypeEngine[Any]] = {
    "stage": sa.String(32),
    "progress": sa.JSON(),
    "deadline_s": sa.Float(),
}
_INDEXES = {
    "ix_jobs_queue": ["state", "kind", "priority", "rank", "seq"],
    "ix_jobs_ranked": ["kind", "owner", "priority", "rank"],
    "ix_jobs_leased": ["state", "lease_until"],
    "ix_jobs_kind": ["kind", "seq"],
}


def upgrade() -> None:
    """Add to what is there: all of it belongs to the one local person and keeps its order."""
    for table in _OWNED:
        op.add_column(table, sa.Column("owner", sa.Text, nullable=False, server_default="local"))
    for name, default in _COUNTS.items():
        op.add_column("jobs", sa.Column(name, sa.Integer, nullable=False, server_default=default))
    for name in _TIMES:
        op.add_column("jobs", sa.Column(name, UtcDateTime, nullable=True))
    for name, kind in _DOCUMENTS.items():
        op.add_column("jobs", sa.Column(name, kind, nullable=True))
    for name, columns in _INDEXES.items():
        op.create_index(name, "jobs", columns)
    claimed = sa.text("fence > 0")
    op.create_index(
        "ix_jobs_served",
        "jobs",
        ["kind", "priority", "rank"],
        sqlite_where=claimed,
        postgresql_where=claimed,
    )
    op.drop_index("ix_jobs_state_kind", "jobs")
    op.create_index("ix_models_updated", "models", ["updated_at", "seq"])


def downgrade() -> None:
    """Back to one queue of one person."""
    op.drop_index("ix_models_updated", "models")
    op.create_index("ix_jobs_state_kind", "jobs", ["state", "kind"])
    for name in ("ix_jobs_served", *_INDEXES):
        op.drop_index(name, "jobs")
    for name in (*_DOCUMENTS, *_TIMES, *_COUNTS):
        op.drop_column("jobs", name)
    for table in _OWNED:
        op.drop_column(table, "owner")
