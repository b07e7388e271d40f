"""The trunk's shapes that may touch the floor, and when a robot has fallen."""

from __future__ import annotations

import mujoco
import numpy as np
from jaxtyping import Bool, Float

from tabrl.control import rotation
from tabrl.control.arrays import Array, Floats, Xp
from tabrl.control.rollout import CONTACT_MARGIN
from tabrl.domain.errors import Invalid
from tabrl.embodiments.legged.grounds.surface import LEVEL, Surface

# On its side a robot lies on its hips, and its trunk touches nothing.
ON_ITS_SIDE = 0.9  # of the up direction, to the left or right of the trunk
ALONG_A_BOX = 4  # points at each long edge, where the ground is not level
# Half of one minus the up direction's z, of the least tilt at which that may be.
LEAST_OVERTURNED = 0.5 * (1.0 - float(np.sqrt(1.0 - ON_ITS_SIDE**2)))


def overturned(up: Float[Array, "*B 3"], xp: Xp = np) -> Bool[Array, "*B"]:
    """Whose trunk lies on its side or is upside down; `up` in the trunk's frame."""
    return (xp.abs(up[..., 1]) > ON_ITS_SIDE) | (up[..., 2] < 0.0)


class Trunk:
    """Boxes and spheres of the root body, for exact floor clearance.

    Raises `Invalid` (code `bad_robot`) for another or a rotated shape, or none at all.
    """

    def __init__(self, model: mujoco.MjModel, surface: Surface = LEVEL) -> None:
        self._surface = surface
        shapes = np.array(trunk_shapes(model), np.float32)
        self._centre, self._half, self._radius = shapes[:, :3].T, shapes[:, 3:6].T, shapes[:, 6]
        # How far the shapes reach beside the trunk's origin and below it.
        self._aside = (
            np.hypot(self._centre[0], self._centre[1]) + np.hypot(self._half[0], self._half[1])
        ).max()
        self._below = (np.abs(self._centre[2]) + self._half[2] + self._radius).max()
        self._points, self._radii = _points_of(shapes)

    def clearance(
        self, height: Float[Array, "*B"], up: Float[Array, "*B 3"], xp: Xp = np
    ) -> Float[Array, "*B"]:
        """Gap between the floor and the lowest point of the trunk's shapes, m; exact.

        `height` of the trunk's origin, `up` the world's up in the trunk's frame.
        """
        gaps = height[..., None] + up @ self._centre - xp.abs(up) @ self._half - self._radius
        return gaps.min(-1)

    def touches(
        self, qpos: Float[Array, "*B nq"], up: Float[Array, "*B 3"], xp: Xp = np
    ) -> Bool[Array, "*B"]:
        """Whether the trunk touches the ground.

        Exact over level ground; over other grounds to how densely points lie on the trunk's boxes.
        `up` is the world's up in the trunk's frame.
        """
        if self._surface.level:
            return self.clearance(qpos[..., 2], up, xp) < CONTACT_MARGIN
        quaternion, points = qpos[..., None, 3:7], xp.asarray(self._points)
        points = xp.broadcast_to(points, (*qpos.shape[:-1], *points.shape))
        places = qpos[..., None, 0:3] + rotation.rotate(quaternion, points, xp)
        gaps = self._surface.distance(places, xp) - self._radii
        return gaps.min(-1) < CONTACT_MARGIN

    def fallen(self, qpos: Float[Array, "*B nq"], xp: Xp = np) -> Bool[Array, "*B"]:
        """Whose trunk touches the ground, lies on its side or is upside down."""
        if xp is np and qpos.ndim == 2 and self._surface.level:
            return self._fallen_of_many(qpos)
        up = rotation.up_in_body(qpos[..., 3:7], xp)
        return self.touches(qpos, up, xp) | overturned(up, xp)

    def _fallen_of_many(self, qpos: Float[Array, "B nq"]) -> Bool[Array, " B"]:
        """The same: most robots are too high up to touch anything however they are turned."""
        tilt = qpos[:, 4:6]
        leaning = np.einsum("ij,ij->i", tilt, tilt)  # half of one minus the up direction's z
        fallen = leaning > 0.5
        tilted = np.flatnonzero(leaning > LEAST_OVERTURNED)
        if len(tilted):
            fallen[tilted] |= overturned(rotation.up_in_body(qpos[tilted, 3:7]))
        low = np.flatnonzero(qpos[:, 2] < self.reach(leaning) + CONTACT_MARGIN)
        if len(low):
            fallen[low] |= self.touches(qpos[low], rotation.up_in_body(qpos[low, 3:7]))
        return fallen

    def reach(self, leaning: Float[Array, " B"]) -> Float[Array, " B"]:
        """How far below its origin the trunk may reach at most, m, however it is turned about z.

        `leaning` is half of one minus the z of the up direction, the sine of half the tilt squared.
        """
        # The sine of the tilt is at most twice that of its half.
        return self._below + 2.0 * self._aside * np.sqrt(leaning)


def _points_of(shapes: Floats) -> tuple[Float[np.ndarray, "P 3"], Float[np.ndarray, " P"]]:
    """Points on the rows of `trunk_shapes`, with the radius of what is around them.

    A box has four along its length at each of its long edges, a sphere its middle.
    """
    points, radii = [], []
    for centre, half, radius in zip(shapes[:, :3], shapes[:, 3:6], shapes[:, 6], strict=True):
        along = np.linspace(-1.0, 1.0, ALONG_A_BOX) if half.any() else np.zeros(1)
        ends = (-1.0, 1.0) if half.any() else (0.0,)
        signs = np.array([(x, y, z) for x in along for y in ends for z in ends], np.float32)
        points.append(centre + signs * half)
        radii.append(np.full(len(signs), radius, np.float32))
    return np.concatenate(points).astype(np.float32), np.concatenate(radii)


def trunk_shapes(model: mujoco.MjModel) -> list[list[float]]:
    """For each shape of the root body that may touch: `x, y, z, hx, hy, hz, r`."""
    root = int(model.jnt_bodyid[0])
    shapes = []
    for geom in range(model.ngeom):
        if model.geom_bodyid[geom] != root or model.geom_conaffinity[geom] == 0:
            continue
        kind, size = model.geom_type[geom], model.geom_size[geom]
        half, radius = np.zeros(3), 0.0
        if kind == mujoco.mjtGeom.mjGEOM_BOX and abs(model.geom_quat[geom][0]) > 1 - 1e-9:
            half = size.copy()
        elif kind == mujoco.mjtGeom.mjGEOM_SPHERE:
            radius = float(size[0])
        else:
            raise Invalid(
                f"{model.geom(geom).name}: only unrotated boxes and spheres of the trunk may touch",
                code="bad_robot",
            )
        shapes.append([*model.geom_pos[geom], *half, radius])
    if not shapes:
        raise Invalid("the trunk has no shape that may touch the floor", code="bad_robot")
    return shapes
