"""The frames of one chain of hinges on a fixed base, for a decision between two steps of physics.

`control.kinematics` knows whole trees and speeds, for many steps at once in a compiled graph. Here
few large operations in numpy matter: a joint's rotation is linear in its sine and cosine, so all
joints are turned at once, and what is left are products of small matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import mujoco
import numpy as np
from jaxtyping import Float

from tabrl.control import rotation
from tabrl.control.arrays import Array, Floats, Xp
from tabrl.domain.errors import Invalid

Doubles = np.ndarray
TURN_M = 0.25  # what a radian counts beside a metre on the way of a tool
DAMPING_M = 0.03


@dataclass(frozen=True, eq=False)
class Chain:
    """Joints one after the other, each on the body of the one before, and a point on the last.

    The transform over a joint of angle q is `fixed + sin(q) * sine + cos(q) * cosine`,
    `[nj, 4, 4]` each; `tip [4, 4]` is that of the point in the frame of the last joint, `axes`
    are those of the joints in their own frames.
    """

    columns: tuple[int, ...]  # of the joints in qpos
    bodies: tuple[int, ...]  # of the model, that the joints turn
    fixed: Floats
    sine: Floats
    cosine: Floats
    tip: Floats
    axes: Floats

    @classmethod
    def of(cls, model: mujoco.MjModel, joints: Sequence[str], site: str) -> Self:
        """Read from a model whose joints are all hinges on a fixed base.

        Raises `Invalid` (code `bad_robot`) for joints that do not follow each other.
        """
        ids = [model.joint(name).id for name in joints]
        bodies = [int(model.jnt_bodyid[joint]) for joint in ids]
        parts: list[tuple[Doubles, Doubles, Doubles]] = []
        for joint, body, before in zip(ids, bodies, [0, *bodies], strict=False):
            placed = transform_between(model, before, body)
            axis = np.array(model.jnt_axis[joint])
            turning = _square(_crossed(axis))
            along = _square(np.outer(axis, axis))
            across = _square(np.eye(3)) - along
            at_origin = np.zeros((4, 4))
            at_origin[3, 3] = 1.0
            parts.append((placed @ (along + at_origin), placed @ turning, placed @ across))
        mounted = np.eye(4)
        mounted[:3, :3] = _matrix(model.site(site).quat)
        mounted[:3, 3] = model.site(site).pos
        carrier = transform_between(model, bodies[-1], int(model.site(site).bodyid[0]))
        fixed, sine, cosine = (np.array(part, np.float32) for part in zip(*parts, strict=True))
        columns = tuple(int(model.jnt_qposadr[joint]) for joint in ids)
        tip = (carrier @ mounted).astype(np.float32)
        axes = model.jnt_axis[ids].astype(np.float32)
        return cls(columns, tuple(bodies), fixed, sine, cosine, tip, axes)

    def frames(self, qpos: Float[Array, "*B nq"], xp: Xp = np) -> Float[Array, "*B nl 4 4"]:
        """Transforms of the world, then of each joint's body to the world."""
        angle = qpos[..., np.array(self.columns)].astype(xp.float32)[..., None, None]
        local = self.fixed + xp.sin(angle) * self.sine + xp.cos(angle) * self.cosine
        here = xp.broadcast_to(xp.eye(4, dtype=xp.float32), (*qpos.shape[:-1], 4, 4))
        found = [here]
        for joint in range(len(self.columns)):
            here = here @ local[..., joint, :, :]
            found.append(here)
        return xp.stack(found, axis=-3)

    def point(
        self, frames: Float[Array, "*B nl 4 4"]
    ) -> tuple[Float[Array, "*B 3"], Float[Array, "*B 3 3"]]:
        """World position and axes (columns) of the point, from the chain's frames."""
        placed = frames[..., -1, :, :] @ self.tip
        return placed[..., :3, 3], placed[..., :3, :3]

    def jacobian(self, frames: Float[Array, "*B nl 4 4"], xp: Xp = np) -> Float[Array, "*B 6 nj"]:
        """How fast the point moves and turns in the world for a speed of 1 of each joint."""
        place, _ = self.point(frames)
        axis = (frames[..., 1:, :3, :3] * self.axes[:, None, :]).sum(-1)
        moves = rotation.cross(axis, place[..., None, :] - frames[..., 1:, :3, 3], xp)
        return xp.swapaxes(xp.concatenate([moves, axis], axis=-1), -1, -2)

    def way(
        self, frames: Float[Array, "*B nl 4 4"], off: Float[Array, "*B 6"], xp: Xp = np
    ) -> Float[Array, "*B nj"]:
        """Turns of the joints, rad as in qpos, that take the point about as far as it is off.

        Damped least squares (Nakamura and Hanafusa, 1986): near a pose in which the joints cannot
        go that way they go less far. `off` is in m and rad; a radian counts as `TURN_M`.
        """
        weight = np.array([1.0] * 3 + [TURN_M] * 3, np.float32)
        jacobian = self.jacobian(frames, xp) * weight[:, None]
        back = xp.swapaxes(jacobian, -1, -2)
        square = jacobian @ back + DAMPING_M**2 * np.eye(6, dtype=np.float32)
        way = (back @ xp.linalg.solve(square, (off * weight)[..., None]))[..., 0]
        return way[..., np.argsort(self.columns)]

    def link(self, model: mujoco.MjModel, body: int) -> int:
        """Which of the frames a body moves with; 0 for one that never moves."""
        while body:
            if body in self.bodies:
                return self.bodies.index(body) + 1
            body = int(model.body_parentid[body])
        return 0

    def carrier(self, link: int) -> int:
        """The body whose frame this is."""
        return (0, *self.bodies)[link]


def transform_between(model: mujoco.MjModel, above: int, body: int) -> Doubles:
    """The transform `[4, 4]` of a body in the frame of one above it, all joints at zero.

    Raises `Invalid` (code `bad_robot`) if it is not above.
    """
    placed = np.eye(4)
    while body != above:
        if body == 0:
            raise Invalid(
                "the joints of an arm do not follow each other",
                code="bad_robot",
                hint="name a limb's joints in order, from the base to the tool",
            )
        own = np.eye(4)
        own[:3, :3], own[:3, 3] = _matrix(model.body_quat[body]), model.body_pos[body]
        placed, body = own @ placed, int(model.body_parentid[body])
    return placed


def _matrix(quaternion: Doubles) -> Doubles:
    matrix = np.zeros(9)
    mujoco.mju_quat2Mat(matrix, np.asarray(quaternion, np.float64))
    return matrix.reshape(3, 3)


def _crossed(axis: Doubles) -> Doubles:
    x, y, z = axis
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])


def _square(turn: Doubles) -> Doubles:
    """A part of a rotation as that of a transform."""
    whole = np.zeros((4, 4))
    whole[:3, :3] = turn
    return whole
