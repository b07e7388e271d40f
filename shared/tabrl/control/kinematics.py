"""Where a robot's bodies and end effectors are and how these move, from joint angles and speeds.

MuJoCo has these too, but asking it for them after a step costs a batch of robots a third of that
step. A pure function for numpy and JAX alike: a whole chunk of steps takes one call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Self

import mujoco
import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from tabrl.control import rotation
from tabrl.control.arrays import Array, Floats, Xp
from tabrl.domain.errors import Invalid
from tabrl.robots import Robot

Vectors = tuple[tuple[float, ...], ...]
FREE = (7, 6)  # columns of a free joint in qpos and qvel
PLANE = (3, 3)  # of slides along x and z and a hinge about y
_PLANE_AXES = ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, 1.0, 0.0))


class Pose(NamedTuple):
    """World positions (m), axes and velocities (m/s); bodies and joints in the robot's order."""

    body_position: Float[Array, "... nb 3"]
    joint_axis: Float[Array, "... nj 3"]
    end_position: Float[Array, "... ne 3"]
    end_velocity: Float[Array, "... ne 3"]


@dataclass(frozen=True)
class _Level:
    """Bodies as many joints away from the root: each turns on a hinge at its own origin, or is
    welded to its parent."""

    joints: tuple[int | None, ...]  # of `nj`; None for a welded body
    parents: tuple[int, ...]  # places in the level above
    offset: Vectors  # in the parent's frame
    twist: Vectors  # quaternion in the parent's frame, at angle zero
    axis: Vectors  # in the body's own frame

    @property
    def hinges(self) -> tuple[int, ...]:
        """The joints of this level."""
        return tuple(joint for joint in self.joints if joint is not None)


def _as_they_are(values: tuple[Array, ...]) -> tuple[Array, ...]:
    return values


@dataclass(frozen=True)
class Skeleton:
    """A robot's tree of hinges, on a root that is free, moves in a plane or is fixed."""

    root: tuple[int, int]  # columns of qpos and qvel before the joints: `FREE`, `PLANE` or none
    levels: tuple[_Level, ...]
    bodies: tuple[int, ...]  # for each body of the robot, its place among root and all levels
    ends: tuple[int, ...]  # likewise the body that carries the end effector
    end_offset: Vectors  # in that body's frame

    @classmethod
    def of(cls, robot: Robot, model: mujoco.MjModel) -> Self:
        """Read from a model. Raises `Invalid` for other joints than hinges at the origin."""
        columns, joints = _root_of(model)
        root = int(model.jnt_bodyid[0]) if joints else 0
        places, above, levels = {root: 0}, [root], []
        while True:
            below = [
                body
                for body in range(1, model.nbody)
                if body not in places and int(model.body_parentid[body]) in above
            ]
            if not below:
                break
            for body in below:
                places[body] = len(places)
            levels.append(_level(model, below, above, joints))
            above = below
        sites = [model.site(name).id for name in robot.end_effectors]
        return cls(
            root=columns,
            levels=tuple(levels),
            bodies=tuple(places[body] for body in range(1, model.nbody)),
            ends=tuple(places[int(model.site_bodyid[site])] for site in sites),
            end_offset=_rows(model.site_pos[sites]),
        )

    @property
    def place(self) -> int:
        """How many of the first columns of `qpos` say where over the floor the root is."""
        return {FREE: 2, PLANE: 1}.get(self.root, 0)

    @property
    def linear(self) -> int:
        """How many of the first columns of `qvel` say how fast the root moves, turning apart."""
        return {FREE: 3, PLANE: 2}.get(self.root, 0)

    def joint_position(self, qpos: Float[Array, "... nq"]) -> Float[Array, "... nj"]:
        """Joint angles, rad."""
        return qpos[..., self.root[0] :]

    def joint_velocity(self, qvel: Float[Array, "... nv"]) -> Float[Array, "... nj"]:
        """Joint speeds, rad/s; also of forces, which have the columns of `qvel`."""
        return qvel[..., self.root[1] :]

    def pose(
        self,
        qpos: Float[Array, "... nq"],
        qvel: Float[Array, "... nv"],
        xp: Xp = np,
        settled: Callable[[tuple[Array, ...]], tuple[Array, ...]] = _as_they_are,
    ) -> Pose:
        """The pose of states as MuJoCo has them.

        Args:
            qpos: the states' places.
            qvel: the states' speeds.
            xp: numpy or jax.numpy.
            settled: called with what is known of each level of bodies before the next one uses it;
                a barrier there keeps a compiler from working out all levels above a body anew for
                each of its uses, which takes thousands of times longer for a chain of eight.
        """
        found = [self._root(qpos, qvel, xp)]
        axes: list[Array] = []
        joints: list[int] = []
        for level in self.levels:
            *moved, axis = self._below(level, found[-1], qpos, qvel, xp)
            found.append(settled(tuple(moved)))
            hinged = np.flatnonzero([joint is not None for joint in level.joints])
            if len(hinged):
                axes.append(axis if len(hinged) == len(level.joints) else axis[..., hinged, :])
                joints += level.hinges
        position, orientation, velocity, turning = (
            xp.concatenate(part, axis=-2) for part in zip(*found, strict=True)
        )
        ends = np.array(self.ends, np.intp)
        arm = rotation.rotate(orientation[..., ends, :], _constant(self.end_offset), xp)
        return Pose(
            body_position=position[..., np.array(self.bodies), :],
            joint_axis=xp.concatenate(axes, axis=-2)[..., np.argsort(joints), :],
            end_position=position[..., ends, :] + arm,
            end_velocity=velocity[..., ends, :] + rotation.cross(turning[..., ends, :], arm, xp),
        )

    def _root(self, qpos: Array, qvel: Array, xp: Xp) -> tuple[Array, ...]:
        """Position, orientation, velocity and turning rate of the root, `[..., 1, _]`."""
        if self.root == FREE:
            orientation = qpos[..., None, 3:7]
            turning = rotation.rotate(orientation, qvel[..., None, 3:6], xp)
            return qpos[..., None, 0:3], orientation, qvel[..., None, 0:3], turning
        if self.root == PLANE:
            return _in_plane(qpos, qvel, xp)
        nothing = xp.zeros((*qpos.shape[:-1], 1, 3), xp.float32)
        still = xp.concatenate([xp.ones_like(nothing[..., :1]), nothing], axis=-1)
        return nothing, still, nothing, nothing

    def _below(
        self, level: _Level, above: tuple[Array, ...], qpos: Array, qvel: Array, xp: Xp
    ) -> tuple[Array, ...]:
        """The same of a level's bodies, and the world axes of their hinges."""
        parents = np.array(level.parents)
        position, orientation, velocity, turning = (part[..., parents, :] for part in above)
        arm = rotation.rotate(orientation, _constant(level.offset), xp)
        angle, speed = (
            _of_joints(values, level.joints, xp)
            for values in (self.joint_position(qpos), self.joint_velocity(qvel))
        )
        own = rotation.about(_constant(level.axis), angle, xp)
        at_zero = rotation.multiply(orientation, _constant(level.twist), xp)
        axis = rotation.rotate(at_zero, _constant(level.axis), xp)
        position = position + arm
        velocity = velocity + rotation.cross(turning, arm, xp)
        orientation = rotation.multiply(at_zero, own, xp)
        turning = turning + axis * speed[..., None]
        return position, orientation, velocity, turning, axis


