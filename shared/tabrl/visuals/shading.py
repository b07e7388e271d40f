"""Normals of a triangle mesh."""

from __future__ import annotations

import numpy as np

from tabrl.visuals.reference import Faces, Vectors

_CREASE = np.cos(np.radians(38.0))


def shade(points: Vectors, faces: Faces) -> tuple[Vectors, Vectors, Faces]:
    """Vertices with normals: smooth over gentle bends, split where the surface has an edge.

    `points [P, 3]` and `faces [F, 3]` become `points [V, 3]`, `normals [V, 3]`, `faces [F, 3]`.
    Faces without an area are dropped.
    """
    corners = points[faces]
    weighted = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(weighted, axis=1)
    faces, weighted, area = faces[area > 0], weighted[area > 0], area[area > 0]
    unit = weighted / area[:, None]
    vertex_of = faces.ravel()
    order = np.argsort(vertex_of, kind="stable")
    starts = np.flatnonzero(np.diff(vertex_of[order], prepend=-1))
    normals = np.empty((len(vertex_of), 3))
    for corner in np.split(order, starts[1:]):
        around = corner // 3  # the faces that meet in this vertex
        gentle = unit[around] @ unit[around].T > _CREASE
        normals[corner] = gentle @ weighted[around]
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    keys = np.column_stack([vertex_of, np.round(normals * 127)])
    _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return points[vertex_of[first]], normals[first], inverse.reshape(-1, 3).astype(np.int64)
