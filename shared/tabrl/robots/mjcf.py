"""What of a scene can be checked by reading it as XML, without a simulator.

People's MJCF is wrong in the same few ways, and most of them are silent: actuators in another order
than joints, motors where joint targets are sent, a missing mesh, no home. Each is refused by name.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

_FILES = ("mesh", "hfield", "texture", "skin")
_FREE_COLUMNS, _IN_PLANE = 7, ["slide", "slide", "hinge"]


class SceneError(ValueError):
    """Why a scene cannot be used; the message is a sentence for whoever wrote it."""


@dataclass(frozen=True)
class Scene:
    """What was read from an MJCF: names in document order, which is MuJoCo's."""

    bodies: tuple[str, ...]
    joints: tuple[str, ...]  # without those of a root that moves
    sites: frozenset[str]


def read_scene(text: bytes, folder: Traversable) -> Scene:
    """Read a scene and check what can be checked without a robot's data.

    Raises `SceneError`.
    """
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise SceneError(f"the scene is not XML: {error}") from None
    _check_files(root, folder)
    world = root.find("worldbody")
    if world is None:
        raise SceneError("the scene has no worldbody")
    bodies = list(world.iter("body"))
    joints = list(_joints(bodies))
    free = [joint for joint in joints if _is_free(joint)]
    if len(free) > 1 or (free and free[0] is not joints[0]):
        raise SceneError("a scene holds one robot: only its first joint may be a free joint")
    own, columns = _root_joints(bodies)
    hinges = tuple(_name(joint, "joint") for joint in joints[own:])
    _check_actuators(root, hinges)
    _check_home(root, hinges, columns)
    return Scene(
        bodies=tuple(_name(body, "body") for body in bodies),
        joints=hinges,
        sites=frozenset(site.get("name", "") for site in world.iter("site")),
    )


def check_robot(data: Mapping[str, Any], scene: Scene) -> None:
    """Whether `robot.toml` speaks of this scene. Raises `SceneError`."""
    joints = tuple(str(joint.get("name")) for joint in data.get("joints", ()))
    if joints != scene.joints:
        raise SceneError(_other_order("the joints of robot.toml", joints, scene.joints))
    for limb in data.get("limbs", ()):
        if limb.get("end_effector") not in scene.sites:
            raise SceneError(f"the scene has no site named {limb.get('end_effector')!r}")


def _joints(bodies: Sequence[ET.Element]) -> Iterator[ET.Element]:
    for body in bodies:
        yield from (child for child in body if child.tag in ("joint", "freejoint"))


def _root_joints(bodies: Sequence[ET.Element]) -> tuple[int, int]:
    """How many joints move the root, and how many numbers of `qpos` these have: one free joint, or
    two slides and a hinge, which keep it in a plane."""
    joints = list(_joints(bodies[:1]))
    if joints and _is_free(joints[0]):
        return 1, _FREE_COLUMNS
    if [joint.get("type", "hinge") for joint in joints] == _IN_PLANE:
        return len(joints), len(joints)
    return 0, 0


def _is_free(joint: ET.Element) -> bool:
    return joint.tag == "freejoint" or joint.get("type") == "free"


def _name(element: ET.Element, what: str) -> str:
    name = element.get("name")
    if not name:
        raise SceneError(f"every {what} of the scene needs a name")
    return name


def _check_files(root: ET.Element, folder: Traversable) -> None:
    """A scene is one file: everybody, the browser too, compiles exactly its bytes."""
    compiler = root.find("compiler")
    base = {} if compiler is None else compiler.attrib
    for element in root.iter():
        file = element.get("file")
        if file is None or element.tag not in (*_FILES, "include"):
            continue
        place = base.get(f"{element.tag}dir", base.get("assetdir", ""))
        path = folder.joinpath(*[part for part in (*place.split("/"), *file.split("/")) if part])
        if not path.is_file():
            raise SceneError(f"the scene's {element.tag} file {file} is missing")
        raise SceneError(
            f"the scene refers to the file {file}, which a browser does not get: write everything "
            "into the one file, with primitives; meshes for the page belong into visuals.toml"
        )


def _check_actuators(root: ET.Element, joints: tuple[str, ...]) -> None:
    actuators = list(root.find("actuator") or ())
    for actuator in actuators:
        if actuator.tag != "position":
            raise SceneError(
                f"actuator {actuator.get('name', actuator.get('joint', '?'))} is a {actuator.tag}: "
                "policies send joint targets, so every actuator must be a position"
            )
    driven = tuple(actuator.get("joint", "") for actuator in actuators)
    if driven != joints:
        raise SceneError(_other_order("the actuators", driven, joints))


def _check_home(root: ET.Element, joints: tuple[str, ...], columns: int) -> None:
    keys = [key for frame in root.iter("keyframe") for key in frame]
    if not keys or keys[0].get("name") != "home":
        raise SceneError("the scene's first keyframe must be named home")
    expected = {"qpos": len(joints) + columns, "ctrl": len(joints)}
    for name, count in expected.items():
        try:
            values = [float(value) for value in keys[0].get(name, "").split()]
        except ValueError:
            values = []
        if len(values) != count or not all(map(math.isfinite, values)):
            raise SceneError(f"the home keyframe's {name} needs {count} numbers")


def _other_order(what: str, found: Sequence[str], joints: Sequence[str]) -> str:
    missing = [joint for joint in joints if joint not in found]
    more = [name for name in found if name not in joints]
    if missing or more:
        lists = [f"without {', '.join(missing)}"] * bool(missing)
        lists += [f"with {', '.join(more)}"] * bool(more)
        return f"{what} are not the scene's joints ({'; '.join(lists)})"
    place = next(i for i, (a, b) in enumerate(zip(found, joints, strict=True)) if a != b)
    return (
        f"{what} are in another order than the scene's joints: {found[place]} where "
        f"{joints[place]} is due"
    )
