"""The registry: finds the robots' folders, reads each once, and refuses wrong ones by name."""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import ValidationError

from tabrl.contracts.ground import FLAT, Ground
from tabrl.domain.errors import Invalid, NotFound
from tabrl.robots.kinds import kind_package
from tabrl.robots.mjcf import SceneError, check_robot, read_scene
from tabrl.robots.robot import Robot, parse_robot
from tabrl.robots.scenes import scene_on

ROBOTS_VARIABLE = "TABRL_ROBOTS"
MANIFEST = "robot.toml"
# In a robot's folder, if it likes: meshes for the page, the nodes named like bodies, and a picture.
VISUALS, PICTURE = "visuals.glb", "picture.png"
RECIPE = "visuals.toml"  # or how such meshes are made


@dataclass(frozen=True)
class RefusedRobot:
    """A folder that is no robot, and why."""

    folder: str
    reason: str


@dataclass(frozen=True)
class _Found:
    robots: dict[str, tuple[Robot, Traversable]]
    refused: tuple[RefusedRobot, ...]


def list_robots() -> tuple[Robot, ...]:
    """All robots: the project's before others, by rank and id."""
    return tuple(robot for robot, _ in _found().robots.values())


def refused_robots() -> tuple[RefusedRobot, ...]:
    """Folders that were meant to be robots and cannot be used; they harm no other."""
    return _found().refused


def get_robot(robot_id: str) -> Robot:
    """The robot's data. Raises `NotFound` (`unknown_robot`), or `Invalid` (`bad_robot`)."""
    return _entry(robot_id)[0]


def robot_folder(robot_id: str) -> Traversable:
    """The robot's own folder. Raises as `get_robot` does."""
    return _entry(robot_id)[1]


def robot_visuals(robot_id: str) -> Traversable | None:
    """The meshes in the robot's own folder, if it has any. Raises as `get_robot` does."""
    return _own_file(robot_id, VISUALS)


def robot_picture(robot_id: str) -> Traversable | None:
    """The picture in the robot's own folder, if it has one. Raises as `get_robot` does."""
    return _own_file(robot_id, PICTURE)


@cache
def scene_xml(robot_id: str, ground: Ground = FLAT) -> bytes:
    """The MJCF of the robot on a ground: exactly the bytes that every simulator compiles.

    Raises as `get_robot` does, and `Invalid` (code `bad_ground`) where it cannot be put on it.
    """
    robot, folder = _entry(robot_id)
    return scene_on(folder.joinpath(robot.scene).read_bytes(), robot, ground)


@cache
def scene_sha256(robot_id: str, ground: Ground = FLAT) -> str:
    """Hash of the scene's bytes, by which simulators and policies recognise each other."""
    return hashlib.sha256(scene_xml(robot_id, ground)).hexdigest()


def forget() -> None:
    """Look at the folders anew the next time; for tests that change them."""
    for cached in (_found, scene_xml, scene_sha256, kind_package):
        cached.cache_clear()


def _own_file(robot_id: str, name: str) -> Traversable | None:
    file = robot_folder(robot_id).joinpath(name)
    return file if file.is_file() else None


def _entry(robot_id: str) -> tuple[Robot, Traversable]:
    found = _found()
    if robot_id in found.robots:
        return found.robots[robot_id]
    for refused in found.refused:
        if refused.folder == robot_id:
            raise Invalid(
                f"the robot {robot_id} cannot be used: {refused.reason}",
                code="bad_robot",
                hint="mend its folder and start again",
            )
    raise NotFound(
        f"there is no robot {robot_id[:40]!r}",
        code="unknown_robot",
        hint=f"choose one of: {', '.join(found.robots)}",
    )


@cache
def _found() -> _Found:
    robots: dict[str, tuple[Robot, Traversable]] = {}
    refused = []
    for folder in _folders():
        try:
            robot = read_robot(folder)
            if robot.id in robots:
                raise SceneError(f"another folder has the id {robot.id} already")
            robots[robot.id] = robot, folder
        except (SceneError, OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            refused.append(RefusedRobot(folder.name, str(error)))
        except ValidationError as error:
            refused.append(RefusedRobot(folder.name, _words(error)))
    ours = {folder.name for folder in _folders_in(files("tabrl.robots"))}

    def place(robot_id: str) -> tuple[bool, int, str]:
        return robot_id not in ours, robots[robot_id][0].rank, robot_id

    return _Found({name: robots[name] for name in sorted(robots, key=place)}, tuple(refused))


def _folders() -> Iterator[Traversable]:
    """Folders with a manifest: the project's, then those under `TABRL_ROBOTS` (a path list)."""
    own = os.environ.get(ROBOTS_VARIABLE, "").split(os.pathsep)
    roots: list[Traversable] = [files("tabrl.robots"), *(Path(root) for root in own if root)]
    for root in roots:
        if root.is_dir():
            yield from _folders_in(root)


def _folders_in(root: Traversable) -> Iterator[Traversable]:
    """Folders with a manifest, by name."""
    for folder in sorted(root.iterdir(), key=lambda entry: entry.name):
        if folder.joinpath(MANIFEST).is_file():
            yield folder


def read_robot(folder: Traversable) -> Robot:
    """The robot of a folder, whether or not the registry knows it.

    Raises `SceneError`, `OSError`, `tomllib.TOMLDecodeError`, `UnicodeDecodeError` or pydantic's
    `ValidationError` for a wrong one.
    """
    data = tomllib.loads(folder.joinpath(MANIFEST).read_text("utf-8"))
    file = folder.joinpath(str(data.get("scene", "")))
    if not file.is_file():
        raise SceneError(f"the scene file {data.get('scene')!r} is missing")
    scene = read_scene(file.read_bytes(), folder)
    robot = parse_robot(data, scene.bodies)
    check_robot(data, scene)
    if kind_package(robot.embodiment) is None:
        raise SceneError(f"there is no kind of robot named {robot.embodiment!r}")
    return robot


def _words(error: ValidationError) -> str:
    """The first thing that is wrong with a manifest, in a sentence."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{MANIFEST}: {place + ': ' if place else ''}{first['msg']}"
