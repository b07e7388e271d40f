"""Who asks: owners, their tokens, links to what they share, and tickets for one connection.

A token, a link and a ticket are secrets. Only their hashes are ever kept.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from tabrl.domain.errors import Invalid

LOCAL = "local"  # who asks where nobody logs in
NOBODY = ""  # owns nothing: no owner's name is empty
TOKEN, SHARE, TICKET = "tabrl_", "share_", "ticket_"
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,99}")
_RANDOM_BYTES = 30  # exactly 48 base32 characters, no padding


class Token(BaseModel):
    """What is known of a personal token: all but the token."""

    model_config = ConfigDict(frozen=True)

    id: str
    owner: str
    note: str = ""
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True)
class Person:
    """Who a request is from; with `guest_of`, one who may only look at that model."""

    owner: str
    guest_of: str | None = None

    @property
    def key(self) -> str:
        """Whose limits a request counts against."""
        return self.owner if self.guest_of is None else f"guest:{self.guest_of}"


@dataclass(frozen=True)
class Ticket:
    """Lets whoever a limit key stands for open one address once."""

    key: str
    address: str


def owner_name(text: str) -> str:
    """A name as owners have it, in lower case. Raises `Invalid` (code `bad_owner`)."""
    name = text.strip().lower()
    if not _NAME.fullmatch(name):
        raise Invalid(
            "An owner's name has 1 to 100 letters, digits and . _ @ + -, and begins with a letter "
            "or digit.",
            code="bad_owner",
        )
    return name


def new_secret(prefix: str) -> str:
    """A secret of 240 random bits that says what it is for."""
    return prefix + base64.b32encode(secrets.token_bytes(_RANDOM_BYTES)).decode().lower()


def digest(secret: str) -> str:
    """What is kept of a secret: its SHA-256. It is random, so it needs no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()
