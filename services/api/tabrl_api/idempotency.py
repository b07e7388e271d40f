"""The `Idempotency-Key` header: the same request twice has one effect."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import Header
from pydantic import BaseModel, StringConstraints

from tabrl.domain.people import LOCAL, Person, digest
from tabrl.ports import IdempotencyKey

_OWNER_DIGITS = 32
KeyHeader = Annotated[
    Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,200}$")] | None,
    Header(
        alias="Idempotency-Key",
        description="Names this request: the same key and body give the same answer again.",
    ),
]


def idempotency_key(
    header: str | None, scope: str, body: BaseModel, person: Person
) -> IdempotencyKey | None:
    """The key of a request, bound to who asks, what and how; `None` without the header."""
    if header is None:
        return None
    if person.owner != LOCAL:  # names are longer than the column
        scope = f"{digest(person.owner)[:_OWNER_DIGITS]}:{scope}"
    asked = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
    return IdempotencyKey(scope, header, asked)
