"""The registry: reads a robot's data from its folder, once."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from pydantic import BaseModel, ConfigDict, Field

from tabrl.domain.errors import NotFound


class Joint(BaseModel):
    """One actuated joint; angles in rad."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    home: float
    range: tuple[float, float]


class Camera(BaseModel):
    """Where the page looks at the robot from, at first.

    `height_m` is that of the point looked at, above the floor; `distance_m` from there to the
    camera, `azimuth_deg` about the vertical from straight ahead of the robot to its left,
    `elevation_deg` above the horizontal.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_serialization_defaults_required=True
    )

    distance_m: float = Field(gt=0.0)
    height_m: float = Field(ge=0.0)
    azimuth_deg: float = Field(default=-50.0, ge=-180.0, le=180.0)
    elevation_deg: float = Field(default=20.0, ge=0.0, lt=90.0)


class Robot(BaseModel):
    """What the services must know of a robot beside its MJCF.

    `joints` are in MJCF order, which is also the order of actuators, actions and targets. Lengths
    in metres. `action_scale` is in rad a unit of action.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    maker: str
    description: str
    examples: tuple[str, ...]
    scene: str
    joints: tuple[Joint, ...]
    foot_names: tuple[str, ...]
    body_names: tuple[str, ...]
    foot_radius: float
    standing_height: float
    action_scale: tuple[float, ...]
    camera: Camera | None = None

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Names of the actuated joints, in MJCF order."""
        return tuple(joint.name for joint in self.joints)

    @property
    def home(self) -> tuple[float, ...]:
        """Joint angles of the home keyframe, rad."""
        return tuple(joint.home for joint in self.joints)

    @property
    def joint_range(self) -> tuple[tuple[float, float], ...]:
        """Lower and upper limit of every joint, rad."""
        return tuple(joint.range for joint in self.joints)

    @property
    def nu(self) -> int:
        """Number of actuators."""
        return len(self.joints)


def _folders() -> dict[str, Traversable]:
    root = files("tabrl.robots")
    return {
        folder.name: folder
        for folder in sorted(root.iterdir(), key=lambda entry: entry.name)
        if folder.joinpath("robot.toml").is_file()
    }


def list_robots() -> tuple[Robot, ...]:
    """All robots, by id."""
    return tuple(get_robot(robot_id) for robot_id in _folders())


@cache
def get_robot(robot_id: str) -> Robot:
    """The robot's data. Raises `NotFound` (code `unknown_robot`) with the known ids."""
    folders = _folders()
    if robot_id not in folders:
        known = ", ".join(folders)
        raise NotFound(
            f"there is no robot {robot_id[:40]!r}",
            code="unknown_robot",
            hint=f"choose one of: {known}",
        )
    return Robot.model_validate(tomllib.loads(folders[robot_id].joinpath("robot.toml").read_text()))


def robot_folder(robot_id: str) -> Traversable:
    """Where the robot's files lie. Raises `NotFound` (code `unknown_robot`)."""
    return files("tabrl.robots").joinpath(get_robot(robot_id).id)


@cache
def scene_xml(robot_id: str) -> bytes:
    """The MJCF of the robot on its floor: exactly the bytes that every simulator compiles."""
    robot = get_robot(robot_id)
    return files("tabrl.robots").joinpath(robot.id, robot.scene).read_bytes()


@cache
def scene_sha256(robot_id: str) -> str:
    """Hash of the scene's bytes, by which simulators and policies recognise each other."""
    return hashlib.sha256(scene_xml(robot_id)).hexdigest()