def _of_joints(values: Array, joints: tuple[int | None, ...], xp: Xp) -> Array:
    """The numbers of a level's joints; zero for a welded body, which has none."""
    if None not in joints:
        return values[..., np.array(joints)]
    nothing = xp.zeros_like(values[..., 0] if values.shape[-1] else values.sum(-1))
    return xp.stack([nothing if j is None else values[..., j] for j in joints], axis=-1)


def _root_of(model: mujoco.MjModel) -> tuple[tuple[int, int], int]:
    """Columns of the root, and how many joints make it; others are refused where they are met."""
    kinds = mujoco.mjtJoint
    if model.njnt and model.jnt_type[0] == kinds.mjJNT_FREE:
        return FREE, 1
    first = slice(0, len(_PLANE_AXES))
    types = model.jnt_type[first].tolist()
    if types == [kinds.mjJNT_SLIDE, kinds.mjJNT_SLIDE, kinds.mjJNT_HINGE]:
        root = int(model.jnt_bodyid[0])
        own = model.body_jntnum[root] == len(types) and model.body_parentid[root] == 0
        still = not model.jnt_pos[first].any() and not model.body_pos[root].any()
        turned = np.allclose(model.body_quat[root], (1.0, 0.0, 0.0, 0.0))
        if own and still and turned and np.allclose(model.jnt_axis[first], _PLANE_AXES):
            return PLANE, len(types)
    return (0, 0), 0


def _in_plane(qpos: Array, qvel: Array, xp: Xp) -> tuple[Array, ...]:
    """The root's position, orientation, velocity and turning rate, `[..., 1, _]`."""
    x, z, pitch = (qpos[..., None, column] for column in range(PLANE[0]))
    ahead, up, rate = (qvel[..., None, column] for column in range(PLANE[1]))
    nothing = xp.zeros_like(x)
    half = 0.5 * pitch
    return (
        xp.stack([x, nothing, z], axis=-1),
        xp.stack([xp.cos(half), nothing, xp.sin(half), nothing], axis=-1),
        xp.stack([ahead, nothing, up], axis=-1),
        xp.stack([nothing, rate, nothing], axis=-1),
    )


def _level(model: mujoco.MjModel, bodies: list[int], above: list[int], before: int) -> _Level:
    hinges = [_hinge(model, body) for body in bodies]
    axes = [(0.0, 0.0, 1.0) if hinge is None else model.jnt_axis[hinge] for hinge in hinges]
    return _Level(
        joints=tuple(None if hinge is None else hinge - before for hinge in hinges),
        parents=tuple(above.index(int(model.body_parentid[body])) for body in bodies),
        offset=_rows(model.body_pos[bodies]),
        twist=_rows(model.body_quat[bodies]),
        axis=_rows(axes),
    )


def _hinge(model: mujoco.MjModel, body: int) -> int | None:
    """The hinge on which a body turns; None for a welded one."""
    if model.body_jntnum[body] == 0:
        return None
    joint = int(model.body_jntadr[body])
    if (
        model.body_jntnum[body] != 1
        or model.jnt_type[joint] != mujoco.mjtJoint.mjJNT_HINGE
        or model.jnt_pos[joint].any()
    ):
        raise Invalid(
            f"{model.body(body).name}: only a single hinge at the body's origin",
            code="bad_robot",
            hint="move the body's frame to its joint, and give every joint a body of its own",
        )
    return joint


def _rows(array: ArrayLike) -> Vectors:
    return tuple(tuple(row) for row in np.asarray(array, np.float64).tolist())


def _constant(rows: Vectors) -> Floats:
    return np.array(rows, np.float32)
