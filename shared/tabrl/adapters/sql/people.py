"""Tokens and links in SQL, by their hashes."""

from __future__ import annotations

from sqlalchemy import Engine, delete, insert, select, update

from tabrl.adapters.sql.engine import reading, writing
from tabrl.adapters.sql.tables import shares, tokens
from tabrl.domain.errors import NotFound
from tabrl.domain.people import Token
from tabrl.ports.people import Tokens
from tabrl.ports.queue import Clock

_COLUMNS = [column for column in tokens.c if column.name != "sha256"]


class SqlTokenRepository:
    """A `TokenRepository` in SQLite or PostgreSQL."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, token: Token, sha256: str) -> None:
        """Keep a token under its hash."""
        with writing(self._engine) as connection:
            connection.execute(insert(tokens).values(sha256=sha256, **token.model_dump()))

    def list(self) -> Tokens:
        """All of them, oldest first."""
        query = select(*_COLUMNS).order_by(tokens.c.created_at, tokens.c.id)
        with reading(self._engine) as connection:
            return [Token.model_validate(dict(row._mapping)) for row in connection.execute(query)]

    def revoke(self, token_id: str) -> Token:
        """From now on it is worth nothing. Raises `NotFound` (code `unknown_token`)."""
        own = tokens.c.id == token_id
        valid = update(tokens).where(own, tokens.c.revoked_at.is_(None))
        with writing(self._engine) as connection:
            connection.execute(valid.values(revoked_at=self._clock.now()))
            row = connection.execute(select(*_COLUMNS).where(own)).one_or_none()
        if row is None:
            raise NotFound(f"There is no token {token_id}.", code="unknown_token")
        return Token.model_validate(dict(row._mapping))

    def owner_of(self, sha256: str) -> str | None:
        """Whose token that is; None if there is none or it was revoked."""
        query = select(tokens.c.owner).where(
            tokens.c.sha256 == sha256, tokens.c.revoked_at.is_(None)
        )
        with reading(self._engine) as connection:
            return connection.execute(query).scalar_one_or_none()

    def any_valid(self) -> bool:
        """Whether anybody can log in."""
        query = select(tokens.c.id).where(tokens.c.revoked_at.is_(None)).limit(1)
        with reading(self._engine) as connection:
            return connection.execute(query).first() is not None


class SqlShareRepository:
    """A `ShareRepository` in SQLite or PostgreSQL."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, model_id: str, sha256: str) -> None:
        """Keep a link under its hash."""
        row = {"sha256": sha256, "model_id": model_id, "created_at": self._clock.now()}
        with writing(self._engine) as connection:
            connection.execute(insert(shares).values(row))

    def remove(self, model_id: str) -> None:
        """End all links to a model."""
        with writing(self._engine) as connection:
            connection.execute(delete(shares).where(shares.c.model_id == model_id))

    def model_of(self, sha256: str) -> str | None:
        """The model that a link leads to; None if there is no such link."""
        query = select(shares.c.model_id).where(shares.c.sha256 == sha256)
        with reading(self._engine) as connection:
            return connection.execute(query).scalar_one_or_none()
