"""Robots in URDF, as MuJoCo reads them: every link a body of its own, meshes by their paths."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import mujoco

from tabrl.visuals.urdf_paths import mesh_path

_COMPILER = {"strippath": "false", "discardvisual": "false", "fusestatic": "false"}
_READABLE = (".stl", ".obj", ".msh")


def read_urdf(file: Path) -> tuple[mujoco.MjSpec, tuple[str, ...]]:
    """A URDF's spec, and what to know of it. Raises `ValueError` as MuJoCo does."""
    root = ET.parse(file).getroot()
    folder = _mesh_folder(root)
    unreadable = list(_unreadable_looks(root))
    for link, visual in unreadable:
        link.remove(visual)
    for mesh in root.iter("mesh"):
        mesh.set("filename", str(_resolved(mesh.get("filename", ""), file.resolve(), folder)))
    for settings in root.findall("mujoco"):
        root.remove(settings)
    settings = ET.Element("mujoco")
    ET.SubElement(settings, "compiler", _COMPILER)
    root.insert(0, settings)
    notes: tuple[str, ...] = ()
    if unreadable:
        notes = (
            f"{len(unreadable)} meshes that are only seen are left out, MuJoCo reads "
            f"{', '.join(_READABLE)}: convert them, or the page shows the robot without",
        )
    return mujoco.MjSpec.from_string(ET.tostring(root, encoding="unicode")), notes


def _mesh_folder(root: ET.Element) -> str:
    """Where the URDF tells MuJoCo to look for meshes."""
    compilers = root.findall("mujoco/compiler")
    return compilers[-1].get("meshdir", "") if compilers else ""


def _unreadable_looks(root: ET.Element) -> Iterator[tuple[ET.Element, ET.Element]]:
    for link in root.iter("link"):
        for visual in link.findall("visual"):
            for mesh in visual.iter("mesh"):
                if Path(mesh.get("filename", "")).suffix.lower() not in _READABLE:
                    yield link, visual


def _resolved(name: str, urdf: Path, folder: str) -> Path:
    """A mesh's file, else where the file of that name is that MuJoCo was told of."""
    file = mesh_path(name, urdf)
    told = urdf.parent / folder / file.name
    return told if told.is_file() and not file.is_file() else file
