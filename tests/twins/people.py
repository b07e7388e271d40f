"""Tokens, links and tickets in memory."""

from __future__ import annotations

from tabrl.domain.errors import NotFound
from tabrl.domain.people import TICKET, Ticket, Token, new_secret
from tabrl.ports.people import Tokens
from tests.twins.database import MemoryDatabase


class MemoryTokenRepository:
    """A `TokenRepository` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._db = database
        self._tokens: dict[str, Token] = {}

    def add(self, token: Token, sha256: str) -> None:
        """Keep a token under its hash."""
        self._tokens[sha256] = token

    def list(self) -> Tokens:
        """All of them, oldest first."""
        return sorted(self._tokens.values(), key=lambda token: (token.created_at, token.id))

    def revoke(self, token_id: str) -> Token:
        """From now on it is worth nothing. Raises `NotFound` (code `unknown_token`)."""
        for sha256, token in self._tokens.items():
            if token.id == token_id:
                at = token.revoked_at or self._db.clock.now()
                self._tokens[sha256] = token.model_copy(update={"revoked_at": at})
                return self._tokens[sha256]
        raise NotFound(f"There is no token {token_id}.", code="unknown_token")

    def owner_of(self, sha256: str) -> str | None:
        """Whose token that is; None if there is none or it was revoked."""
        token = self._tokens.get(sha256)
        return token.owner if token is not None and token.revoked_at is None else None

    def any_valid(self) -> bool:
        """Whether anybody can log in."""
        return any(token.revoked_at is None for token in self._tokens.values())


class MemoryShareRepository:
    """A `ShareRepository` in memory."""

    def __init__(self) -> None:
        self._models: dict[str, str] = {}

    def add(self, model_id: str, sha256: str) -> None:
        """Keep a link under its hash."""
        self._models[sha256] = model_id

    def remove(self, model_id: str) -> None:
        """End all links to a model."""
        self._models = {key: one for key, one in self._models.items() if one != model_id}

    def model_of(self, sha256: str) -> str | None:
        """The model that a link leads to; None if there is no such link."""
        return self._models.get(sha256)


class MemoryTicketStore:
    """A `TicketStore` in memory, whose tickets do not grow old."""

    def __init__(self) -> None:
        self._tickets: dict[str, Ticket] = {}

    def issue(self, ticket: Ticket) -> str:
        """The secret to show."""
        secret = new_secret(TICKET)
        self._tickets[secret] = ticket
        return secret

    def redeem(self, secret: str) -> Ticket | None:
        """What it is for, once."""
        return self._tickets.pop(secret, None)
