"""MuJoCo's primitives as triangles."""

from __future__ import annotations

import mujoco
import numpy as np

from tabrl.visuals.picture.triangles import Doubles, unit

_GEOM = mujoco.mjtGeom
_AROUND, _QUARTER = 28, 6  # corners of a circle, and of a quarter of one
_FACES = ((0, 1, 2), (1, 2, 0), (2, 0, 1))  # axis of a box's face, and the two along it

Form = tuple[Doubles, Doubles]


def form_of(kind: int, size: Doubles) -> Form | None:
    """A primitive's points and normals `[F, 3, 3]` in its own frame; None for others."""
    if kind == _GEOM.mjGEOM_BOX:
        return _box(size)
    if kind == _GEOM.mjGEOM_SPHERE:
        return _scaled(_capsule(1.0, 0.0), np.repeat(size[0], 3))
    if kind == _GEOM.mjGEOM_ELLIPSOID:
        return _scaled(_capsule(1.0, 0.0), size)
    if kind == _GEOM.mjGEOM_CAPSULE:
        return _capsule(float(size[0]), float(size[1]))
    if kind == _GEOM.mjGEOM_CYLINDER:
        return _cylinder(float(size[0]), float(size[1]))
    return None


def _box(size: Doubles) -> Form:
    points, normals = [], []
    for axis, first, second in _FACES:
        for side in (1.0, -1.0):
            corners = np.zeros((4, 3))
            corners[:, axis] = side
            corners[:, first], corners[:, second] = (-1, 1, 1, -1), (-1, -1, 1, 1)
            normal = np.zeros(3)
            normal[axis] = side
            points += [corners[[0, 1, 2]] * size, corners[[0, 2, 3]] * size]
            normals += [np.tile(normal, (3, 1))] * 2
    return np.array(points), np.array(normals)


def _capsule(radius: float, half: float) -> Form:
    angles = np.linspace(0.0, np.pi / 2, _QUARTER + 1)
    angles = np.concatenate([angles - np.pi / 2, angles])
    middles = np.repeat([-half, half], _QUARTER + 1)
    out, up = np.cos(angles), np.sin(angles)
    return _revolved(np.stack([radius * out, middles + radius * up, out, up], axis=1))


def _cylinder(radius: float, half: float) -> Form:
    profile = [
        (0.0, -half, 0.0, -1.0), (radius, -half, 0.0, -1.0), (radius, -half, 1.0, 0.0),
        (radius, half, 1.0, 0.0), (radius, half, 0.0, 1.0), (0.0, half, 0.0, 1.0),
    ]  # fmt: skip
    return _revolved(np.array(profile))


def _revolved(profile: Doubles) -> Form:
    """A profile `[P, 4]` of distances from z, heights and their normals, turned about z."""
    turn = np.linspace(0.0, 2.0 * np.pi, _AROUND + 1)
    cosine, sine = np.cos(turn), np.sin(turn)

    def around(out: Doubles, up: Doubles) -> Doubles:
        rings = np.broadcast_to(up[:, None], (len(up), len(turn)))
        return np.stack([out[:, None] * cosine, out[:, None] * sine, rings], axis=-1)

    points, normals = around(*profile[:, :2].T), around(*profile[:, 2:].T)
    return _quads(points), _quads(normals)


def _quads(grid: Doubles) -> Doubles:
    """The triangles `[F, 3, 3]` between neighbours of a grid `[P, S, 3]`."""
    a, b, c, d = grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]
    pairs = np.stack([np.stack([a, b, c], axis=2), np.stack([a, c, d], axis=2)], axis=2)
    return pairs.reshape(-1, 3, 3)


def _scaled(form: Form, size: Doubles) -> Form:
    points, normals = form
    return points * size, unit(normals / size)
