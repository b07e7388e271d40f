"""The shapes of a robot's trunk that may touch the floor, read from its model."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray


def trunk_shapes(model: mujoco.MjModel) -> dict[str, NDArray[np.float64]]:
    """Boxes and spheres of the root body as `(x, y, z, hx, hy, hz, r)`, for exact floor clearance.

    Raises `ValueError` for another or a rotated shape.
    """
    shapes = {}
    for geom in range(model.ngeom):
        if model.geom_bodyid[geom] != 1 or model.geom_conaffinity[geom] == 0:
            continue
        kind, size = model.geom_type[geom], model.geom_size[geom]
        half, radius = np.zeros(3), 0.0
        if kind == mujoco.mjtGeom.mjGEOM_BOX and abs(model.geom_quat[geom][0]) > 1 - 1e-9:
            half = size.copy()
        elif kind == mujoco.mjtGeom.mjGEOM_SPHERE:
            radius = float(size[0])
        else:
            raise ValueError(f"{model.geom(geom).name}: only unrotated boxes and spheres may touch")
        shapes[model.geom(geom).name] = np.array([*model.geom_pos[geom], *half, radius])
    return shapes
