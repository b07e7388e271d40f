"""Where a robot's bodies and feet are and how the feet move, from its joint angles and speeds.

MuJoCo has these too, but asking it for them after a step costs a batch of robots a third of that
step. A pure function for numpy and JAX alike: a whole block of steps takes one call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import mujoco
import numpy as np

from tabrl.control import rotation
from tabrl.control.rotation import Array
from tabrl.robots import Robot

Vectors = tuple[tuple[float, ...], ...]


class Pose(NamedTuple):
    """World positions (m), axes and velocities (m/s); bodies and joints in the robot's order."""

    body_position: Array  # [..., nb, 3]
    joint_axis: Array  # [..., nj, 3]
    foot_position: Array  # [..., nf, 3]
    foot_velocity: Array  # [..., nf, 3]


@dataclass(frozen=True)
class _Level:
    """Bodies as many joints away from the trunk: each turns on a hinge at its own origin."""

    joints: tuple[int, ...]  # of `nj`
    parents: tuple[int, ...]  # places in the level above
    offset: Vectors  # in the parent's frame
    twist: Vectors  # quaternion in the parent's frame, at angle zero
    axis: Vectors  # in the body's own frame


@dataclass(frozen=True)
class Skeleton:
    """A robot's tree of hinges below a free trunk. Hashable, so that graphs may be made for it."""

    levels: tuple[_Level, ...]
    bodies: tuple[int, ...]  # for each body of the robot, its place among all levels' bodies
    feet: tuple[int, ...]  # likewise the body that carries the foot
    foot_offset: Vectors  # in that body's frame

    @classmethod
    def of(cls, robot: Robot, model: mujoco.MjModel) -> Self:
        """Read from a model. Raises `ValueError` for other joints than hinges at the origin."""
        places = {1: 0}
        above, levels = [1], []
        while True:
            below = [b for b in range(2, model.nbody) if int(model.body_parentid[b]) in above]
            if not below:
                break
            for body in below:
                _check_hinge(model, body)
                places[body] = len(places)
            hinges = [int(model.body_jntadr[body]) for body in below]
            levels.append(
                _Level(
                    joints=tuple(hinge - 1 for hinge in hinges),
                    parents=tuple(above.index(int(model.body_parentid[body])) for body in below),
                    offset=_rows(model.body_pos[below]),
                    twist=_rows(model.body_quat[below]),
                    axis=_rows(model.jnt_axis[hinges]),
                )
            )
            above = below
        sites = [model.site(name).id for name in robot.foot_names]
        return cls(
            levels=tuple(levels),
            bodies=tuple(places[body] for body in range(1, model.nbody)),
            feet=tuple(places[int(model.site_bodyid[site])] for site in sites),
            foot_offset=_rows(model.site_pos[sites]),
        )

    def pose(self, qpos: Array, qvel: Array, xp: Any = np) -> Pose:
        """The pose of states `qpos [..., 7 + nj]`, `qvel [..., 6 + nj]` as MuJoCo has them."""
        position, orientation = qpos[..., None, 0:3], qpos[..., None, 3:7]
        velocity = qvel[..., None, 0:3]
        turning = rotation.rotate(orientation, qvel[..., None, 3:6], xp)
        found = [(position, orientation, velocity, turning)]
        axes: list[Array] = []
        joints: list[int] = []
        for level in self.levels:
            parents = np.array(level.parents)
            position, orientation, velocity, turning = (
                field[..., parents, :] for field in (position, orientation, velocity, turning)
            )
            arm = rotation.rotate(orientation, _constant(level.offset), xp)
            hinges = np.array(level.joints)
            own = rotation.about(_constant(level.axis), qpos[..., 7 + hinges], xp)
            at_zero = rotation.multiply(orientation, _constant(level.twist), xp)
            axis = rotation.rotate(at_zero, _constant(level.axis), xp)
            position = position + arm
            velocity = velocity + rotation.cross(turning, arm, xp)
            orientation = rotation.multiply(at_zero, own, xp)
            turning = turning + axis * qvel[..., 6 + hinges, None]
            found.append((position, orientation, velocity, turning))
            axes.append(axis)
            joints += level.joints
        position, orientation, velocity, turning = (
            xp.concatenate(field, axis=-2) for field in zip(*found, strict=True)
        )
        feet = np.array(self.feet)
        arm = rotation.rotate(orientation[..., feet, :], _constant(self.foot_offset), xp)
        return Pose(
            body_position=position[..., np.array(self.bodies), :],
            joint_axis=xp.concatenate(axes, axis=-2)[..., np.argsort(joints), :],
            foot_position=position[..., feet, :] + arm,
            foot_velocity=velocity[..., feet, :] + rotation.cross(turning[..., feet, :], arm, xp),
        )


def _check_hinge(model: mujoco.MjModel, body: int) -> None:
    joint = int(model.body_jntadr[body])
    if (
        model.body_jntnum[body] != 1
        or model.jnt_type[joint] != mujoco.mjtJoint.mjJNT_HINGE
        or model.jnt_pos[joint].any()
    ):
        raise ValueError(f"{model.body(body).name}: only a single hinge at the body's origin")


def _rows(array: Any) -> Vectors:
    return tuple(tuple(row) for row in np.asarray(array).tolist())


def _constant(rows: Vectors) -> Array:
    return np.array(rows, np.float32)
