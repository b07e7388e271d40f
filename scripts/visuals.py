#!/usr/bin/env python3
"""Build `visuals.glb` for every robot whose meshes are installed, and draw every robot's picture.

`scripts/visuals.py [--out DIR]`; DIR is `$TABRL_DATA/visuals`, by default `var/visuals`. Up to date
files are left alone, and no failure here stops the set-up: looks are not worth that.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from tabrl.domain.errors import TabrlError
from tabrl.embodiments.lookup import camera_of
from tabrl.robots import Robot, list_robots, robot_folder, robot_picture, robot_visuals, scene_xml
from tabrl.robots.registry import RECIPE
from tabrl.visuals.picture.draw import draw_picture


def main() -> None:
    """Build what is missing or older than its sources."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(os.environ.get("TABRL_DATA", "var")) / "visuals"
    parser.add_argument("--out", type=Path, default=default, metavar="DIR")
    out: Path = parser.parse_args().out
    for robot in list_robots():
        recipe = robot_folder(robot.id).joinpath(RECIPE)
        if recipe.is_file():
            _build(robot.id, out, recipe.read_bytes())
        if robot_picture(robot.id) is None:
            _draw(robot, out)


def _build(robot_id: str, out: Path, recipe: bytes) -> None:
    """Its meshes, from whichever package the recipe names."""

    def meshes() -> bytes:
        from tabrl.visuals.meshes import build_visuals
        from tabrl.visuals.recipe import VisualRecipe

        found = VisualRecipe.of(robot_id)
        assert found is not None
        return build_visuals(robot_id, found)

    try:
        _keep(out / f"{robot_id}.glb", _digest("", scene_xml(robot_id), recipe), meshes)
    except (ImportError, TabrlError) as error:
        print(f"== {robot_id}: no meshes ({error}); the page shows primitives", file=sys.stderr)


def _draw(robot: Robot, out: Path) -> None:
    """Its picture, of the meshes where there are some."""
    scene, camera = scene_xml(robot.id), camera_of(robot)
    built, own = out / f"{robot.id}.glb", robot_visuals(robot.id)
    meshes = own or (built if built.is_file() else None)
    glb = None if meshes is None else meshes.read_bytes()
    sources = scene, camera.model_dump_json().encode(), glb or b""
    try:
        _keep(
            out / f"{robot.id}.png",
            _digest("picture", *sources),
            lambda: draw_picture(scene, camera, glb),
        )
    except ValueError as error:
        print(f"== {robot.id}: no picture ({error})", file=sys.stderr)


def _keep(target: Path, digest: str, make: Callable[[], bytes]) -> None:
    """Make a file, unless it was made of the same before."""
    stamp = target.with_name(f"{target.name}.stamp")
    if target.is_file() and stamp.is_file() and stamp.read_text() == digest:
        return
    data = make()
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_suffix(".part")
    half.write_bytes(data)
    half.replace(target)
    stamp.write_text(digest)
    print(f"== {target} ({len(data) / 1000:.0f} kB)", file=sys.stderr)


def _digest(folder: str, *parts: bytes) -> str:
    """Of everything a file is made from, but for the packages, which are pinned."""
    return hashlib.sha256(b"\0".join([*parts, *_sources(folder)])).hexdigest()


def _sources(folder: str) -> Iterator[bytes]:
    package = find_spec("tabrl.visuals")
    assert package is not None
    assert package.submodule_search_locations is not None
    place = Path(package.submodule_search_locations[0]) / folder
    yield from (source.read_bytes() for source in sorted(place.glob("*.py")))


if __name__ == "__main__":
    main()
