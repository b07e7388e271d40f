"""Robots that are known, in files of others."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import mujoco

from tabrl.robots import robot_folder
from tests.support.models.dog import CUBE


def packaged_with_meshes(robot_id: str, folder: Path) -> Path:
    """A packaged robot as people lay theirs out: a scene, an include and a folder of meshes."""
    source = robot_folder(robot_id)
    text = source.joinpath(f"{robot_id}.xml").read_text("utf-8")
    spec = mujoco.MjSpec.from_string(text)
    floor = next(geom for geom in spec.geoms if geom.name == "floor")
    spec.delete(floor)
    spec.meshdir, spec.assets = "assets", {"box.obj": CUBE.encode()}
    spec.add_mesh(name="box", file="box.obj")
    root = spec.worldbody.first_body()
    root.add_geom(
        type=mujoco.mjtGeom.mjGEOM_MESH, meshname="box", pos=[0, 0, 0.1], contype=0, conaffinity=0,
        group=2, mass=0, rgba=[0.9, 0.3, 0.1, 1],
    )  # fmt: skip
    (folder / "parts/assets").mkdir(parents=True)
    (folder / "parts/assets/box.obj").write_text(CUBE)
    shutil.copytree(folder / "parts/assets", folder / "assets")
    (folder / "parts/robot.xml").write_text(spec.to_xml())
    (folder / "scene.xml").write_text(
        '<mujoco model="copy scene"><include file="parts/robot.xml"/>'
        '<worldbody><geom type="plane" size="4 4 0.1"/></worldbody></mujoco>'
    )
    return folder


def mjlab_folder(robot: str) -> Path:
    """Where the mjlab wheel keeps a robot's files."""
    spec = find_spec("mjlab")  # located, not imported: it would want torch
    assert spec is not None, "the dev environment holds mjlab's files"
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / f"asset_zoo/robots/{robot}/xmls"
