"""The `tabrl` command: parse, call, print."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tabrl_local.errors import CommandError
from tabrl_local.launcher import up as launch
from tabrl_local.operating import commands as operating
from tabrl_local.robots import refusals, robot_document, robot_table, robots_here
from tabrl_local.run import RunOptions, run_task
from tabrl_local.run_report import print_run_report
from tabrl_local.stack import LaunchOptions
from tabrl_local.terminal import output
from tabrl_local.terminal.connection import DEFAULT_PORT, AsJson, Port, Url, connect
from tabrl_local.tokens.command import app as token_commands
from tabrl_local.training import commands as training
from tabrl_local.training.length import Length

if TYPE_CHECKING:  # MuJoCo is slow to import
    from tabrl_local.rollout import RolloutReport
    from tabrl_local.scoring import ScoredCheck

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="From a sentence to a moving robot.",
)

robot_commands = typer.Typer(invoke_without_command=True)
app.add_typer(robot_commands, name="robots")
app.add_typer(token_commands, name="token")
operating.register(app)
training.register(app)


@app.command()
def up(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of page and api.")] = (
        DEFAULT_PORT
    ),
    data: Annotated[
        Path, typer.Option(envvar="TABRL_DATA", help="Where everything is kept.")
    ] = Path("var"),
) -> None:
    """Start everything on this machine; Ctrl-C stops it."""
    launch(LaunchOptions(host=host, port=port, data=data), Console(stderr=True))


@app.command()
def run(
    task: Annotated[str, typer.Argument(help="What the robot shall do, in a sentence.")],
    robot: Annotated[
        str | None, typer.Option(help="Which robot; else the first that can learn.")
    ] = None,
    candidate: Annotated[int, typer.Option(min=1, help="Which candidate reward.")] = 1,
    after: Annotated[
        str | None,
        typer.Option(metavar="JOB", help="Go on from this training; say what should be different."),
    ] = None,
    low_priority: Annotated[
        bool, typer.Option("--low-priority", help="Train when nobody else's work waits.")
    ] = False,
    ground: Annotated[
        str | None, typer.Option(help="What it stands on: rough, ice, uphill, upstairs …")
    ] = None,
    tier: training.AskedTier = None,
    minutes: training.AskedMinutes = None,
    as_json: AsJson = False,
    url: Url = None,
    port: Port = None,
) -> None:
    """Train a task and print its run report; exit code 0 only if the training succeeded."""
    console = Console(stderr=True)
    length = Length.of(tier, minutes)
    options = RunOptions(
        task, robot, candidate, after, "low" if low_priority else "normal", length, ground
    )
    with connect(url, port) as api:
        report = run_task(api, options, console)
    if as_json:
        print(report.model_dump_json(indent=2, exclude_none=True))
    else:
        print_run_report(report, Console())


@robot_commands.callback()
def robots(
    context: typer.Context, as_json: AsJson = False, url: Url = None, port: Port = None
) -> None:
    """List robots, whether they can learn, and the folders here that cannot be used.

    Without a running stack these are the robots of this machine's folders.
    """
    if context.invoked_subcommand is not None:
        return
    try:
        with connect(url, port) as api:
            found = api.robots()
    except CommandError as error:
        if error.code != "unreachable" or url or port:
            raise
        Console(stderr=True).print(
            "No stack is running: these are the robots of this machine's folders."
        )
        found = robots_here()
    if as_json:
        print(json.dumps(robot_document(found), indent=2, ensure_ascii=False))
        return
    output().print(robot_table(found))
    for line in refusals():
        print(line)


@robot_commands.command("add")
def add_robot(
    folder: Annotated[Path, typer.Argument(help="A folder with an MJCF or URDF, or such a file.")],
    into: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of robots; else the first of TABRL_ROBOTS."),
    ] = None,
    robot_id: Annotated[
        str | None, typer.Option("--id", help="The robot's id; else its folder's name.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    model: Annotated[
        str | None, typer.Option(help="Which file of the folder is the robot.")
    ] = None,
    home: Annotated[str | None, typer.Option(help="Which keyframe it begins in.")] = None,
    tool: Annotated[str | None, typer.Option(help="An arm's tool: a site or a body.")] = None,
    floating: Annotated[
        bool, typer.Option("--floating", help="Its root floats though the model fixes it.")
    ] = False,
    servos: Annotated[
        bool, typer.Option("--servos", help="Make position servos of motors, or of nothing.")
    ] = False,
    full_torque_at: Annotated[
        float,
        typer.Option(min=0.01, metavar="RAD", help="At which error such a servo does all it can."),
    ] = 0.7,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write anew what would change in its folder.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only look; nothing is written.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a robot of a model: check it, let it hold its home pose, write its folder."""
    from tabrl.robot_import.options import ImportOptions
    from tabrl_local.adding import command as adding
    from tabrl_local.adding.printing import print_report, print_written

    destination = adding.Destination.of(into, replace=replace, dry_run=dry_run)
    options = ImportOptions(
        folder,
        robot_id,
        name,
        model,
        home,
        tool,
        floating=floating,
        servos=servos,
        full_torque_at=full_torque_at,
    )
    imported = adding.read(options)
    if as_json:
        written = adding.write(imported, destination)
        place = None if written is None else str(written.folder)
        document = imported.report.model_dump() | {"folder": place}
        print(json.dumps(document, indent=2, ensure_ascii=False))
        return
    console = output()
    print_report(imported.report, console)
    print_written(adding.write(imported, destination), imported.report, console)


