"""What a planar robot's command channels are called. Data only."""

from __future__ import annotations

from tabrl.robots import Robot

SPEED, HEIGHT, PITCH = "vx", "height", "pitch"


def channel_names(robot: Robot) -> tuple[str, ...]:
    """Command channels of a robot."""
    return tuple(name for name in (SPEED, HEIGHT, PITCH) if name not in robot.without)
