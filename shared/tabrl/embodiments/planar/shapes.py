"""How far a planar robot's bodies are from the floor: exact for spheres and capsules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import mujoco
import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from tabrl.control.arrays import Array, Floats, Xp
from tabrl.domain.errors import Invalid

FAR = 1e3  # m, of bodies that touch nothing
_PARALLEL = 1e-4  # how far from the y axis an axis may point
_SPHERE, _CAPSULE = int(mujoco.mjtGeom.mjGEOM_SPHERE), int(mujoco.mjtGeom.mjGEOM_CAPSULE)


@dataclass(frozen=True)
class _End:
    """A rounded end of a shape: its middle beside the body's origin where all joints are at zero,
    in the world's x and z, and its radius; m."""

    body: int
    ahead: float
    up: float
    radius: float


class Clearance:
    """Gaps between bodies and floor, from angles and origins of bodies alone.

    All hinges turn about the plane's normal, so that a body is turned by the sum of the angles on
    the way to it. Raises `Invalid` (code `bad_robot`) for a hinge that does not, or for a shape
    that touches and is neither sphere nor capsule.
    """

    def __init__(self, model: mujoco.MjModel, joints: int) -> None:
        data = mujoco.MjData(model)
        data.qpos[:] = 0.0
        mujoco.mj_kinematics(model, data)
        first = model.njnt - joints
        self._turns = _turns(model, data, first)  # [joints, bodies]
        self._ends = tuple(_ends(model, data))
        self._bodies = model.nbody - 1

    def turned(
        self, pitch: Float[Array, "*B"], angles: Float[Array, "*B nj"]
    ) -> Float[Array, "*B nb"]:
        """By how much every body is turned, rad, nose down."""
        return pitch[..., None] + angles @ self._turns

    def of_bodies(
        self, height: Float[Array, "*B nb"], turned: Float[Array, "*B nb"], xp: Xp = np
    ) -> Float[Array, "*B nb"]:
        """The gap below every body, m; `FAR` for one that touches nothing.

        Args:
            height: of the bodies' origins, m.
            turned: as of `turned`.
            xp: numpy or jax.numpy.
        """
        gaps: list[Array] = [xp.full_like(height[..., 0], FAR)] * self._bodies
        for end in self._ends:
            gap = _gap(end, height[..., end.body], turned[..., end.body], xp)
            gaps[end.body] = xp.minimum(gaps[end.body], gap)
        return xp.stack(gaps, axis=-1)

    def of_root(
        self, height: Float[Array, "*B"], pitch: Float[Array, "*B"], xp: Xp = np
    ) -> Float[Array, "*B"]:
        """The gap below the trunk, m."""
        lowest = xp.full_like(height, FAR)
        for end in self._ends:
            if end.body == 0:
                lowest = xp.minimum(lowest, _gap(end, height, pitch, xp))
        return lowest


def _gap(end: _End, height: Array, turned: Array, xp: Xp) -> Array:
    ahead, up, radius = np.float32(end.ahead), np.float32(end.up), np.float32(end.radius)
    return height - xp.sin(turned) * ahead + xp.cos(turned) * up - radius


def _turns(model: mujoco.MjModel, data: mujoco.MjData, first: int) -> Floats:
    """Which way each joint turns each body, 0 where it is not on the way to it."""
    turns = np.zeros((model.njnt - first, model.nbody - 1), np.float32)
    for joint in range(first, model.njnt):
        axis = data.xaxis[joint]
        if abs(abs(axis[1]) - 1.0) > _PARALLEL:
            raise Invalid(
                f"the joint {model.joint(joint).name} does not turn within the robot's plane",
                code="bad_robot",
            )
        for body in range(1, model.nbody):
            if _carries(model, int(model.jnt_bodyid[joint]), body):
                turns[joint - first, body - 1] = np.sign(axis[1])
    return turns


def _carries(model: mujoco.MjModel, carrier: int, body: int) -> bool:
    while body not in (0, carrier):
        body = int(model.body_parentid[body])
    return body == carrier


def _ends(model: mujoco.MjModel, data: mujoco.MjData) -> Iterator[_End]:
    for geom in range(model.ngeom):
        body, kind = int(model.geom_bodyid[geom]), int(model.geom_type[geom])
        if body == 0 or model.geom_conaffinity[geom] == 0:
            continue
        if kind not in (_SPHERE, _CAPSULE):
            raise Invalid(
                f"{model.geom(geom).name}: only spheres and capsules may touch", code="bad_robot"
            )
        half = float(model.geom_size[geom, 1]) if kind == _CAPSULE else 0.0
        along: NDArray[np.float64] = half * data.geom_xmat[geom].reshape(3, 3)[:, 2]
        middle = data.geom_xpos[geom] - data.xpos[body]
        for point in (middle + along, middle - along)[: 1 + (half > 0.0)]:
            radius = float(model.geom_size[geom, 0])
            yield _End(body - 1, float(point[0]), float(point[2]), radius)
