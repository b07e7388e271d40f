"""What a legged robot's policy is told and sees, as named segments.

Observation 2. The order of the segments is that of the shipped policies' input.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from tabrl.control import rotation
from tabrl.control.arrays import Array, Xp
from tabrl.control.command_space import CommandSpace
from tabrl.control.embodiment import LOOK_AHEAD_S
from tabrl.control.joints import Joints
from tabrl.control.segments import Segments
from tabrl.control.staged_commands import Commands
from tabrl.embodiments.legged.gait import GaitClock
from tabrl.embodiments.legged.heading import heading
from tabrl.robots import Robot

WAVES = (1.0, 0.5, 2.0)  # multiples of the modulation frequency whose sine and cosine are seen


def feature_segments(robot: Robot, space: CommandSpace) -> Segments:
    """What depends on schedule and time alone. The first two are recorded in rollouts."""
    feet, channels = len(robot.limbs), len(space)
    return Segments(
        (
            ("gait_phase", feet),
            ("command", channels),
            ("command_ahead", channels),
            ("step_frequency", 1),  # Hz; zero while the schedule stands
            ("gait_sin", feet),
            ("gait_cos", feet),
            ("modulation", 2 * len(WAVES)),
            ("heading", 1),  # rad since the reset, not wrapped
        )
    )


def observation_segments(robot: Robot, space: CommandSpace) -> Segments:
    """What the policy sees, in the order of its input."""
    feet, channels = len(robot.limbs), len(space)
    return Segments(
        (
            ("gravity", 3),
            ("angular_velocity", 3),
            ("linear_velocity", 3),
            ("joint_offset", robot.nu),
            ("joint_velocity", robot.nu),
            ("last_action", robot.nu),
            ("command", channels),
            ("command_ahead", channels),
            ("heading_error", 1),
            ("step_frequency", 1),
            ("gait_sin", feet),
            ("gait_cos", feet),
            ("modulation", 2 * len(WAVES)),
        )
    )


def command_features(
    segments: Segments, clock: GaitClock, time: Float[Array, "*B"], commands: Commands, xp: Xp = np
) -> Float[Array, "*B F"]:
    """Commands now and soon, clocks, heading and phases of the feet."""
    now, soon = commands.at(time, xp), commands.at(time + LOOK_AHEAD_S, xp)
    stepping = clock.stepping(now, xp)
    phase = clock.phase(now, time, xp)
    # A foot at rest has no clock: both of its waves are zero.
    running = (stepping[..., None] > 0.0) | (phase > 0.0)
    stride = (2.0 * xp.pi) * phase
    angle = now.modulation_phase(time, xp)
    turned = heading(clock, commands, time, xp)
    # One schedule may ask many robots.
    frequency = xp.broadcast_to(stepping * clock.step_frequency(now, xp), turned.shape)
    parts = {
        "gait_phase": phase,
        "command": now.command(time, xp),
        "command_ahead": soon.command(time + LOOK_AHEAD_S, xp),
        "step_frequency": frequency[..., None],
        "gait_sin": running * xp.sin(stride),
        "gait_cos": running * xp.cos(stride),
        "modulation": xp.stack(
            [wave(k * angle) for k in WAVES for wave in (xp.sin, xp.cos)], axis=-1
        ),
        "heading": turned[..., None],
    }
    return segments.join(parts, xp)


def heading_origin(
    clock: GaitClock,
    qpos: Float[Array, "*B nq"],
    time: Float[Array, "*B"],
    commands: Commands,
    xp: Xp = np,
) -> Float[Array, "*B 1"]:
    """The heading at the schedule's time zero, of robots that now look where it wants them to."""
    origin = rotation.yaw(qpos[..., 3:7], xp) - heading(clock, commands, time, xp)
    return origin[..., None]


class Observer:
    """Completes the observation when the command features are known already."""

    def __init__(self, features: Segments, joints: Joints) -> None:
        self._joints = joints
        self._heading = features.column("heading")
        self._commands = features.span("command", "command_ahead")
        self._clocks = features.span("step_frequency", "modulation")

    def __call__(
        self,
        features: Float[Array, "*B F"],
        qpos: Float[Array, "*B nq"],
        qvel: Float[Array, "*B nv"],
        ctrl: Float[Array, "*B nu"],
        origin: Float[Array, "*B 1"],
        xp: Xp = np,
    ) -> Float[Array, "*B no"]:
        """The segments of `observation_segments`, float32.

        The root is a free joint: position, quaternion wxyz; linear velocity in the world, angular
        in the trunk's frame.
        """
        quaternion, joint_position = qpos[..., 3:7], qpos[..., 7:]
        wanted = features[..., self._heading] + origin[..., 0]
        error = xp.clip(rotation.wrap(wanted - rotation.yaw(quaternion, xp), xp), -1.0, 1.0)
        return xp.concatenate(
            [
                -rotation.up_in_body(quaternion, xp),
                qvel[..., 3:6],
                rotation.rotate_inverse(quaternion, qvel[..., 0:3], xp),
                joint_position - self._joints.home,
                qvel[..., 6:],
                self._joints.action(ctrl),
                features[..., self._commands],
                error[..., None],
                features[..., self._clocks],
            ],
            axis=-1,
        ).astype(xp.float32)
