"""`tabrl quote` and `tabrl keep-going`: parse, call, print."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from tabrl.contracts.tiers import MAX_MINUTES, MIN_MINUTES
from tabrl_local.robots import chosen_robot
from tabrl_local.run import go_on
from tabrl_local.run_report import print_run_report
from tabrl_local.terminal.connection import AsJson, Port, Url, connect
from tabrl_local.terminal.quotes import quote_lines
from tabrl_local.training.length import Length

AskedTier = Annotated[
    str | None,
    typer.Option(
        "--tier", help="command (seconds), fine-tune (a minute) or full (as many as asked for)."
    ),
]
AskedMinutes = Annotated[
    int | None,
    typer.Option(
        "--minutes", min=MIN_MINUTES, max=MAX_MINUTES, help="Of the tier full; 10 unless given."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to `tabrl`."""
    app.command()(quote)
    app.command("keep-going")(keep_going)


def quote(
    robot: Annotated[
        str | None, typer.Option(help="A robot's id; else the first that can learn.")
    ] = None,
    trainings: Annotated[int, typer.Option(min=1, max=100, help="Candidates to train.")] = 1,
    tier: AskedTier = None,
    minutes: AskedMinutes = None,
    as_json: AsJson = False,
    url: Url = None,
    port: Port = None,
) -> None:
    """Say what a sentence will take: seconds, samples and money, as such jobs took lately."""
    length = Length.of(tier, minutes)
    with connect(url, port) as api:
        found = api.quote(chosen_robot(api, robot).id, trainings, length)
    print(found.model_dump_json(indent=2) if as_json else "\n".join(quote_lines(found)))


def keep_going(
    result: Annotated[
        str, typer.Argument(metavar="MODEL|JOB", help="A model's id, or its training's.")
    ],
    tier: AskedTier = None,
    minutes: AskedMinutes = None,
    as_json: AsJson = False,
    url: Url = None,
    port: Port = None,
) -> None:
    """Train on from a result, with the same reward; without options in the next tier."""
    console = Console(stderr=True)
    with connect(url, port) as api:
        report = go_on(api, result, Length.of(tier, minutes), console)
    if as_json:
        print(report.model_dump_json(indent=2, exclude_none=True))
    else:
        print_run_report(report, Console())
