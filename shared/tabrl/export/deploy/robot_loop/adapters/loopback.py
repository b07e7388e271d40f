"""A simulated robot, by UDP: for robots whose makers publish no interface to their motors."""

from __future__ import annotations

from functools import partial

from ..description import RobotDescription
from ..loopback_packets import command_packet, read_state
from ..messages import Adapter
from ..settings import Settings
from .udp_robot import UdpRobot


def adapter(robot: RobotDescription, settings: Settings) -> Adapter:
    """The module's entry point."""
    return UdpRobot(
        settings, partial(command_packet, robot.count), partial(read_state, robot.count)
    )
