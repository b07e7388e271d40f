"""What a legged robot's policy is told and sees, as named segments.

Observation 3: what a robot can sense. The order of the segments is that of the policies' input.
What a robot does not know is not a number in its state: its velocity over the floor, its place.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from tabrl.control import rotation
from tabrl.control.arrays import Array, Xp
from tabrl.control.command_space import CommandSpace
from tabrl.control.embodiment import LOOK_AHEAD_S
from tabrl.control.joints import Joints
from tabrl.control.segments import Segments, Unsensed
from tabrl.control.staged_commands import Commands
from tabrl.embodiments.legged.gait import GaitClock
from tabrl.embodiments.legged.heading import heading
from tabrl.embodiments.legged.path import path, turn
from tabrl.embodiments.legged.scale import Scale
from tabrl.robots import Robot

WAVES = (1.0, 0.5, 2.0)  # multiples of the modulation frequency whose sine and cosine are seen
# What only a critic sees: the velocity that a robot may not know, errors without noise, the height.
HIDDEN = Segments((("linear_velocity", 3), ("heading_error", 1), ("path_error", 2), ("height", 1)))
UNSENSED = Unsensed(
    segment="linear_velocity",
    known="linear_velocity_known",
    seen=(
        "gravity", "angular_velocity", "joint_offset", "joint_velocity", "last_action",
        "gait_sin", "gait_cos",  # which feet are to stand: those tell how fast the trunk moves
    ),
    without=("path_error",),
)  # fmt: skip
PATH_REACH = 0.3  # m of the reference robot; what is farther from its path sees no more of it


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
            ("path", 2),  # m since the reset
        )
    )


def observation_segments(robot: Robot, space: CommandSpace) -> Segments:
    """What the policy sees, in the order of its input."""
    feet, channels = len(robot.limbs), len(space)
    return Segments(
        (
            ("gravity", 3),
            ("angular_velocity", 3),
            ("linear_velocity", 3),  # zero while it is not known
            ("linear_velocity_known", 1),  # 1 or 0
            ("joint_offset", robot.nu),
            ("joint_velocity", robot.nu),
            ("last_action", robot.nu),
            ("command", channels),
            ("command_ahead", channels),
            ("heading_error", 1),
            ("path_error", 2),  # m, ahead and left; zero where the robot's place is not known
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
        "path": xp.broadcast_to(path(clock, commands, time, xp), (*turned.shape, 2)),
    }
    return segments.join(parts, xp)


def origin(
    clock: GaitClock,
    qpos: Float[Array, "*B nq"],
    time: Float[Array, "*B"],
    commands: Commands,
    xp: Xp = np,
) -> Float[Array, "*B 3"]:
    """Heading (rad) and place (m) at the schedule's time zero, of robots that now look and are
    where it wants them to."""
    began = rotation.yaw(qpos[..., 3:7], xp) - heading(clock, commands, time, xp)
    place = qpos[..., 0:2] - turn(began, path(clock, commands, time, xp), xp)
    return xp.concatenate([began[..., None], place], axis=-1)


def privileged(
    segments: Segments,
    clean: Float[Array, "*B no"],
    seen: Float[Array, "*B no"],
    place: Float[Array, "*B 3"],
    xp: Xp = np,
) -> Float[Array, "*B 7"]:
    """The segments of `HIDDEN`; where a robot does not know its place, it has no path to follow.

    `place` is that of its trunk, with the height above the ground for z.
    """
    parts = {
        "linear_velocity": clean[..., segments["linear_velocity"]],
        "heading_error": clean[..., segments["heading_error"]],
        "path_error": seen[..., segments["path_error"]],
        "height": place[..., 2:3].astype(xp.float32),
    }
    return HIDDEN.join(parts, xp)


class Observer:
    """Completes the observation when the command features are known already."""

    def __init__(self, features: Segments, joints: Joints, scale: Scale) -> None:
        self._joints = joints
        self._reach = PATH_REACH * scale.length
        self._heading, self._path = features.column("heading"), features["path"]
        self._commands = features.span("command", "command_ahead")
        self._clocks = features.span("step_frequency", "modulation")

    def __call__(
        self,
        features: Float[Array, "*B F"],
        qpos: Float[Array, "*B nq"],
        qvel: Float[Array, "*B nv"],
        ctrl: Float[Array, "*B nu"],
        origin: Float[Array, "*B 3"],
        xp: Xp = np,
    ) -> Float[Array, "*B no"]:
        """The segments of `observation_segments`, float32.

        The root is a free joint: position, quaternion wxyz; linear velocity in the world, angular
        in the trunk's frame. Position and linear velocity may be not a number: not known.
        """
        quaternion, joint_position = qpos[..., 3:7], qpos[..., 7:]
        yaw = rotation.yaw(quaternion, xp)
        wanted = features[..., self._heading] + origin[..., 0]
        error = xp.clip(rotation.wrap(wanted - yaw, xp), -1.0, 1.0)
        velocity = rotation.rotate_inverse(quaternion, qvel[..., 0:3], xp)
        known = xp.isfinite(velocity[..., :1])
        return xp.concatenate(
            [
                -rotation.up_in_body(quaternion, xp),
                qvel[..., 3:6],
                xp.where(known, velocity, 0.0),
                known,
                joint_position - self._joints.home,
                qvel[..., 6:],
                self._joints.action(ctrl),
                features[..., self._commands],
                error[..., None],
                self._path_error(features, qpos, yaw, origin, xp),
                features[..., self._clocks],
            ],
            axis=-1,
        ).astype(xp.float32)

    def _path_error(
        self,
        features: Float[Array, "*B F"],
        qpos: Float[Array, "*B nq"],
        yaw: Float[Array, "*B"],
        origin: Float[Array, "*B 3"],
        xp: Xp,
    ) -> Float[Array, "*B 2"]:
        """Where the path is as the robot sees it, m ahead and left, within its reach."""
        path = turn(origin[..., 0], features[..., self._path], xp) + origin[..., 1:3]
        error = turn(-yaw, path - qpos[..., 0:2], xp)
        return xp.clip(xp.nan_to_num(error), -self._reach, self._reach)
