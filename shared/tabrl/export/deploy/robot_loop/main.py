"""The command line of the bundle: `python drive.py`."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from .adapters import adapter_for
from .controller import Controller
from .description import RobotDescription
from .flight_log import FlightLog
from .loop import Loop, Parts
from .messages import Adapter
from .pacing import Pacer, RobotPacer, WallPacer
from .settings import Settings, SettingsError, load_settings
from .stopping import Stops

BEWARE = """\
THIS SOFTWARE HAS NEVER RUN ON A REAL ROBOT. It was tried against simulated ones only.
Hang the robot up or clear three metres around it, keep a hand at its own emergency stop,
and rehearse with the simulated robot and with --dry-run first (README.md, step by step).
"""
NO_STUDENT = """\
There is no policy/student.safetensors: the policy does not know how fast it moves (README.md).
"""
STOPPED, UNUSABLE = 3, 2  # exit codes
LONGEST_S = 86_400.0


def main(bundle: Path, arguments: list[str] | None = None) -> int:
    """Runs the policy of a bundle; returns the exit code: 0 done, 2 could not start, 3 stopped."""
    options = _parser().parse_args(arguments)
    try:
        settings = load_settings(bundle / "settings.json", options.set)
        robot = RobotDescription.load(bundle)
        adapter = adapter_for(robot, settings)
        controller = Controller(bundle / "policy", robot)
        print(BEWARE + NO_STUDENT * controller.guesses, file=sys.stderr)
        if not (options.yes or options.dry_run or _agreed()):
            print("nothing was sent to the robot", file=sys.stderr)
            return UNUSABLE
        adapter.connect(moves=not options.dry_run)
    except (SettingsError, ImportError, OSError) as error:
        print(f"drive: {error}", file=sys.stderr)
        return UNUSABLE
    stops = Stops()
    stops.on_signals()
    stops.on_key()
    run = options.log or bundle / "logs" / time.strftime("%Y-%m-%d_%H-%M-%S")
    with FlightLog(run, robot, settings) as log:
        pacer = _pacer(options.clock, adapter, robot, settings)
        moves = not options.dry_run
        parts = Parts(robot, controller, adapter, pacer, stops, log, settings, moves)
        print(f"log: {run}\nany key, Ctrl-C or a signal stops the robot", file=sys.stderr)
        try:
            reason = Loop(parts, options.seconds).run()
        finally:
            adapter.close()
    print(f"stopped: {reason}" if reason else "done", file=sys.stderr)
    return STOPPED if reason else 0


def _pacer(clock: str, adapter: Adapter, robot: RobotDescription, settings: Settings) -> Pacer:
    if clock == "robot":
        return RobotPacer(adapter, robot.control_s, settings.watchdog.state_timeout_s)
    return WallPacer(adapter, robot.control_s)


def _agreed() -> bool:
    """Whether somebody at the keyboard wants it."""
    print("type go and press Enter to begin: ", end="", file=sys.stderr, flush=True)
    return sys.stdin is not None and sys.stdin.readline().strip() == "go"


def _seconds(words: str) -> float:
    """What `--seconds` may be: without an end the robot would not be lowered."""
    if not 0.0 <= (seconds := float(words)) <= LONGEST_S:
        raise argparse.ArgumentTypeError(f"{words!r} is not from 0 to {LONGEST_S:.0f} s")
    return seconds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="drive.py", description=__doc__)
    parser.add_argument(
        "--seconds", type=_seconds, default=10.0, help="how long the policy runs (10)"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="read and decide, but send no torque"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask before the robot moves")
    parser.add_argument(
        "--set", action="append", default=[], metavar="GROUP.NAME=VALUE",
        help="change a setting, such as connection.address=127.0.0.1",
    )  # fmt: skip
    parser.add_argument("--log", type=Path, help="folder of this run's log (logs/DATE)")
    parser.add_argument(
        "--clock", choices=("wall", "robot"), default="wall",
        help="whose clock paces the loop; the robot's only for a simulated one",
    )  # fmt: skip
    return parser
