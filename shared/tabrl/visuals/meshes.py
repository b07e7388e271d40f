"""Meshes for the page: taken from a compiled reference model, split, thinned out and painted.

Runs at set-up only; it needs trimesh and fast-simplification, which no service depends on.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import fast_simplification
import mujoco
import numpy as np
import trimesh
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from tabrl.domain.errors import Invalid, NotFound
from tabrl.robots import robot_folder, scene_xml
from tabrl.visuals.glb import Material, Placement, Surface, write_glb

# Higher values reach the asked share at any price and mangle the head.
_AGGRESSIVENESS = 2.0
_CREASE = np.cos(np.radians(38.0))

Vectors = NDArray[np.float64]
Faces = NDArray[np.int64]


class VisualRecipe(BaseModel):
    """A robot's `visuals.toml`: where the meshes are, how many triangles stay, and their paint."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    package: str
    scene: str
    keep: float = Field(gt=0.0, le=1.0)
    smallest_part: float = Field(ge=0.0)
    materials: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, robot_id: str) -> VisualRecipe | None:
        """The recipe of a robot; None if its primitives are all there is."""
        file = robot_folder(robot_id).joinpath("visuals.toml")
        return cls.model_validate(tomllib.loads(file.read_text())) if file.is_file() else None

    def source(self) -> Path:
        """The reference model. Raises `NotFound` if the package is not installed.

        The package is located but not imported: only its files are of use.
        """
        spec = find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise NotFound(
                f"the package {self.package} with the meshes is not installed",
                code="meshes_not_found",
            )
        return Path(spec.submodule_search_locations[0]) / self.scene


def build_visuals(robot_id: str, recipe: VisualRecipe) -> bytes:
    """The robot's GLB: a node for each body of our MJCF that has a mesh in the reference.

    Raises `NotFound` if the reference is missing, `Invalid` if it has bodies that ours has not.
    """
    reference = mujoco.MjModel.from_xml_path(str(recipe.source()))
    ours = mujoco.MjModel.from_xml_string(scene_xml(robot_id).decode())
    materials = {ours.mat(i).name: _material(ours, i) for i in range(ours.nmat)}
    placements = _placements(reference)
    unknown = {placed.body for placed in placements} - {
        ours.body(i).name for i in range(ours.nbody)
    }
    if unknown:
        raise Invalid(f"the reference has other bodies: {sorted(unknown)}", code="other_bodies")
    meshes = {}
    for name in dict.fromkeys(placed.mesh for placed in placements):
        vertices, faces = _compiled_mesh(reference, name)
        meshes[name] = _paint(vertices, faces, recipe, recipe.materials[name])
    return write_glb(meshes, placements, materials)


def _placements(model: mujoco.MjModel) -> list[Placement]:
    """Every mesh geom that can be seen.

    The compiler moves a mesh to its centre of mass and principal axes and corrects the geom, so
    both must be taken from the compiled model.
    """
    return [
        Placement(
            model.body(model.geom_bodyid[i]).name,
            model.mesh(model.geom_dataid[i]).name,
            model.geom_pos[i].copy(),
            model.geom_quat[i].copy(),
        )
        for i in range(model.ngeom)
        if model.geom_type[i] == mujoco.mjtGeom.mjGEOM_MESH and model.geom_group[i] <= 2
    ]


def _compiled_mesh(model: mujoco.MjModel, name: str) -> tuple[Vectors, Faces]:
    mesh = model.mesh(name)
    vertex, face = int(mesh.vertadr[0]), int(mesh.faceadr[0])
    vertices = model.mesh_vert[vertex : vertex + int(mesh.vertnum[0])].astype(np.float64)
    faces = model.mesh_face[face : face + int(mesh.facenum[0])].astype(np.int64)
    return vertices, faces


def _material(model: mujoco.MjModel, index: int) -> Material:
    r, g, b = (float(value) for value in model.mat_rgba[index, :3])
    return Material((r, g, b), roughness=1.0 - 0.8 * float(model.mat_shininess[index]))


def _paint(
    vertices: Vectors, faces: Faces, recipe: VisualRecipe, materials: Sequence[str]
) -> list[Surface]:
    """One surface per material: the mesh's parts, the largest first, each thinned out by itself."""
    whole = trimesh.Trimesh(vertices, faces, process=False)
    whole.merge_vertices(digits_vertex=6)
    parts = sorted(whole.split(only_watertight=False), key=lambda part: -float(part.scale))
    by_material: dict[str, list[tuple[Vectors, Vectors, Faces]]] = {}
    for rank, part in enumerate(part for part in parts if part.scale >= recipe.smallest_part):
        points, triangles = fast_simplification.simplify(
            np.asarray(part.vertices, np.float64),
            np.asarray(part.faces, np.int64),
            target_count=max(64, round(recipe.keep * len(part.faces))),
            agg=_AGGRESSIVENESS,
        )
        material = materials[min(rank, len(materials) - 1)]
        shaded = shade(np.asarray(points, np.float64), np.asarray(triangles, np.int64))
        by_material.setdefault(material, []).append(shaded)
    return [_joined(material, shaded) for material, shaded in by_material.items()]


def _joined(material: str, shaded: Sequence[tuple[Vectors, Vectors, Faces]]) -> Surface:
    offsets = np.cumsum([0, *(len(points) for points, _, _ in shaded)])
    return Surface(
        material,
        np.concatenate([points for points, _, _ in shaded]),
        np.concatenate([normals for _, normals, _ in shaded]),
        np.concatenate([f + offset for (_, _, f), offset in zip(shaded, offsets, strict=False)]),
    )


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
