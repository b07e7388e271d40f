"""What a planar robot's policy sees, in numpy and JAX alike."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from tabrl.control.arrays import Array, Xp
from tabrl.control.command_space import CommandSpace
from tabrl.control.embodiment import LOOK_AHEAD_S
from tabrl.control.joints import Joints
from tabrl.control.segments import Segments
from tabrl.control.staged_commands import Commands
from tabrl.embodiments.planar.fields import ROOT
from tabrl.robots import Robot


def feature_segments(commands: CommandSpace) -> Segments:
    """What depends on the schedule and the time alone."""
    count = len(commands)
    return Segments((("command", count), ("command_ahead", count), ("modulation", 2)))


def observation_segments(robot: Robot, commands: CommandSpace) -> Segments:
    """Everything that the policy sees; angles in rad, speeds in m/s and rad/s."""
    joints = robot.nu
    return Segments(
        (
            ("height", 1), ("attitude", 2), ("velocity", 2), ("pitch_rate", 1),
            ("joint_offset", joints), ("joint_velocity", joints), ("last_action", joints),
            *feature_segments(commands).widths,
        )
    )  # fmt: skip


def command_features(
    segments: Segments, time: Float[Array, "*B"], commands: Commands, xp: Xp = np
) -> Float[Array, "*B F"]:
    """Commands now and a moment later, and the sinusoids' clock."""
    now, soon = commands.at(time, xp), commands.at(time + LOOK_AHEAD_S, xp)
    angle = xp.broadcast_to(now.modulation_phase(time, xp), time.shape)
    parts = {
        "command": now.command(time, xp),
        "command_ahead": soon.command(time + LOOK_AHEAD_S, xp),
        "modulation": xp.stack([xp.sin(angle), xp.cos(angle)], axis=-1),
    }
    return segments.join(parts, xp)


def observation(
    joints: Joints,
    stands: float,
    features: Float[Array, "*B F"],
    qpos: Float[Array, "*B nq"],
    qvel: Float[Array, "*B nv"],
    ctrl: Float[Array, "*B nu"],
    xp: Xp = np,
) -> Float[Array, "*B no"]:
    """All of it, float32.

    Args:
        joints: of the robot.
        stands: height of its trunk where it stands, m.
        features: as of `command_features`.
        qpos: x, z and pitch of the trunk, then the joints' angles.
        qvel: the same, moving; speeds over the floor that are not known count as zero.
        ctrl: joint targets in force.
        xp: numpy or jax.numpy.
    """
    pitch = qpos[..., 2]
    parts = [
        qpos[..., 1:2] - stands,
        xp.stack([xp.sin(pitch), xp.cos(pitch)], axis=-1),
        xp.nan_to_num(qvel[..., :2]),
        qvel[..., 2:ROOT],
        qpos[..., ROOT:] - joints.home,
        qvel[..., ROOT:],
        joints.action(ctrl),
        features,
    ]
    return xp.concatenate(parts, axis=-1).astype(xp.float32)
