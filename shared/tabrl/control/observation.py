"""The one observation: a pure function of the raw state and the command program.

Trainer, inference and tests all call this function; nothing else may build an observation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tabrl.control import rotation
from tabrl.control.program import COUNT, Programs
from tabrl.control.rotation import Array
from tabrl.control.sequence import Sequences
from tabrl.robots import Robot

OBSERVATION_VERSION = 2
# Places in the observation, from its end.
HEADING_ERROR = -16
STEP_FREQUENCY = -15  # Hz; zero while the program stands
LOOK_AHEAD_S = 0.1  # the policy also sees the command to come, or modulation lags behind


@dataclass(frozen=True)
class Joints:
    """The robot's joint constants as arrays `[nu]`: home, action scale, lower and upper limit."""

    home: Array
    scale: Array
    lower: Array
    upper: Array

    @classmethod
    def of(cls, robot: Robot, xp: Any = np) -> Joints:
        """Constants of a robot, float32."""
        limits = np.array(robot.joint_range, np.float32)
        return cls(
            xp.asarray(np.array(robot.home, np.float32)),
            xp.asarray(np.array(robot.action_scale, np.float32)),
            xp.asarray(limits[:, 0]),
            xp.asarray(limits[:, 1]),
        )

    def targets(self, action: Array, xp: Any = np) -> Array:
        """Actuator targets `[..., nu]` (rad) of an action: home + scale * action, within limits."""
        return xp.clip(self.home + self.scale * action, self.lower, self.upper)

    def action(self, ctrl: Array) -> Array:
        """The action `[..., nu]` that stands behind actuator targets."""
        return (ctrl - self.home) / self.scale


def observation_size(robot: Robot) -> int:
    """Length of the observation vector."""
    return 9 + 3 * robot.nu + 2 * COUNT + 16


def build_observation(
    time: Array,
    qpos: Array,
    qvel: Array,
    ctrl: Array,
    programs: Programs | Sequences,
    joints: Joints,
    heading_origin: Array | float = 0.0,
    xp: Any = np,
) -> Array:
    """What the policy sees, `[B, no]`, float32.

    `time [B]` s, `qpos [B, nq]`, `qvel [B, nv]` and `ctrl [B, nu]` are MuJoCo's state of a robot
    with a free root joint: quaternion wxyz, linear velocity in the world, angular in the body
    frame. `heading_origin [B]` is the heading at the program's time zero.
    """
    quaternion, joint_position = qpos[..., 3:7], qpos[..., 7:]
    gravity = -rotation.up_in_body(quaternion, xp)
    linear = rotation.rotate_inverse(quaternion, qvel[..., 0:3], xp)
    now, soon = programs.at(time, xp), programs.at(time + LOOK_AHEAD_S, xp)
    stepping = now.stepping(xp)
    phase = now.gait_phase(time, xp)
    # A foot at rest has no clock: both of its waves are zero.
    running = (stepping[..., None] > 0.0) | (phase > 0.0)
    beat = now.beat(time, xp)
    heading = programs.heading(time, xp) + heading_origin
    error = xp.clip(rotation.wrap(heading - rotation.yaw(quaternion, xp), xp), -1.0, 1.0)
    clocks = xp.stack(
        [
            error,
            # One program may ask many robots.
            xp.broadcast_to(stepping * now.step_frequency(xp), error.shape),
            *(wave(k * beat) for k in (1.0, 0.5, 2.0) for wave in (xp.sin, xp.cos)),
        ],
        axis=-1,
    )
    stride = (2.0 * xp.pi) * phase
    return xp.concatenate(
        [
            gravity,
            qvel[..., 3:6],
            linear,
            joint_position - joints.home,
            qvel[..., 6:],
            joints.action(ctrl),
            now.command(time, xp),
            soon.command(time + LOOK_AHEAD_S, xp),
            clocks[..., :2],
            running * xp.sin(stride),
            running * xp.cos(stride),
            clocks[..., 2:],
        ],
        axis=-1,
    ).astype(xp.float32)
