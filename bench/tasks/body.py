"""What the suite must know of a robot: its feet by corner, its trunk's shapes, its size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

import mujoco
import numpy as np
from bench.rotation import Floats
from bench.tasks.units import Units

from tabrl.embodiments.legged.scale import Scale
from tabrl.robots import Robot, get_robot, list_robots, scene_xml

_BOX, _SPHERE, _CAPSULE = (
    mujoco.mjtGeom.mjGEOM_BOX, mujoco.mjtGeom.mjGEOM_SPHERE, mujoco.mjtGeom.mjGEOM_CAPSULE,
)  # fmt: skip


class Feet(NamedTuple):
    """Names of a quadruped's feet."""

    front_right: str
    front_left: str
    rear_right: str
    rear_left: str


class Shape(NamedTuple):
    """A shape of the trunk: spheres of `radius` all over a box of half sizes `half`."""

    centre: Floats  # [3], in the trunk's frame
    axes: Floats  # [3, 3], the box's in the trunk's frame, in columns
    half: Floats  # [3]
    radius: float


@dataclass(frozen=True)
class Body:
    """A robot with four legs at the corners of its trunk."""

    robot: Robot
    feet: Feet

    @cached_property
    def scale(self) -> Scale:
        """How large it is."""
        return Scale.of(self.robot)

    @cached_property
    def units(self) -> Units:
        """Its amounts."""
        return Units(self.scale)

    @cached_property
    def model(self) -> mujoco.MjModel:
        """The robot on its floor, compiled from the scene as it is written."""
        return mujoco.MjModel.from_xml_string(scene_xml(self.robot.id).decode())

    @cached_property
    def foot_sites(self) -> list[int]:
        """Sites of the scene that are the feet's centres, in the robot's order."""
        return [int(self.model.site(name).id) for name in self.robot.end_effectors]

    @cached_property
    def trunk(self) -> tuple[Shape, ...]:
        """What of trunk and head may touch the floor. Raises `ValueError` for an unknown shape."""
        model, root = self.model, int(self.model.jnt_bodyid[0])
        touching = (model.geom_contype | model.geom_conaffinity) != 0
        return tuple(
            _shape(model, int(geom))
            for geom in np.flatnonzero((model.geom_bodyid == root) & touching)
        )

    def trunk_gap(self, height: Floats, up: Floats) -> Floats:
        """Gap between the floor and the lowest point of trunk and head, `[T]`, m.

        `height [T]` of the trunk's origin, `up [T, 3]` the world's up in the trunk's frame.
        """
        gaps = [
            height + up @ shape.centre - np.abs(up @ shape.axes) @ shape.half - shape.radius
            for shape in self.trunk
        ]
        lowest: Floats = np.min(gaps, axis=0)
        return lowest

    def place(self, foot: str) -> int:
        """Where a foot is in the robot's order."""
        return self.robot.end_effectors.index(foot)


def _shape(model: mujoco.MjModel, geom: int) -> Shape:
    kind, size = model.geom_type[geom], model.geom_size[geom]
    axes = np.empty(9)
    mujoco.mju_quat2Mat(axes, model.geom_quat[geom])
    centre, turned = model.geom_pos[geom].copy(), axes.reshape(3, 3)
    if kind == _BOX:
        return Shape(centre, turned, size.copy(), 0.0)
    if kind == _SPHERE:
        return Shape(centre, turned, np.zeros(3), float(size[0]))
    if kind == _CAPSULE:
        return Shape(centre, turned, np.array([0.0, 0.0, size[1]]), float(size[0]))
    raise ValueError(f"{model.geom(geom).name}: no box, sphere or capsule")


@cache
def body_of(robot: Robot) -> Body:
    """The robot as the suite sees it. Raises `ValueError` for one without four legs at corners."""
    corners = (("front", "right"), ("front", "left"), ("rear", "right"), ("rear", "left"))
    feet = [
        [limb.end_effector for limb in robot.limbs if {*corner} <= {*limb.place}]
        for corner in corners
    ]
    if robot.embodiment != "legged" or len(robot.limbs) != 4 or any(len(one) != 1 for one in feet):
        raise ValueError(f"{robot.id} has no four legs at its corners")
    return Body(robot, Feet(*(foot for (foot,) in feet)))


def quadrupeds() -> tuple[Robot, ...]:
    """The robots that the suite is for."""
    return tuple(robot for robot in list_robots() if _is_quadruped(robot))


def _is_quadruped(robot: Robot) -> bool:
    try:
        body_of(robot)
    except ValueError:
        return False
    return True


def named(robot_id: str) -> Body:
    """The robot of that id. Raises `NotFound`, or `ValueError`."""
    return body_of(get_robot(robot_id))
