"""Where tokens and links are kept, and tickets for the seconds they live."""

from __future__ import annotations

from typing import Protocol

from tabrl.domain.people import Ticket, Token

Tokens = list[Token]  # a class with a method `list` cannot name the builtin


class TokenRepository(Protocol):
    """Personal tokens, by their hashes."""

    def add(self, token: Token, sha256: str) -> None:
        """Keep a token under its hash."""
        ...

    def list(self) -> Tokens:
        """All of them, oldest first, revoked ones as well."""
        ...

    def revoke(self, token_id: str) -> Token:
        """From now on it is worth nothing. Raises `NotFound` (code `unknown_token`)."""
        ...

    def owner_of(self, sha256: str) -> str | None:
        """Whose token that is; None if there is none or it was revoked."""
        ...

    def any_valid(self) -> bool:
        """Whether anybody can log in."""
        ...


class ShareRepository(Protocol):
    """Links by which others may look at a model, by their hashes."""

    def add(self, model_id: str, sha256: str) -> None:
        """Keep a link under its hash."""
        ...

    def remove(self, model_id: str) -> None:
        """End all links to a model."""
        ...

    def model_of(self, sha256: str) -> str | None:
        """The model that a link leads to; None if there is no such link."""
        ...


class TicketStore(Protocol):
    """Tickets: each is good once, for a few seconds."""

    def issue(self, ticket: Ticket) -> str:
        """The secret to show. Raises `Unavailable`."""
        ...

    def redeem(self, secret: str) -> Ticket | None:
        """What it is for; None if it is unknown, used or too old. Raises `Unavailable`."""
        ...
