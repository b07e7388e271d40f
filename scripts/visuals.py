#!/usr/bin/env python3
"""Build `visuals.glb` for every robot whose meshes are installed; the rest shows its primitives.

`scripts/visuals.py [--out DIR]`; DIR is `$TABRL_DATA/visuals`, by default `var/visuals`. Up to date
files are left alone, and no failure here stops the set-up: looks are not worth that.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from tabrl.domain.errors import TabrlError
from tabrl.robots import list_robots, robot_folder, scene_xml


def main() -> None:
    """Build what is missing or older than its sources."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(os.environ.get("TABRL_DATA", "var")) / "visuals"
    parser.add_argument("--out", type=Path, default=default, metavar="DIR")
    out: Path = parser.parse_args().out
    for robot in list_robots():
        recipe = robot_folder(robot.id).joinpath("visuals.toml")
        if recipe.is_file():
            _build(robot.id, out, _digest(robot.id, recipe.read_bytes()))


def _build(robot_id: str, out: Path, digest: str) -> None:
    target, stamp = out / f"{robot_id}.glb", out / f"{robot_id}.stamp"
    if target.is_file() and stamp.is_file() and stamp.read_text() == digest:
        return
    try:
        from tabrl.visuals.meshes import build_visuals
        from tabrl.visuals.recipe import VisualRecipe

        recipe = VisualRecipe.of(robot_id)
        assert recipe is not None
        data = build_visuals(robot_id, recipe)
    except (ImportError, TabrlError) as error:
        print(f"== {robot_id}: no meshes ({error}); the page shows primitives", file=sys.stderr)
        return
    out.mkdir(parents=True, exist_ok=True)
    half = target.with_suffix(".part")
    half.write_bytes(data)
    half.replace(target)
    stamp.write_text(digest)
    print(f"== {target} ({len(data) / 1000:.0f} kB)", file=sys.stderr)


def _digest(robot_id: str, recipe: bytes) -> str:
    """Of everything the meshes are made from, but for the packages, which are pinned."""
    package = find_spec("tabrl.visuals")
    assert package is not None
    assert package.submodule_search_locations is not None
    sources = sorted(Path(package.submodule_search_locations[0]).glob("*.py"))
    parts = [scene_xml(robot_id), recipe, *(source.read_bytes() for source in sources)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


if __name__ == "__main__":
    main()
