"""A simulated robot to rehearse with: `python fake_robot.py`, then `python drive.py` beside it."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from ..description import RobotDescription
from .conditions import Conditions
from .protocols import Speaker, UdpSpeaker, packet_format
from .robot import FakeRobot
from .world import World


def udp_speaker(kind: str, robot: RobotDescription, port: int) -> Speaker:
    """Speaks by UDP."""
    return UdpSpeaker(packet_format(kind, robot), port)


def main(
    bundle: Path,
    arguments: list[str] | None = None,
    speaker_for: Callable[[str, RobotDescription, int], Speaker] = udp_speaker,
) -> int:
    """Lives until it is ended (Ctrl-C); returns the exit code."""
    options = _parser().parse_args(arguments)
    robot = RobotDescription.load(bundle)
    chosen = {one.name: getattr(options, one.name) for one in fields(Conditions)}
    conditions = Conditions(**chosen)
    speaker = speaker_for(options.kind, robot, options.port)
    fake = FakeRobot(
        robot, World(bundle / "policy" / "scene.xml", robot), speaker, conditions,
        lock_step=options.lock_step,
    )  # fmt: skip
    print(f"listening on port {speaker.port}", flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        fake.live(options.seconds)
    except KeyboardInterrupt:
        print("ended", flush=True)
    finally:
        speaker.close()
        if options.record:
            fake.save(options.record)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fake_robot.py", description=__doc__)
    parser.add_argument("--kind", default="loopback", help="the protocol: a connection.kind")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--seconds", type=float, default=600.0, help="of its life, at most (600)")
    parser.add_argument("--record", type=Path, help="write what happened here (npz)")
    parser.add_argument(
        "--lock-step", action="store_true",
        help="wait for the driver at every step (`drive.py --clock robot`), however long it takes",
    )  # fmt: skip
    for one in fields(Conditions):
        name, default = one.name.replace("_", "-"), one.default
        parser.add_argument(f"--{name}", type=type(default), default=default, help=f"({default})")
    return parser
