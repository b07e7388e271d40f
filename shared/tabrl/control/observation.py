"""The one observation: a pure function of the raw state and the command program.

Trainer, inference and tests all call this function; nothing else may build an observation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tabrl.control import rotation
from tabrl.control.program import Programs
from tabrl.control.rotation import Array
from tabrl.robots import Robot

OBSERVATION_VERSION = 1
# Places in the observation, from its end.
HEADING_ERROR = -9
GAIT_CLOCK = slice(-8, -6)  # sine and cosine; both zero while the program stands
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
    return 30 + 3 * robot.nu


def build_observation(
    time: Array,
    qpos: Array,
    qvel: Array,
    ctrl: Array,
    programs: Programs,
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
    walking = programs.walking(xp)
    stride = (2.0 * xp.pi) * programs.gait_frequency(xp) * time
    beat = programs.beat(time, xp)
    heading = programs.heading(time, xp) + heading_origin
    error = xp.clip(rotation.wrap(heading - rotation.yaw(quaternion, xp), xp), -1.0, 1.0)
    clocks = xp.stack(
        [
            error,
            walking * xp.sin(stride),
            walking * xp.cos(stride),
            *(wave(k * beat) for k in (1.0, 0.5, 2.0) for wave in (xp.sin, xp.cos)),
        ],
        axis=-1,
    )
    return xp.concatenate(
        [
            gravity,
            qvel[..., 3:6],
            linear,
            joint_position - joints.home,
            qvel[..., 6:],
            joints.action(ctrl),
            programs.command(time, xp),
            programs.command(time + LOOK_AHEAD_S, xp),
            clocks,
        ],
        axis=-1,
    ).astype(xp.float32)
