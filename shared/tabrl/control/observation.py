"""The one observation: a pure function of the raw state and the command schedule.

Trainer, inference and tests all call this function; nothing else may build an observation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tabrl.control import rotation
from tabrl.control.commands import COUNT, CommandBatch
from tabrl.control.rotation import Array
from tabrl.control.staged import StagedCommands
from tabrl.robots import Robot

OBSERVATION_VERSION = 2
# Places in the observation, from its end.
HEADING_ERROR = -16
STEP_FREQUENCY = -15  # Hz; zero while the schedule stands
# What `command_features` says: commands and clocks as the policy sees them, then more.
CLOCKS = slice(2 * COUNT, 2 * COUNT + 15)
HEADING = CLOCKS.stop
FOOT_PHASES = slice(HEADING + 1, HEADING + 5)
COMMAND_FEATURES = FOOT_PHASES.stop  # its length
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
    schedules: CommandBatch | StagedCommands,
    joints: Joints,
    heading_origin: Array | float = 0.0,
    xp: Any = np,
) -> Array:
    """What the policy sees, `[B, no]`, float32.

    `time [B]` s, `qpos [B, nq]`, `qvel [B, nv]` and `ctrl [B, nu]` are MuJoCo's state of a robot
    with a free root joint: quaternion wxyz, linear velocity in the world, angular in the body
    frame. `heading_origin [B]` is the heading at the program's time zero.
    """
    asked = command_features(time, schedules, xp)
    return complete_observation(asked, qpos, qvel, ctrl, joints, heading_origin, xp)


def command_features(time: Array, schedules: CommandBatch | StagedCommands, xp: Any = np) -> Array:
    """What depends on schedule and time alone, `[B, COMMAND_FEATURES]`; for `complete_observation`.

    Commands now and soon, clocks, heading (rad, not wrapped), and phases of the feet.
    """
    now, soon = schedules.at(time, xp), schedules.at(time + LOOK_AHEAD_S, xp)
    stepping = now.stepping(xp)
    phase = now.gait_phase(time, xp)
    # A foot at rest has no clock: both of its waves are zero.
    running = (stepping[..., None] > 0.0) | (phase > 0.0)
    stride = (2.0 * xp.pi) * phase
    beat = now.beat(time, xp)
    waves = xp.stack(
        [wave(k * beat) for k in (1.0, 0.5, 2.0) for wave in (xp.sin, xp.cos)], axis=-1
    )
    heading = schedules.heading(time, xp)
    # One schedule may ask many robots.
    frequency = xp.broadcast_to(stepping * now.step_frequency(xp), heading.shape)
    return xp.concatenate(
        [
            now.command(time, xp),
            soon.command(time + LOOK_AHEAD_S, xp),
            frequency[..., None],
            running * xp.sin(stride),
            running * xp.cos(stride),
            waves,
            heading[..., None],
            phase,
        ],
        axis=-1,
    )


def complete_observation(
    asked: Array,
    qpos: Array,
    qvel: Array,
    ctrl: Array,
    joints: Joints,
    heading_origin: Array | float = 0.0,
    xp: Any = np,
) -> Array:
    """`build_observation` of a state, when what is asked of the robots is known already."""
    quaternion, joint_position = qpos[..., 3:7], qpos[..., 7:]
    heading = asked[..., HEADING] + heading_origin
    error = xp.clip(rotation.wrap(heading - rotation.yaw(quaternion, xp), xp), -1.0, 1.0)
    return xp.concatenate(
        [
            -rotation.up_in_body(quaternion, xp),
            qvel[..., 3:6],
            rotation.rotate_inverse(quaternion, qvel[..., 0:3], xp),
            joint_position - joints.home,
            qvel[..., 6:],
            joints.action(ctrl),
            asked[..., : CLOCKS.start],
            error[..., None],
            asked[..., CLOCKS],
        ],
        axis=-1,
    ).astype(xp.float32)
