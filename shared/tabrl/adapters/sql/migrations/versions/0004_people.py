"""Lists by owner; tokens; links to shared models."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tabrl.adapters.sql.tables import UtcDateTime

revision = "0004"
down_revision = "0003"

_OWNED = {"tasks": "seq", "jobs": "seq", "models": "updated_at"}  # by what lists are ordered


def upgrade() -> None:
    """Add to what is there; it belongs to whoever uses it where nobody logs in."""
    for table, order in _OWNED.items():
        op.create_index(f"ix_{table}_owner", table, ["owner", order])
    op.create_table(
        "tokens",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(32), nullable=False, unique=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("revoked_at", UtcDateTime, nullable=True),
    )
    op.create_table(
        "shares",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("model_id", sa.String(32), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_shares_model_id", "shares", ["model_id"])


def downgrade() -> None:
    """Back to one person."""
    op.drop_table("shares")
    op.drop_table("tokens")
    for table in _OWNED:
        op.drop_index(f"ix_{table}_owner", table)
