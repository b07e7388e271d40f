"""Clocks of a legged robot that somebody drives: strides, heading and place are summed up.

In a schedule all three are closed forms of the time, because what is asked stays the same. Whoever
drives changes it at any time; then the sum over the steps so far is what is wanted.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from tabrl.control import rotation
from tabrl.control.command_batch import CommandBatch
from tabrl.control.live.commands import Clock, Rows
from tabrl.control.live.control import KindClocks
from tabrl.control.rollout import CONTROL_DT
from tabrl.embodiments.legged.embodiment import LeggedRobot
from tabrl.embodiments.legged.path import turn
from tabrl.embodiments.legged.scale import Scale

# How far what is wanted may be ahead of a robot that does not follow: held, pushed, or in a corner.
HEADING_LEASH = 0.5  # rad
PATH_LEASH = 0.15  # m of the reference robot


class LeggedClocks:
    """Strides done (cycles, modulo 1), the heading (rad) and place (m) wanted in the world."""

    size = 4

    def __init__(self, robot: LeggedRobot) -> None:
        self._clock, self._features = robot.clock, robot.features
        self._leash = PATH_LEASH * Scale.of(robot.robot).length

    def begin(self, stage: CommandBatch, time: Clock, qpos: Rows) -> Float[np.ndarray, "*B 4"]:
        """As the robots are, with the strides of their schedules."""
        strides = self._clock.step_frequency(stage) * time * self._clock.stepping(stage)
        yaw = rotation.yaw(qpos[..., 3:7])
        strides = np.broadcast_to(strides % 1.0, yaw.shape)
        place = np.nan_to_num(qpos[..., 0:2])
        return np.concatenate([strides[..., None], yaw[..., None], place], axis=-1)

    def step(
        self, features: Rows, stage: CommandBatch, time: Clock, clocks: Rows, qpos: Rows
    ) -> tuple[Rows, Rows]:
        """Features with strides, heading and place as summed up, and the sums a step later."""
        strides, heading, place = clocks[..., 0], clocks[..., 1], clocks[..., 2:4]
        stepping = self._clock.stepping(stage)
        command = stage.command(time)
        phase = self._clock.phase_after(stage, strides, command)
        running = (stepping[..., None] > 0.0) | (phase > 0.0)
        features = np.array(features, np.float64)
        for name, values in (
            ("gait_phase", phase),
            ("gait_sin", running * np.sin(2.0 * np.pi * phase)),
            ("gait_cos", running * np.cos(2.0 * np.pi * phase)),
            ("heading", heading[..., None]),
            ("path", place),
        ):
            features[..., self._features[name]] = values
        strides = (strides + stepping * self._clock.step_frequency(stage) * CONTROL_DT) % 1.0
        following = np.concatenate(
            [
                (strides * stepping)[..., None],  # whoever stops begins with the same foot again
                self._moved(stage, command, stepping, heading, place, qpos),
            ],
            axis=-1,
        )
        return features, following

    def _moved(
        self,
        stage: CommandBatch,
        command: Rows,
        stepping: Clock,
        heading: Clock,
        place: Rows,
        qpos: Rows,
    ) -> Float[np.ndarray, "*B 3"]:
        """Heading and place a step later, on a leash that the robot holds."""
        column, pace = stage.space.column, stepping * CONTROL_DT
        ahead, left, rate = (command[..., column(name)] * pace for name in ("vx", "vy", "yaw"))
        place = place + turn(heading + 0.5 * rate, np.stack([ahead, left], axis=-1))
        yaw = rotation.yaw(qpos[..., 3:7])
        off = np.clip(rotation.wrap(heading + rate - yaw), -HEADING_LEASH, HEADING_LEASH)
        apart = place - qpos[..., 0:2]
        far = np.linalg.norm(apart, axis=-1, keepdims=True)
        held = qpos[..., 0:2] + apart * np.minimum(1.0, self._leash / np.maximum(far, 1e-9))
        # A robot that does not know where it is has a place all the same: any number will do.
        place = np.where(np.isfinite(held), held, 0.0)
        return np.concatenate([(yaw + off)[..., None], place], axis=-1)


def clocks(robot: LeggedRobot) -> KindClocks:
    """The clocks of a robot of this kind."""
    return LeggedClocks(robot)
