"""Idempotency keys, kept in the transaction that creates what they name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from tabrl.adapters.sql.tables import idempotency_keys
from tabrl.domain.errors import reused_key
from tabrl.ports.jobs import IdempotencyKey


def remember(
    connection: Connection, key: IdempotencyKey, ids: Sequence[str], now: datetime
) -> list[str] | None:
    """Bind a key to the resources about to be created.

    `None` if the key is new, the ids of the first time if the same request came before. Two
    racing requests are told apart by the primary key: the second waits for the first to commit.
    Raises `Conflict` (code `idempotency_key_reused`) if the key came with another body.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    created = connection.execute(
        dialect.insert(idempotency_keys)
        .values(
            scope=key.scope,
            key=key.key,
            body_sha256=key.body_sha256,
            resource_ids=list(ids),
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(idempotency_keys.c.key)
    )
    if created.first() is not None:
        return None
    row = connection.execute(
        select(idempotency_keys.c.body_sha256, idempotency_keys.c.resource_ids).where(
            idempotency_keys.c.scope == key.scope, idempotency_keys.c.key == key.key
        )
    ).one()
    if row.body_sha256 != key.body_sha256:
        raise reused_key()
    return list(row.resource_ids)
