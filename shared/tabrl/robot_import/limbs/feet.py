"""What a leg stands on, as the kind sees feet: a sphere, or a sole and its height."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import mujoco
import numpy as np

from tabrl.robot_import.model.extent import lowest, vertices
from tabrl.robot_import.model.source import Doubles

_GEOM = mujoco.mjtGeom
_SOLE_SHARE = 0.5  # of the smallest half extent of a flat foot: how thick its sole is taken to be
_SLAB = 0.06  # of a mesh's height, from below: what of it stands on the floor
_LEAST = 0.003  # m
_NAMES = {
    _GEOM.mjGEOM_SPHERE: "sphere", _GEOM.mjGEOM_CAPSULE: "capsule", _GEOM.mjGEOM_BOX: "box",
    _GEOM.mjGEOM_CYLINDER: "cylinder", _GEOM.mjGEOM_ELLIPSOID: "ellipsoid",
    _GEOM.mjGEOM_MESH: "mesh",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Foot:
    """The middle of a foot in the world at home, m; its radius; what it is."""

    point: Doubles
    radius: float
    words: str


def foot_of(model: mujoco.MjModel, data: mujoco.MjData, geoms: Sequence[int]) -> Foot:
    """The foot that some geoms on the floor are."""
    spheres = [g for g in geoms if model.geom_type[g] == _GEOM.mjGEOM_SPHERE]
    if spheres:
        chosen = min(spheres, key=lambda geom: lowest(model, data, geom))
        radius = float(model.geom_size[chosen, 0])
        words = f"sphere, radius {1000 * radius:.0f} mm"
        return Foot(data.geom_xpos[chosen].copy(), radius, words)
    boxes = np.array([_standing_on(model, data, geom) for geom in geoms])
    low, high = boxes[:, :2].min(0), boxes[:, 2:4].max(0)
    radius = float(np.median(boxes[:, 4]))
    counted = Counter(_NAMES[int(model.geom_type[geom])] for geom in geoms)
    what = ", ".join(f"{n} {name}s" if n > 1 else name for name, n in counted.items())
    wide, broad = 1000 * (high - low)
    floor = min(lowest(model, data, geom) for geom in geoms)
    point = np.array([*(low + high) / 2, floor + radius])
    return Foot(point, radius, f"{what}, {wide:.0f} × {broad:.0f} mm")


def mesh_foot(model: mujoco.MjModel, data: mujoco.MjData, geom: int) -> tuple[Doubles, float]:
    """A sphere for the lowest part of a mesh: its middle in the world, and its radius."""
    x, y, far_x, far_y, radius = _standing_on(model, data, geom)
    floor = lowest(model, data, geom)
    return np.array([(x + far_x) / 2, (y + far_y) / 2, floor + radius]), radius


def _standing_on(
    model: mujoco.MjModel, data: mujoco.MjData, geom: int
) -> tuple[float, float, float, float, float]:
    """Where a geom is over the floor (least x, y; most x, y), and how thick its sole is, m."""
    points = _points(model, data, geom)
    bottom, top = float(points[:, 2].min()), float(points[:, 2].max())
    slab = bottom + max(_SLAB * (top - bottom), _LEAST)
    low = points[points[:, 2] <= slab]
    least, most = low[:, :2].min(0), low[:, :2].max(0)
    if model.geom_type[geom] == _GEOM.mjGEOM_CAPSULE:
        thick = float(model.geom_size[geom, 0])
    elif model.geom_type[geom] == _GEOM.mjGEOM_MESH:
        thick = max(float((most - least).mean()) / 2, _LEAST)
    else:
        size = model.geom_size[geom]
        thick = max(_SOLE_SHARE * float(size[size > 0].min()), _LEAST)
    return *least, *most, thick


def _points(model: mujoco.MjModel, data: mujoco.MjData, geom: int) -> Doubles:
    """Points on a geom in the world: a mesh's vertices, else those of its bounding box."""
    turn, size = data.geom_xmat[geom].reshape(3, 3), model.geom_size[geom]
    if model.geom_type[geom] == _GEOM.mjGEOM_MESH:
        own = vertices(model, geom)
    else:
        own = _corners(half_extents(model.geom_type[geom], size))
    points: Doubles = data.geom_xpos[geom] + own @ turn.T
    return points


def half_extents(kind: int, size: Doubles) -> Doubles:
    """Half the sides of a primitive's bounding box in its own frame, m."""
    if kind == _GEOM.mjGEOM_SPHERE:
        return np.repeat(size[0], 3)
    if kind == _GEOM.mjGEOM_CAPSULE:
        return np.array([size[0], size[0], size[0] + size[1]])
    if kind == _GEOM.mjGEOM_CYLINDER:
        return np.array([size[0], size[0], size[1]])
    return np.asarray(size, np.float64)


def _corners(half: Doubles) -> Doubles:
    signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, 8).T
    return signs * half
