"""The model's own meshes for the page, as one GLB; needs trimesh, which no service depends on."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
import trimesh
from scipy.cluster.vq import kmeans2

from tabrl.robot_import.model.linkage import Linkage
from tabrl.robot_import.model.source import Doubles, Source
from tabrl.robot_import.output.shapes import colour_of, geom_is_mesh, visible_geoms
from tabrl.robot_import.output.texture import face_colours
from tabrl.visuals.glb import Material, Placement, Surface, write_glb
from tabrl.visuals.paint import paint
from tabrl.visuals.reference import Faces, Reference, Vectors
from tabrl.visuals.shading import shade

_GEOM = mujoco.mjtGeom
MOST_TRIANGLES = 25_000
_PALETTE = 4  # colours of a texture
_SMALLEST = 0.02  # of the robot's length: smaller parts are bolts
_RINGS = 16


@dataclass(frozen=True)
class Reduction:
    """How much of the meshes stays; see `tabrl.visuals.paint.Reduction`."""

    keep: float
    min_triangles: int
    smallest_part: float
    aggressiveness: float = 2.0


@dataclass(frozen=True)
class Meshes:
    """A GLB, and how many meshes of the model it shows."""

    glb: bytes
    count: int


def meshes_of(source: Source, linkage: Linkage, length: float) -> Meshes | None:
    """Every link that is seen by meshes, with its other shapes; None where no link is.

    Args:
        source: the model.
        linkage: its links, whose frames and names those of the GLB are.
        length: of the robot, m.
    """
    seen = {link: list(visible_geoms(source, linkage, link)) for link in range(len(linkage.links))}
    shown = {
        link: geoms for link, geoms in seen.items() if any(geom_is_mesh(source, g) for g in geoms)
    }
    if not shown:
        return None
    builder = _Builder(source, linkage, _reduction(source, shown, length))
    for link, geoms in shown.items():
        for geom in geoms:
            builder.add(link, geom)
    count = sum(geom_is_mesh(source, geom) for geoms in shown.values() for geom in geoms)
    return Meshes(write_glb(builder.meshes, builder.placements, builder.materials), count)


def _reduction(source: Source, shown: dict[int, list[int]], length: float) -> Reduction:
    meshes = {
        int(source.model.geom_dataid[geom])
        for geoms in shown.values()
        for geom in geoms
        if geom_is_mesh(source, geom)
    }
    triangles = sum(int(source.model.mesh_facenum[mesh]) for mesh in meshes)
    return Reduction(min(1.0, MOST_TRIANGLES / max(triangles, 1)), 64, _SMALLEST * length)


class _Builder:
    """Collects surfaces; a mesh that is shown twice in one colour is stored once."""

    def __init__(self, source: Source, linkage: Linkage, reduction: Reduction) -> None:
        self._source, self._linkage, self._reduction = source, linkage, reduction
        self.meshes: dict[str, list[Surface]] = {}
        self.placements: list[Placement] = []
        self.materials: dict[str, Material] = {}

    def add(self, link: int, geom: int) -> None:
        """Show a geom in the frame of a link."""
        frames = self._linkage.frames
        name = self._stored(geom)
        turn = np.zeros(4)
        mujoco.mju_mat2Quat(turn, frames.data.geom_xmat[geom])
        position = frames.point(link, frames.data.geom_xpos[geom])
        placed = Placement(self._linkage.links[link].name, name, position, frames.turn(link, turn))
        self.placements.append(placed)

    def _stored(self, geom: int) -> str:
        model = self._source.model
        if not geom_is_mesh(self._source, geom):
            self.meshes[f"geom{geom}"] = [self._primitive(geom)]
            return f"geom{geom}"
        name = f"mesh{int(model.geom_dataid[geom])}_{self._look(geom)}"
        if name not in self.meshes:
            self.meshes[name] = self._painted(geom)
        return name

    def _look(self, geom: int) -> str:
        material = int(self._source.model.geom_matid[geom])
        return f"{material}_{_hex(np.array(colour_of(self._source.model, geom)[:3]))}"

    def _painted(self, geom: int) -> list[Surface]:
        model = self._source.model
        mesh, colours = model.mesh(int(model.geom_dataid[geom])).name, face_colours(model, geom)
        known = {} if colours is None else {mesh: colours}
        shape = Reference(model, known).shape(mesh)
        plain = np.array([colour_of(model, geom)[:3]])
        palette = plain if colours is None else _palette(colours)
        materials = dict(self._material(geom, colour) for colour in palette)
        found = paint(shape, self._reduction, materials)
        whole = Reduction(self._reduction.keep, self._reduction.min_triangles, 0.0)
        return found or paint(shape, whole, materials)

    def _primitive(self, geom: int) -> Surface:
        model = self._source.model
        form = shade(*_form(int(model.geom_type[geom]), model.geom_size[geom]))
        name, _ = self._material(geom, np.array(colour_of(model, geom)[:3]))
        return Surface(name, *form)

    def _material(self, geom: int, colour: Doubles) -> tuple[str, Material]:
        model = self._source.model
        own = int(model.geom_matid[geom])
        shininess = float(model.mat_shininess[own]) if own >= 0 else 0.5
        r, g, b = (float(value) for value in colour)
        name = f"{_hex(colour)}_{100 * shininess:.0f}"
        material = Material((r, g, b), roughness=1.0 - 0.8 * shininess)
        return name, self.materials.setdefault(name, material)


def _palette(colours: Doubles) -> Doubles:
    """The few colours that a texture is mostly made of, `[n, 3]`."""
    distinct = np.unique(np.round(colours, 2), axis=0)
    if len(distinct) <= _PALETTE:
        return distinct
    means, _ = kmeans2(colours, _PALETTE, minit="++", seed=0)
    found: Doubles = np.unique(np.round(means, 3), axis=0)
    return found


def _form(kind: int, size: Doubles) -> tuple[Vectors, Faces]:
    """A primitive as triangles about its middle, along z as MuJoCo has them."""
    create, scale = trimesh.creation, np.ones(3)
    if kind == _GEOM.mjGEOM_BOX:
        form = create.box(extents=2 * size)
    elif kind == _GEOM.mjGEOM_CYLINDER:
        form = create.cylinder(size[0], height=2 * size[1], sections=2 * _RINGS)
    elif kind == _GEOM.mjGEOM_CAPSULE:
        form = create.capsule(height=2 * size[1], radius=size[0], count=[_RINGS, _RINGS])
    else:
        form = create.icosphere(subdivisions=2)
        scale = np.repeat(size[0], 3) if kind == _GEOM.mjGEOM_SPHERE else size
    points = np.asarray(form.vertices, np.float64)
    middle = (points.min(0) + points.max(0)) / 2
    return (points - middle) * scale, np.asarray(form.faces, np.int64)


def _hex(colour: Doubles) -> str:
    return "".join(f"{round(255 * float(value)):02x}" for value in colour)
