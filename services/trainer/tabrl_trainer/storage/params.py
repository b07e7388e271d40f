"""The params file of a robot's policy."""

from __future__ import annotations

from tabrl.contracts.ground import FLAT, Ground
from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument
from tabrl.control.policy import PolicyHeader, PolicyWeights, dump_policy
from tabrl.robots import scene_sha256


def params_file(
    robot: str,
    weights: PolicyWeights,
    schedule: CommandSchedule,
    update: int,
    ground: Ground = FLAT,
) -> bytes:
    """A policy as it is stored and served; it was trained on `ground`."""
    header = PolicyHeader(
        robot=robot,
        scene_sha256=scene_sha256(robot, ground),
        program=ScheduleDocument.of(schedule),
        step=update,
        ground=ground,
    )
    return dump_policy(header, weights)
