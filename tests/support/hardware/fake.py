"""The bundle's simulated robot, speaking the protocols that only tests bring; run as a script."""

from __future__ import annotations

import os
from pathlib import Path

from tabrl.export.deploy.robot_loop.description import RobotDescription
from tabrl.export.deploy.robot_loop.fake.main import main, udp_speaker
from tabrl.export.deploy.robot_loop.fake.protocols import Speaker, UdpSpeaker
from tests.support.hardware import rtde, unitree_dds


def speaker_for(kind: str, robot: RobotDescription, port: int) -> Speaker:
    """How a kind of robot is spoken to."""
    if kind in ("unitree_go2", "unitree_g1"):
        family = "go" if kind == "unitree_go2" else "hg"
        return UdpSpeaker(unitree_dds.packets(family, robot), port)
    if kind == "universal_robots":
        arm = rtde.RtdeSpeaker(robot, port)
        if "FAKE_ROBOT_STOPS_AT" in os.environ:
            arm.stop_at(float(os.environ["FAKE_ROBOT_STOPS_AT"]), rtde.PROTECTIVE_STOP)
        return arm
    return udp_speaker(kind, robot, port)


if __name__ == "__main__":
    raise SystemExit(main(Path.cwd(), speaker_for=speaker_for))
