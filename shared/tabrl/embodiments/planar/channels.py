"""What a planar robot can be told: how fast to go, how high and how tilted to hold its trunk.

In units of its size: lengths by the standing height h, speeds by sqrt(g h).
"""

from __future__ import annotations

import math

from tabrl.control.command_space import Channel, CommandSpace
from tabrl.embodiments.planar.names import HEIGHT, PITCH, SPEED
from tabrl.robots import Robot

GRAVITY = 9.81  # m/s²
BACKWARD, FORWARD = 0.5, 1.5  # of sqrt(g h)
CROUCH, RISE, NOD = 0.3, 0.1, 0.4  # of h, of h, rad


def speed_unit(robot: Robot) -> float:
    """The speed sqrt(g h), m/s: that of a body that fell half of the standing height."""
    return math.sqrt(GRAVITY * robot.characteristic_length)


def command_space(robot: Robot) -> CommandSpace:
    """All channels of a planar robot, without what it cannot do."""
    speed, length = speed_unit(robot), robot.characteristic_length
    channels = (
        Channel(
            SPEED, "m/s", -BACKWARD * speed, FORWARD * speed, 0.3 * speed, 0.02 * speed,
            "speed ahead, m/s", "forward", "backward",
        ),
        Channel(
            HEIGHT, "m", -CROUCH * length, RISE * length, 0.1 * length, 0.01 * length,
            "trunk above its standing height, m", "rise", "crouch",
        ),
        Channel(
            PITCH, "rad", -NOD, NOD, 0.5 * NOD, 0.02, "tilt, nose down, rad",
            "nose down", "nose up",
        ),
    )  # fmt: skip
    return CommandSpace(
        tuple(one for one in channels if one.name not in robot.without), rest="stand"
    )
