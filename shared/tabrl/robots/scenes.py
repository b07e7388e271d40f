"""A robot's scene on another ground: the text of its MJCF, changed where the floor is.

The same bytes for the same robot and ground, on every machine: trainer, inference and browser
compile them, and know each other by their hash.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

from tabrl.contracts.ground import Ground, GroundShape
from tabrl.domain.errors import Invalid
from tabrl.robots.robot import Robot
from tabrl.robots.terrain import LEVELS, Grid, Stairs, grid_of, stairs_of

GROUND = "ground"  # the name of what is added to a scene, or begins it
_FOOTPRINT = 1.3  # in characteristic lengths: the robot's feet at home are within
_BASE_M = 0.1  # of a field of bumps, below its lowest
_COPIED = ("contype", "conaffinity", "condim", "group", "material", "rgba", "friction", "class",
           "priority", "solref", "solimp", "solmix", "margin")  # fmt: skip


def scene_on(scene: bytes, robot: Robot, ground: Ground) -> bytes:
    """A scene whose floor is another ground, and whose robot stands on it.

    Raises `Invalid` (code `bad_ground`) for a robot that does not stand on a floor.
    """
    if ground.plain:
        return scene
    root = ET.fromstring(scene)
    floor, key = _floor(root, robot), _home(root)
    if ground.friction is not None:
        for geom in root.iter("geom"):
            geom.set("friction", _number(ground.friction))
    if ground.shape is GroundShape.SLOPE:
        floor.set("euler", f"0 {_number(-_angle(root, ground.angle_deg))} 0")
        key.set("qpos", _tilted(key, math.radians(ground.angle_deg)))
    elif ground.shape is GroundShape.ROUGH:
        grid = grid_of(ground, robot.characteristic_length)
        _add_bumps(root, floor, grid)
        _raise(key, grid.near(_FOOTPRINT * robot.characteristic_length))
    elif ground.shape is GroundShape.STEPS:
        stairs = stairs_of(ground, robot.characteristic_length)
        _add_steps(root, floor, stairs)
        _raise(key, stairs.heights_m[0])
    made: bytes = ET.tostring(root, encoding="utf-8")
    return made + b"\n"


def _floor(root: ET.Element, robot: Robot) -> ET.Element:
    """The plane that the robot stands on."""
    world = _world(root)
    joints = [one for one in world.iter() if one.tag in ("joint", "freejoint")]
    floats = joints[0].tag == "freejoint" or joints[0].get("type") == "free"
    planes = [geom for geom in world.findall("geom") if geom.get("type") == "plane"]
    level = [one for one in planes if not {"euler", "quat", "zaxis"} & set(one.attrib)]
    if not floats or len(planes) != 1 or len(level) != 1 or _height(level[0]) != 0.0:
        why = "its scene needs one level floor at height 0" if floats else "it is fixed"
        raise Invalid(
            f"the {robot.name} cannot be put on another ground: {why}",
            code="bad_ground",
            hint="leave the ground out",
        )
    return level[0]


def _home(root: ET.Element) -> ET.Element:
    """The home keyframe; the registry has seen to it that there is one."""
    return next(key for frame in root.iter("keyframe") for key in frame)


def _height(plane: ET.Element) -> float:
    return float(plane.get("pos", "0 0 0").split()[2])


def _angle(root: ET.Element, degrees: float) -> float:
    """An angle in the scene's own unit, which is degrees unless it says radians."""
    compiler = root.find("compiler")
    radians = compiler is not None and compiler.get("angle") == "radian"
    return math.radians(degrees) if radians else degrees


def _tilted(key: ET.Element, angle: float) -> str:
    """The home pose turned with a slope that rises ahead: about y, by minus the angle."""
    x, y, z, w, i, j, k, *joints = _numbers(key, "qpos")
    sin, cos = math.sin(angle), math.cos(angle)
    c, s = math.cos(angle / 2.0), -math.sin(angle / 2.0)
    place = (cos * x - sin * z, y, sin * x + cos * z)
    turn = (c * w - s * j, c * i + s * k, c * j + s * w, c * k - s * i)
    return " ".join(map(_number, (*place, *turn, *joints)))


def _raise(key: ET.Element, height: float) -> None:
    """Lift the home pose by so many m."""
    x, y, z, *rest = _numbers(key, "qpos")
    key.set("qpos", " ".join(map(_number, (x, y, z + height, *rest))))


def _add_bumps(root: ET.Element, floor: ET.Element, grid: Grid) -> None:
    """A field of bumps on the floor, which goes on beyond it."""
    asset = root.find("asset")
    if asset is None:
        asset = ET.Element("asset")
        root.insert(list(root).index(_world(root)), asset)
    half = _number(grid.cell_m * (grid.count - 1) / 2.0)
    # The text has the farthest row first.
    rows = [grid.levels[at : at + grid.count] for at in range(0, len(grid.levels), grid.count)]
    text = "\n".join(" ".join(map(str, row)) for row in reversed(rows))
    ET.SubElement(
        asset, "hfield", name=GROUND, nrow=str(grid.count), ncol=str(grid.count),
        size=f"{half} {half} {_number(grid.height_m)} {_number(_BASE_M)}", elevation=text,
    )  # fmt: skip
    assert (min(grid.levels), max(grid.levels)) == (0, LEVELS)  # MuJoCo makes 0 and 1 of these
    _beside(root, floor, GROUND, type="hfield", hfield=GROUND)


def _add_steps(root: ET.Element, floor: ET.Element, stairs: Stairs) -> None:
    """A box for every tread, ahead and behind; the floor goes on beyond the last."""
    before = 0.0
    for number, (end, height) in enumerate(zip(stairs.ends_m, stairs.heights_m, strict=True)):
        middle, half = (before + end) / 2.0, (end - before) / 2.0
        before = end
        if height == 0.0:
            continue
        places = [(middle, half), (-middle, half)] if number else [(0.0, end)]
        for side, (x, along) in enumerate(places):
            size = (along, stairs.width_m, height / 2.0)
            _beside(
                root, floor, f"{GROUND}_{2 * number + side}", type="box",
                size=" ".join(map(_number, size)), pos=f"{_number(x)} 0 {_number(height / 2.0)}",
            )  # fmt: skip


def _beside(root: ET.Element, floor: ET.Element, name: str, **attributes: str) -> None:
    """A shape of the ground that touches and looks as the floor does."""
    same = {key: floor.attrib[key] for key in _COPIED if key in floor.attrib}
    world = _world(root)
    shape = ET.Element("geom", {"name": name, **attributes, **same})
    shape.tail = "\n"
    world.insert(list(world).index(floor) + 1, shape)


def _world(root: ET.Element) -> ET.Element:
    world = root.find("worldbody")
    assert world is not None
    return world


def _numbers(element: ET.Element, name: str) -> list[float]:
    return [float(value) for value in element.get(name, "").split()]


def _number(value: float) -> str:
    """Nine digits: more than any length or angle here has."""
    return f"{value + 0.0:.9g}"
