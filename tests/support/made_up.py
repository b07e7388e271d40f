"""Policies and schedules of whatever robot, without a training."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument, Wave
from tabrl.control.policy import Layer, PolicyHeader, PolicyWeights, dump_policy
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot, scene_sha256


def made_up_schedule(robot: Robot, seed: int = 0) -> CommandSchedule:
    """Two stages that ask for something of every channel."""
    space, rng = embodiment_of(robot).commands, np.random.default_rng(seed)

    def stage() -> CommandSchedule:
        waves = {
            channel.name: Wave(
                float(rng.uniform(channel.lower, channel.upper)) / 2,
                float(rng.uniform(0.0, channel.amplitude)) / 2,
                float(rng.uniform(0.0, 6.0)),
            )
            for channel in space.channels
        }
        return CommandSchedule.asking(
            space, modulation_frequency=float(rng.uniform(0.5, 2.0)), **waves
        )

    return CommandSchedule.sequence([stage(), stage()], (1.5, 2.0))


def made_up_weights(robot: Robot, seed: int = 0, hidden: tuple[int, ...] = (32,)) -> PolicyWeights:
    """Random layers of these sizes that ask for small actions."""
    rng = np.random.default_rng(seed)
    size = len(embodiment_of(robot).observation)
    layers = tuple(
        Layer(
            (0.3 * rng.normal(size=(rows, columns)) / np.sqrt(rows)).astype(np.float32),
            (0.05 * rng.normal(size=columns)).astype(np.float32),
        )
        for rows, columns in pairwise((size, *hidden, robot.nu))
    )
    return PolicyWeights(np.zeros(size, np.float32), np.ones(size, np.float32), layers)


def made_up_params(robot: Robot, schedule: CommandSchedule | None = None, seed: int = 0) -> bytes:
    """A params file; without a schedule it asks for nothing."""
    followed = schedule or CommandSchedule.neutral(embodiment_of(robot).commands)
    header = PolicyHeader(
        robot=robot.id,
        scene_sha256=scene_sha256(robot.id, robot.ground),
        program=ScheduleDocument.of(followed),
        ground=robot.ground,
    )
    return dump_policy(header, made_up_weights(robot, seed))
