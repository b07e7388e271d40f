"""Tokens in the database of the stack on this machine, through a process of the api."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from tabrl_local.errors import CommandError

MODULE = "tabrl_api.tokens"  # in a process of its own: the command line has no storage


class TokenView(BaseModel):
    """A token as it is listed; `token` itself only where it was just made."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    owner: str
    note: str
    created_at: datetime
    revoked_at: datetime | None = None
    token: str | None = None


_ONE: TypeAdapter[TokenView] = TypeAdapter(TokenView)
_ALL: TypeAdapter[list[TokenView]] = TypeAdapter(list[TokenView])


def create_token(owner: str, note: str, data: Path | None) -> TokenView:
    """A new token. Raises CommandError for a name that none can have."""
    return _ONE.validate_python(_ask("create", owner, f"--note={note}", data=data))


def list_tokens(data: Path | None) -> list[TokenView]:
    """All tokens, oldest first, revoked ones as well."""
    return _ALL.validate_python(_ask("list", data=data))


def revoke_token(token_id: str, data: Path | None) -> TokenView:
    """End a token. Raises CommandError if there is none of this id."""
    return _ONE.validate_python(_ask("revoke", token_id, data=data))


def raise_unless_guarded(environ: Mapping[str, str]) -> None:
    """Raises CommandError if a stack with this environment would be open to strangers."""
    _ask("check", environ=environ)


def _ask(
    *arguments: str, data: Path | None = None, environ: Mapping[str, str] = os.environ
) -> object:
    environment = dict(environ)
    if data is not None:
        environment["TABRL_DATA"] = str(data.expanduser().absolute())
    done = subprocess.run(
        [sys.executable, "-m", MODULE, *arguments],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        answer = json.loads(done.stdout)
    except ValueError as error:
        last = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        raise CommandError(f"the tokens cannot be reached: {last}", code="unreachable") from error
    if done.returncode:
        raise CommandError(answer["detail"], hint=answer["hint"], code=answer["code"])
    return answer
