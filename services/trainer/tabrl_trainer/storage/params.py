"""The params file of a robot's policy."""

from __future__ import annotations

from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument
from tabrl.control.policy import PolicyHeader, PolicyWeights, dump_policy
from tabrl.robots import scene_sha256


def params_file(
    robot: str, weights: PolicyWeights, schedule: CommandSchedule, update: int
) -> bytes:
    """A policy as it is stored and served."""
    header = PolicyHeader(
        robot=robot,
        scene_sha256=scene_sha256(robot),
        program=ScheduleDocument.of(schedule),
        step=update,
    )
    return dump_policy(header, weights)