@app.command()
def jobs(
    kind: Annotated[str | None, typer.Option(help="Only reward or train jobs.")] = None,
    state: Annotated[str | None, typer.Option(help="Only jobs in this state.")] = None,
    as_json: AsJson = False,
    url: Url = None,
    port: Port = None,
) -> None:
    """List jobs, newest first."""
    with connect(url, port) as api:
        found = api.jobs(kind, state)
    if as_json:
        print(json.dumps([job.model_dump(mode="json") for job in found], indent=2))
        return
    table = Table(box=None, pad_edge=False)
    for column in ("job", "kind", "state", "robot", "task", "created", "model"):
        table.add_column(column, no_wrap=True)
    for job in found:
        note = f" ({job.failure.code})" if job.failure else ""
        place = f" #{job.place_in_queue}" if job.place_in_queue else ""
        created = job.created_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(
            job.id,
            job.kind,
            escape(f"{job.state}{place}{note}"),
            job.robot,
            job.task_id,
            created,
            job.model_id or "",
        )
    output().print(table if found else "no jobs")


@app.command()
def cancel(
    job: Annotated[str, typer.Argument(help="A job's id.")], url: Url = None, port: Port = None
) -> None:
    """Cancel a job; a running one keeps its last snapshot, or best policy if it takes minutes."""
    with connect(url, port) as api:
        print(f"{job}: {api.cancel(job).state}")


@app.command()
def star(
    task: Annotated[str, typer.Argument(help="A task's id.")],
    off: Annotated[bool, typer.Option("--off", help="Take the star away.")] = False,
    url: Url = None,
    port: Port = None,
) -> None:
    """Keep a task however old it gets; others go once nobody used them for TABRL_KEEP_DAYS."""
    with connect(url, port) as api:
        api.star(task, not off)
    print(f"{task}: {'not starred' if off else 'starred'}")


@app.command()
def delete(
    resource: Annotated[str, typer.Argument(help="A task's id, or a model's.")],
    url: Url = None,
    port: Port = None,
) -> None:
    """Delete a task with its trainings and models, or a model with its training."""
    with connect(url, port) as api:
        api.delete(resource)
    print(f"{resource}: deleted")


