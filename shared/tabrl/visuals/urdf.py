"""References in URDF, with meshes in COLLADA and whatever else trimesh reads.

MuJoCo reads the tree of links and merges those that are fixed into their parents; trimesh reads
the meshes, which MuJoCo takes in three formats only.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import mujoco
import numpy as np
import trimesh
from trimesh.visual import TextureVisuals

from tabrl.domain.errors import NotFound
from tabrl.visuals.reference import Reference, Shape, Vectors
from tabrl.visuals.urdf_paths import mesh_path

_COMPILER = {
    "strippath": "false",
    "discardvisual": "false",
    "fusestatic": "true",
    # Nobody moves it, so masses are left out, and sensors without any cannot be refused.
    "boundmass": "1",
    "boundinertia": "1",
}
_COLLISIONS = 3  # the group in which the page expects them


def read_urdf(file: Path) -> Reference:
    """Compile a URDF, its root link free. Raises `NotFound` (code `meshes_not_found`)."""
    spec = mujoco.MjSpec.from_string(_prepared(file.read_text()))
    colours = {}
    for mesh in spec.meshes:
        shape = _read_mesh(_resolve(mesh.file, file))
        mesh.uservert, mesh.userface = shape.vertices.ravel(), shape.faces.ravel()
        mesh.file = ""
        mesh.inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL  # a volume needs a closed surface
        if shape.colours is not None:
            colours[mesh.name] = shape.colours
    for geom in spec.geoms:
        if geom.contype or geom.conaffinity:
            geom.group = _COLLISIONS
    return Reference(spec.compile(), colours)


def _prepared(text: str) -> str:
    """The URDF with MuJoCo's settings, without masses, and with a floating root.

    Without the last the root link would be merged into the world and lose its name.
    """
    root = ET.fromstring(text)
    settings = ET.Element("mujoco")
    ET.SubElement(settings, "compiler", _COMPILER)
    root.insert(0, settings)
    links = root.findall("link")
    for link in links:
        for inertial in link.findall("inertial"):
            link.remove(inertial)
    children = {child.get("link") for child in root.iterfind("joint/child")}
    ET.SubElement(root, "link", name="world")
    floating = ET.SubElement(root, "joint", name="world_floating", type="floating")
    ET.SubElement(floating, "parent", link="world")
    for link in links:
        name = link.get("name", "")
        if name not in children:
            ET.SubElement(floating, "child", link=name)
    return ET.tostring(root, encoding="unicode")


def _resolve(name: str, urdf: Path) -> Path:
    file = mesh_path(name, urdf)
    if not file.is_file():
        raise NotFound(f"the reference's mesh {name} is missing", code="meshes_not_found")
    return file


def _read_mesh(file: Path) -> Shape:
    """All of a file's meshes as one."""
    found = trimesh.load_scene(file).dump()
    parts = [part for part in found if isinstance(part, trimesh.Trimesh)]
    offsets = np.cumsum([0, *(len(part.vertices) for part in parts)])
    colours = [_colours(part) for part in parts]
    textured = [colour for colour in colours if colour is not None]
    return Shape(
        np.concatenate([np.asarray(part.vertices, np.float64) for part in parts]),
        np.concatenate([part.faces + at for part, at in zip(parts, offsets, strict=False)]),
        np.concatenate(textured) if len(textured) == len(parts) else None,
    )


def _colours(part: trimesh.Trimesh) -> Vectors | None:
    """The texture in the middle of each face, `[F, 3]` as sRGB in 0…1."""
    visual = part.visual
    if not isinstance(visual, TextureVisuals) or visual.uv is None:
        return None
    middles = np.asarray(visual.uv, np.float64)[part.faces].mean(axis=1)
    rgba = np.asarray(visual.material.to_color(middles), np.float64)  # type: ignore[no-untyped-call]
    return rgba[:, :3] / 255.0
