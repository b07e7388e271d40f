"""A mesh made small and given our materials: split into parts, thinned out, shaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import fast_simplification
import numpy as np
import trimesh
from numpy.typing import NDArray
from scipy.spatial import KDTree

from tabrl.visuals.glb import Material, Surface
from tabrl.visuals.reference import Faces, Shape, Vectors
from tabrl.visuals.shading import shade


class Reduction(Protocol):
    """Which share of a part's triangles stays, how many at least, and the smallest part, m.

    `aggressiveness`: higher values reach the share at any price and mangle what is intricate.
    """

    @property
    def keep(self) -> float: ...

    @property
    def min_triangles(self) -> int: ...

    @property
    def smallest_part(self) -> float: ...

    @property
    def aggressiveness(self) -> float: ...


_Piece = tuple[Vectors, Vectors, Faces]  # points, normals, faces


def paint(shape: Shape, reduction: Reduction, materials: Mapping[str, Material]) -> list[Surface]:
    """One surface per material, the largest part's first.

    A face takes that of `materials` which is nearest to its texture; without a texture its part's
    rank by size decides, and the last material is for all that follow.
    """
    names = list(materials)
    pieces: dict[str, list[_Piece]] = {}
    for rank, part in enumerate(_parts(shape, reduction.smallest_part)):
        points, normals, faces = shade(*_thinned(part, reduction))
        if shape.colours is None:
            choice = np.full(len(faces), min(rank, len(names) - 1))
        else:
            palette = np.array([material.rgb for material in materials.values()])
            choice = _nearest_colours(points[faces].mean(axis=1), shape, palette)
        for index in dict.fromkeys(choice.tolist()):
            piece = _compact(points, normals, faces[choice == index])
            pieces.setdefault(names[index], []).append(piece)
    return [_joined(name, own) for name, own in pieces.items()]


def _parts(shape: Shape, smallest: float) -> list[trimesh.Trimesh]:
    """What hangs together, the largest first, without what is below `smallest` m across."""
    whole = trimesh.Trimesh(shape.vertices, shape.faces, process=False)
    whole.merge_vertices(digits_vertex=6)
    parts = sorted(whole.split(only_watertight=False), key=lambda part: -float(part.scale))
    return [part for part in parts if part.scale >= smallest]


def _thinned(part: trimesh.Trimesh, reduction: Reduction) -> tuple[Vectors, Faces]:
    points, faces = np.asarray(part.vertices, np.float64), np.asarray(part.faces, np.int64)
    target = max(reduction.min_triangles, round(reduction.keep * len(faces)))
    if target >= len(faces):
        return points, faces
    points, faces = fast_simplification.simplify(
        points, faces, target_count=target, agg=reduction.aggressiveness
    )
    return np.asarray(points, np.float64), np.asarray(faces, np.int64)


def _nearest_colours(middles: Vectors, shape: Shape, palette: Vectors) -> NDArray[np.int64]:
    """For each of `middles [N, 3]` m which of `palette [M, 3]` is nearest to the texture there."""
    assert shape.colours is not None
    _, original = KDTree(shape.vertices[shape.faces].mean(axis=1)).query(middles)
    away = np.linalg.norm(shape.colours[original][:, None] - palette, axis=2)
    return np.asarray(away.argmin(axis=1), np.int64)


def _compact(points: Vectors, normals: Vectors, faces: Faces) -> _Piece:
    """Only the vertices that the faces use."""
    used, inverse = np.unique(faces, return_inverse=True)
    return points[used], normals[used], inverse.reshape(-1, 3).astype(np.int64)


def _joined(material: str, pieces: Sequence[_Piece]) -> Surface:
    offsets = np.cumsum([0, *(len(points) for points, _, _ in pieces)])
    return Surface(
        material,
        np.concatenate([points for points, _, _ in pieces]),
        np.concatenate([normals for _, normals, _ in pieces]),
        np.concatenate([f + offset for (_, _, f), offset in zip(pieces, offsets, strict=False)]),
    )
