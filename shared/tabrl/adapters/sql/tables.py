"""The tables. `candidate_sources` stands alone: a trainer's database role may not read it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeAlias

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
    text,
)

from tabrl.domain.people import LOCAL

Columns: TypeAlias = tuple[object, ...]  # of a query; models check what comes
Stored: TypeAlias = Row[Columns]
Values: TypeAlias = dict[str, object]  # to be written, by column
metadata = MetaData()


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes, also on SQLite, which keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite compares the text, so every value must be written alike."""
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Back to aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


tasks = Table(
    "tasks",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("owner", Text, nullable=False, server_default=LOCAL),
    Column("robot", String(32), nullable=False),
    Column("prompt", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("job_id", String(32), nullable=False),
    Column("understood", JSON, nullable=False),
    Column("not_understood", JSON, nullable=False),
    Column("parent", JSON(none_as_null=True), nullable=True),
    Column("usage", JSON(none_as_null=True), nullable=True),
    Column("dropped", JSON, nullable=False, server_default="[]"),
    Column("notices", JSON, nullable=False, server_default="[]"),
    Column("starred", Boolean, nullable=False, server_default=false()),
    Index("ix_tasks_owner", "owner", "seq"),
)

candidates = Table(
    "candidates",
    metadata,
    Column("task_id", String(32), ForeignKey("tasks.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("body", JSON, nullable=False),
    Column("preview", JSON, nullable=True),
)

candidate_sources = Table(
    "candidate_sources",
    metadata,
    Column("task_id", String(32), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("source", Text, nullable=False),
)

# What a user made of a candidate, until a worker has checked it. Never for a trainer's eyes.
revisions = Table(
    "revisions",
    metadata,
    Column("job_id", String(32), primary_key=True),
    Column("task_id", String(32), nullable=False),
    Column("body", JSON, nullable=False),
)

# Artifacts that passed the verifier; a trainer loads no others. What an earlier verifier passed is
# built again: `replaced_by` is the artifact that came of it, `refused` why none did.
verified_artifacts = Table(
    "verified_artifacts",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("robot", String(32), nullable=False),
    Column("verifier", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("replaced_by", String(64), nullable=True),
    Column("refused", String(64), nullable=True),
)

jobs = Table(
    "jobs",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    # No foreign key: a trainer may change jobs but not look into tasks.
    Column("task_id", String(32), nullable=False),
    Column("owner", Text, nullable=False, server_default=LOCAL),
    Column("candidate", Integer, nullable=True),
    Column("robot", String(32), nullable=False),
    Column("model_id", String(32), nullable=True),
    Column("spec", JSON(none_as_null=True), nullable=True),
    Column("fence", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("lease_until", UtcDateTime, nullable=True),
    Column("queued_at", UtcDateTime, nullable=False),
    Column("enqueued_at", UtcDateTime, nullable=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime, nullable=True),
    Column("finished_at", UtcDateTime, nullable=True),
    Column("failure", JSON(none_as_null=True), nullable=True),
    Column("result", JSON(none_as_null=True), nullable=True),
    Column("weights", JSON(none_as_null=True), nullable=True),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("rank", Integer, nullable=False, server_default="0"),
    Column("spec_version", Integer, nullable=False, server_default="1"),
    Column("outages", Integer, nullable=False, server_default="0"),
    Column("not_before", UtcDateTime, nullable=True),
    Column("claimed_at", UtcDateTime, nullable=True),
    Column("stage", String(32), nullable=True),
    Column("progress", JSON(none_as_null=True), nullable=True),
    Column("deadline_s", Float, nullable=True),
    Index("ix_jobs_queue", "state", "kind", "priority", "rank", "seq"),
    Index("ix_jobs_ranked", "kind", "owner", "priority", "rank"),
    Index("ix_jobs_leased", "state", "lease_until"),
    Index("ix_jobs_kind", "kind", "seq"),
    Index(
        "ix_jobs_served",
        "kind",
        "priority",
        "rank",
        sqlite_where=text("fence > 0"),
        postgresql_where=text("fence > 0"),
    ),
    Index("ix_jobs_task_id", "task_id"),
    Index("ix_jobs_owner", "owner", "seq"),
)

models = Table(
    "models",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("job_id", String(32), ForeignKey("jobs.id"), nullable=False, unique=True),
    Column("task_id", String(32), nullable=False),
    Column("owner", Text, nullable=False, server_default=LOCAL),
    Column("robot", String(32), nullable=False),
    Column("scene_sha256", String(64), nullable=False),
    Column("params_key", String(200), nullable=False),
    Column("params_version", Integer, nullable=False),
    Column("params_sha256", String(64), nullable=False),
    Column("step", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_models_updated", "updated_at", "seq"),
    Index("ix_models_owner", "owner", "updated_at"),
)

# Secrets are kept as hashes. None of these is for a trainer's eyes.
tokens = Table(
    "tokens",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("owner", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime, nullable=True),
)

shares = Table(
    "shares",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("model_id", String(32), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_shares_model_id", "model_id"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("scope", String(80), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("body_sha256", String(64), nullable=False),
    Column("resource_ids", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

# What is kept of an ended job: its events, which Redis forgets, and whether its snapshots are gone.
job_records = Table(
    "job_records",
    metadata,
    Column("job_id", String(32), primary_key=True),
    Column("events", JSON, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("cleared_at", UtcDateTime, nullable=True),
)

# Folders of the object store that nothing names any more; what deletes a row says so here first.
blob_deletions = Table(
    "blob_deletions",
    metadata,
    Column("prefix", String(200), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
)

__all__ = [
    "UtcDateTime",
    "blob_deletions",
    "candidate_sources",
    "candidates",
    "idempotency_keys",
    "job_records",
    "jobs",
    "metadata",
    "models",
    "revisions",
    "shares",
    "tasks",
    "tokens",
    "verified_artifacts",
]
