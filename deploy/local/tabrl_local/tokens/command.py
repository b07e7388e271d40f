"""`tabrl token create|list|revoke`: parse, call, print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tabrl_local.terminal import output
from tabrl_local.tokens import process as tokens

app = typer.Typer(
    no_args_is_help=True, help="Who may log in to the stack whose database this machine reaches."
)

Data = Annotated[
    Path | None, typer.Option(help="Where the stack keeps everything; else TABRL_DATA, or var.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Only JSON on standard output.")]


@app.command("create")
def create(
    owner: Annotated[str, typer.Argument(help="Who it is for: a name or an address.")],
    note: Annotated[str, typer.Option(help="What it is for, such as a machine's name.")] = "",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Make a token and print it, this once."""
    made = tokens.create_token(owner, note, data)
    if as_json:
        print(made.model_dump_json(indent=2))
        return
    print(made.token)
    Console(stderr=True).print(
        f"{made.id} of {escape(made.owner)}: it is shown this once. Set TABRL_TOKEN to it, or "
        "give it to the page.",
        soft_wrap=True,
    )


@app.command("list")
def list_all(as_json: AsJson = False, data: Data = None) -> None:
    """List tokens, but not what they are: only hashes are kept."""
    found = tokens.list_tokens(data)
    if as_json:
        rows = [one.model_dump(mode="json", exclude={"token"}) for one in found]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False)
    for column in ("token", "owner", "created", "revoked", "note"):
        table.add_column(column, no_wrap=True)
    for one in found:
        created, revoked = (
            "" if at is None else at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
            for at in (one.created_at, one.revoked_at)
        )
        table.add_row(one.id, escape(one.owner), created, revoked, escape(one.note))
    output().print(table if found else "no tokens")


@app.command("revoke")
def revoke(
    token: Annotated[str, typer.Argument(help="A token's id, tok_….")], data: Data = None
) -> None:
    """End a token: from the next request on it is worth nothing."""
    ended = tokens.revoke_token(token, data)
    print(f"{ended.id}: revoked")
