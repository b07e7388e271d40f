"""Meshes for the page: taken from a reference model, split, thinned out and painted.

Runs at set-up only; it needs trimesh and fast-simplification, which no service depends on.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mujoco

from tabrl.domain.errors import Invalid
from tabrl.robots import scene_xml
from tabrl.visuals.glb import Material, write_glb
from tabrl.visuals.mjcf import read_mjcf
from tabrl.visuals.paint import paint
from tabrl.visuals.recipe import VisualRecipe
from tabrl.visuals.reference import Reference
from tabrl.visuals.urdf import read_urdf

_READERS: dict[str, Callable[[Path], Reference]] = {".xml": read_mjcf, ".urdf": read_urdf}


def read_reference(recipe: VisualRecipe) -> Reference:
    """The recipe's reference.

    Raises `NotFound` if it is missing, `Invalid` (code `other_reference`) for another kind of file.
    """
    file = recipe.source()
    if file.suffix not in _READERS:
        raise Invalid(
            f"{file.name} is none of {', '.join(_READERS)}: no reference", code="other_reference"
        )
    return _READERS[file.suffix](file)


def build_visuals(robot_id: str, recipe: VisualRecipe) -> bytes:
    """The robot's GLB: a node for each body of our MJCF that has a mesh in the reference.

    Raises `NotFound` if the reference is missing, `Invalid` if it has bodies that ours has not, or
    has them elsewhere.
    """
    reference = read_reference(recipe)
    ours = mujoco.MjModel.from_xml_string(scene_xml(robot_id).decode())
    materials = {ours.mat(i).name: _material(ours, i) for i in range(ours.nmat)}
    placements = reference.placements(ours, recipe.bodies)
    meshes = {}
    for name in dict.fromkeys(placed.mesh for placed in placements):
        own = {material: materials[material] for material in recipe.materials[name]}
        meshes[name] = paint(reference.shape(name), recipe, own)
    return write_glb(meshes, placements, materials)


def _material(model: mujoco.MjModel, index: int) -> Material:
    r, g, b = (float(value) for value in model.mat_rgba[index, :3])
    return Material((r, g, b), roughness=1.0 - 0.8 * float(model.mat_shininess[index]))
