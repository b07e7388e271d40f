"""`python -m deploy.containers`: up, tried, down; a dated report; exit code 0 only if all held."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from deploy.containers.engine import Engine, EngineError
from deploy.containers.trial import Report, Trial, TrialError

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "docs" / "operations.md"
HEADING = "## The containers, tried"


def main() -> int:
    """Run the trial; the containers and their volumes are gone afterwards."""
    parser = argparse.ArgumentParser(prog="deploy.containers", description=__doc__)
    parser.add_argument("--standin", type=Path, help="a program that takes `compose` and `podman`")
    parser.add_argument("--report", type=Path, default=REPORT, help="where the report goes")
    parser.add_argument("--keep", action="store_true", help="leave the containers running")
    options = parser.parse_args()
    report = Report()
    try:
        engine = Engine.found(options.standin)
        subprocess.run([str(ROOT / "deploy/containers/secrets")], check=True)
        engine.prepare(ROOT)
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    try:
        began = time.monotonic()
        engine.run("up", "--build", "--detach", timeout_s=7200)
        report.say("images built, containers started", f"{time.monotonic() - began:.0f} s")
        Trial(engine, report).run()
    except (EngineError, TrialError) as error:
        report.fail(str(error))
    finally:
        if not options.keep:
            taken_down(engine, report)
    put(options.report, written(report, engine))
    print(f"report: {options.report}")
    return 1 if report.failures else 0


def taken_down(engine: Engine, report: Report) -> None:
    """Containers and volumes away; what was seen is reported also where that fails."""
    try:
        engine.run("down", "--volumes", timeout_s=600)
    except EngineError as error:
        report.fail(str(error))


def put(path: Path, section: str) -> None:
    """Write the section at the end of a document, in the place of an earlier one."""
    before = path.read_text(encoding="utf-8").partition(HEADING)[0] if path.exists() else ""
    path.write_text(f"{before.rstrip()}\n\n{section}".lstrip(), encoding="utf-8")


def written(report: Report, engine: Engine) -> str:
    """The report as a document."""
    standin = (
        "Official images from Docker Hub."
        if engine.name == "docker"
        else "No Docker engine and no Docker Hub: podman and runc ran the images, "
        "whose bases (Python, Node, Redis, PostgreSQL) are stand-ins made of Debian packages."
    )
    lines = [
        HEADING,
        f"Written by `make containers` on {datetime.now(UTC):%d %B %Y}, {datetime.now(UTC):%H:%M} "
        f"UTC. {standin} Profiles: none but the default.",
        "",
        "| what | seen |",
        "| --- | --- |",
        *(f"| {what} | {seen} |" for what, seen in report.rows),
        "",
    ]
    if report.failures:
        lines += ["Failed:", *(f"- {failure.splitlines()[0]}" for failure in report.failures), ""]
    if report.doctor:
        lines += ["The doctor inside the api's container:", "```", report.doctor.strip(), "```"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
