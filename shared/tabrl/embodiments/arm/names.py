"""What an arm's command channels are called. Data only."""

from __future__ import annotations

from tabrl.robots import Robot

PLACE = ("x", "y", "z")  # of the tool from home; these follow paths
POINTING = ("azimuth", "elevation", "roll")
BLEND = "joints"
ELBOW, TEMPO = "elbow", "tempo"
UP, DOWN = "elbow up", "elbow down"
MIN_JOINTS = 4  # of an arm that has an elbow: two at the shoulder, the elbow, a wrist


def joint_channel(joint: str) -> str:
    """The command channel of a joint."""
    return f"{joint}_offset"


def channel_names(robot: Robot) -> tuple[str, ...]:
    """Command channels of a robot: of the tool, of the joints, and how much these count."""
    named = (*PLACE, *POINTING, *map(joint_channel, robot.joint_names), BLEND)
    return tuple(name for name in named if name not in robot.without)


def can_pose(robot: Robot) -> bool:
    """Whether an arm's tool can be placed and pointed at will: policies are pretrained for that."""
    every = {*PLACE, *POINTING}
    return len(robot.limbs[0].joints) >= len(every) and not every & set(robot.without)


def has_elbow(robot: Robot) -> bool:
    """Whether an arm can be told to hold its elbow up or down."""
    return ELBOW not in robot.without and len(robot.limbs[0].joints) >= MIN_JOINTS
