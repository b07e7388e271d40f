"""How far shapes of any kind reach in a direction."""

from __future__ import annotations

import mujoco
import numpy as np

from tabrl.robot_import.model.source import Doubles, Source, touches

_GEOM = mujoco.mjtGeom


def vertices(model: mujoco.MjModel, geom: int) -> Doubles:
    """The vertices `[V, 3]` of a mesh geom, in its frame, m."""
    mesh = int(model.geom_dataid[geom])
    first, count = int(model.mesh_vertadr[mesh]), int(model.mesh_vertnum[mesh])
    found: Doubles = model.mesh_vert[first : first + count].astype(np.float64)
    return found


def reach(model: mujoco.MjModel, geom: int, direction: Doubles) -> float:
    """How far a geom reaches from its middle in a direction of its frame, m."""
    size, kind = model.geom_size[geom], model.geom_type[geom]
    if kind == _GEOM.mjGEOM_MESH:
        return float((vertices(model, geom) @ direction).max())
    return reach_of(kind, size, direction)


def reach_of(kind: int, size: Doubles, direction: Doubles) -> float:
    """The same of a primitive: a sphere, capsule, cylinder, ellipsoid or box."""
    aside, along = float(np.hypot(direction[0], direction[1])), abs(float(direction[2]))
    if kind == _GEOM.mjGEOM_SPHERE:
        return float(size[0])
    if kind == _GEOM.mjGEOM_CAPSULE:
        return float(size[0] + size[1] * along)
    if kind == _GEOM.mjGEOM_CYLINDER:
        return float(size[0] * aside + size[1] * along)
    if kind == _GEOM.mjGEOM_ELLIPSOID:
        return float(np.linalg.norm(size * direction))
    return float(np.abs(direction) @ size)


def lowest(model: mujoco.MjModel, data: mujoco.MjData, geom: int) -> float:
    """Height of a geom's lowest point in the world, m."""
    down = -data.geom_xmat[geom].reshape(3, 3)[2]
    return float(data.geom_xpos[geom][2]) - reach(model, geom, down)


def solid(source: Source) -> list[int]:
    """The robot's geoms that count as its shape: those that may touch, else all of them."""
    model, own = source.model, set(source.bodies)
    geoms = [
        geom
        for geom in range(model.ngeom)
        if int(model.geom_bodyid[geom]) in own and _has_volume(model, geom)
    ]
    return [geom for geom in geoms if touches(model, geom)] or geoms


def _has_volume(model: mujoco.MjModel, geom: int) -> bool:
    return int(model.geom_type[geom]) in (
        _GEOM.mjGEOM_SPHERE, _GEOM.mjGEOM_CAPSULE, _GEOM.mjGEOM_ELLIPSOID,
        _GEOM.mjGEOM_CYLINDER, _GEOM.mjGEOM_BOX, _GEOM.mjGEOM_MESH,
    )  # fmt: skip