@app.command()
def export(
    model: Annotated[str, typer.Argument(help="A model's id.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    name: Annotated[str, typer.Option("--format", help="In which format.")] = "numpy",
    url: Url = None,
    port: Port = None,
) -> None:
    """Take a model away, by default as safetensors with a numpy program that runs it."""
    from tabrl_local.export import export_model

    with connect(url, port) as api:
        for path in export_model(api, model, folder, name):
            print(path)


@app.command()
def certify(
    model: Annotated[
        str, typer.Argument(help="A model's id, or a robot's: its pretrained policy.")
    ],
    as_json: AsJson = False,
    url: Url = None,
    port: Port = None,
) -> None:
    """Measure a policy on robots other than their scene: lag, noise, a slippery floor and more."""
    from tabrl_local.certify import certify as measure
    from tabrl_local.certify import policy_named

    with connect(url, port) as api:
        policy = policy_named(api, model)
    sys.exit(measure(policy, as_json=as_json))


@app.command()
def distill(
    model: Annotated[
        str, typer.Argument(help="A model's id, or a robot's: its pretrained policy.")
    ],
    out: Annotated[
        Path, typer.Argument(metavar="FILE", help="The student, for a bundle's policy/.")
    ],
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also if its certificate says that it needs none.")
    ] = False,
    url: Url = None,
    port: Port = None,
) -> None:
    """Teach a student that estimates the speed which a real robot does not sense."""
    from tabrl_local.certify import distill as teach
    from tabrl_local.certify import policy_named

    with connect(url, port) as api:
        policy = policy_named(api, model)
    sys.exit(teach(policy, out, anyway=anyway))


@app.command()
def rollout(
    model: Annotated[str, typer.Argument(help="A model's id.")],
    seconds: Annotated[float, typer.Option(min=0.1, max=3600.0, help="How long.")] = 10.0,
    out: Annotated[Path | None, typer.Option(help="An .npz file for the recording.")] = None,
    as_json: AsJson = False,
    url: Url = None,
    port: Port = None,
) -> None:
    """Drive a model over the inference WebSocket with MuJoCo, in real time, and check it."""
    from tabrl_local.rollout import rollout as drive
    from tabrl_local.scoring import score_rollout

    with connect(url, port) as api:
        recording, report = drive(api, model, seconds)
        if out is not None:
            recording.save(out)
            report = report.model_copy(update={"out": str(out)})
        try:
            checks = score_rollout(api, model, recording)
        except CommandError as error:  # what was driven is printed all the same
            _print_rollout(report, None, as_json=as_json)
            raise CommandError(
                f"the rollout's success checks are not known: {error.message}",
                hint=error.hint,
                code=error.code,
            ) from error
    _print_rollout(report, checks, as_json=as_json)


def _print_rollout(
    report: RolloutReport, checks: list[ScoredCheck] | None, *, as_json: bool
) -> None:
    """A rollout that was driven, with its checks; None where they are not known."""
    if as_json:
        scored = None if checks is None else [check.model_dump() for check in checks]
        document = report.model_dump() | {"checks": scored}
        print(json.dumps(document, indent=2, ensure_ascii=False))
        return
    trip = report.rtt_ms
    print(
        f"{report.seconds:g} s at {report.control_hz:.1f} Hz, {report.real_time_factor:.3f} × real "
        f"time, round trip {trip.p50:.1f} / {trip.p95:.1f} / {trip.p99:.1f} ms (p50 / p95 / p99)"
        + (f", written to {report.out}" if report.out else "")
    )
    for check in checks or ():
        if check.note:
            print(f"– {check.name} not measured: {check.note}")
            continue
        mark = {True: "✓", False: "✗", None: "–"}[check.passed]
        value = "not seen in this time" if check.value is None else f"{check.value:.3g}"
        print(f"{mark} {check.name} {value} (asked for {check.target})")


def main() -> None:
    """Entry point; failures are one line on standard error."""
    try:
        app()
    except CommandError as error:
        console = Console(stderr=True)
        console.print(f"[bold red]error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
