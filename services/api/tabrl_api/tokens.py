"""`python -m tabrl_api.tokens`: create, list and revoke tokens, on a machine with the database.

It prints JSON, for `tabrl token` to show.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from tabrl.adapters.clock import SystemClock
from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.migrate import upgrade
from tabrl.adapters.sql.people import SqlTokenRepository
from tabrl.domain.errors import TabrlError
from tabrl.domain.ids import new_token_id
from tabrl.domain.people import TOKEN, Token, digest, new_secret, owner_name
from tabrl.ports import Clock, TokenRepository
from tabrl_api.people.start import raise_unless_guarded


def create(owner: str, note: str, tokens: TokenRepository, clock: Clock) -> dict[str, object]:
    """A new token, which is shown this once. Raises `Invalid` (code `bad_owner`)."""
    secret = new_secret(TOKEN)
    token = Token(id=new_token_id(), owner=owner_name(owner), note=note, created_at=clock.now())
    tokens.add(token, digest(secret))
    return {**token.model_dump(mode="json"), "token": secret}


def answer(arguments: argparse.Namespace, settings: Settings) -> object:
    """What a command prints. Raises `TabrlError`."""
    engine, clock = make_engine(settings.database), SystemClock()
    upgrade(engine)
    tokens = SqlTokenRepository(engine, clock)
    match arguments.command:
        case "create":
            return create(arguments.owner, arguments.note, tokens, clock)
        case "revoke":
            return tokens.revoke(arguments.id).model_dump(mode="json")
        case "check":
            raise_unless_guarded(settings, tokens)
            return {}
    return [token.model_dump(mode="json") for token in tokens.list()]


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point: JSON on standard output; a failure is JSON, too, with exit code 1."""
    parser = argparse.ArgumentParser(prog="tabrl_api.tokens", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    made = commands.add_parser("create")
    made.add_argument("owner")
    made.add_argument("--note", default="")
    commands.add_parser("list")
    commands.add_parser("revoke").add_argument("id")
    commands.add_parser("check")
    try:
        print(json.dumps(answer(parser.parse_args(arguments), Settings())))
    except TabrlError as error:
        print(json.dumps({"detail": error.message, "code": error.code, "hint": error.hint}))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
