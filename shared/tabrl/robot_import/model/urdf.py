"""Robots in URDF, as MuJoCo reads them: every link a body of its own, meshes by their paths."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import mujoco

from tabrl.visuals.urdf_paths import mesh_path

# What has to be so, whatever the URDF tells MuJoCo's compiler; the rest of that stays.
_COMPILER = {"strippath": "false", "discardvisual": "false", "fusestatic": "false"}
_FOLDERS = ("assetdir", "meshdir", "texturedir")  # in the paths by then
_READABLE = (".stl", ".obj", ".msh")


def read_urdf(file: Path) -> tuple[mujoco.MjSpec, tuple[str, ...]]:
    """A URDF's spec, and what to know of it. Raises `ValueError` as MuJoCo does."""
    root = ET.parse(file).getroot()
    compiler = _compiler(root)
    folder = compiler.get("meshdir", compiler.get("assetdir", ""))
    unreadable = list(_unreadable_looks(root))
    for link, visual in unreadable:
        link.remove(visual)
    for mesh in root.iter("mesh"):
        mesh.set("filename", str(_resolved(mesh.get("filename", ""), file.resolve(), folder)))
    for settings in root.findall("mujoco"):
        root.remove(settings)
    settings = ET.Element("mujoco")
    kept = {name: value for name, value in compiler.items() if name not in _FOLDERS}
    ET.SubElement(settings, "compiler", kept | _COMPILER)
    root.insert(0, settings)
    notes: tuple[str, ...] = ()
    if unreadable:
        notes = (
            f"{len(unreadable)} meshes that are only seen are left out, MuJoCo reads "
            f"{', '.join(_READABLE)}: convert them, or the page shows the robot without",
        )
    return mujoco.MjSpec.from_string(ET.tostring(root, encoding="unicode")), notes


def _compiler(root: ET.Element) -> dict[str, str]:
    """What the URDF tells MuJoCo's compiler."""
    return {
        name: value
        for compiler in root.findall("mujoco/compiler")
        for name, value in compiler.items()
    }


def _unreadable_looks(root: ET.Element) -> Iterator[tuple[ET.Element, ET.Element]]:
    for link in root.iter("link"):
        for visual in link.findall("visual"):
            for mesh in visual.iter("mesh"):
                if Path(mesh.get("filename", "")).suffix.lower() not in _READABLE:
                    yield link, visual


def _resolved(name: str, urdf: Path, folder: str) -> Path:
    """A mesh's file, else where MuJoCo would look in the folder that it was told of: for all of the
    name, or for what stands after its last slash."""
    file = mesh_path(name, urdf)
    told = urdf.parent / folder
    places = (file, told / name.split("://")[-1].lstrip("/"), told / file.name)
    return next((place for place in places if place.is_file()), file)
