"""What a robot's folder says of it: `robot.toml`."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveFloat,
    model_validator,
)

from tabrl.contracts.checks import Identifier
from tabrl.contracts.ground import FLAT, Ground
from tabrl.contracts.page import Camera
from tabrl.robots.hardware import Hardware

Share = Annotated[float, Field(gt=0.0, le=1.0)]


def _items(value: object) -> object:
    """A table of robot.toml as pairs: a robot can be the key of a cache."""
    return tuple(value.items()) if isinstance(value, dict) else value


class Motor(BaseModel):
    """What a joint's motor can do, at the joint: N·m and rad/s.

    Turning the way it pushes, it gives its full torque up to `corner_speed`, from there on less in
    a straight line, and none at `no_load_speed`. Braking, it always has its full torque.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    torque: PositiveFloat
    corner_speed: PositiveFloat
    no_load_speed: PositiveFloat

    @model_validator(mode="after")
    def _falling(self) -> Motor:
        if self.corner_speed >= self.no_load_speed:
            raise ValueError("a motor's corner_speed must be below its no_load_speed")
        return self


class Joint(BaseModel):
    """One actuated joint; angles in rad. Without a `motor`, the scene's torque limit is all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Identifier
    home: float
    range: tuple[float, float]
    motor: Motor | None = None


class Limb(BaseModel):
    """A chain of joints from the root to an end effector.

    `joints` in order from the root. `place` says where the limb is, in words that its kind of
    robot knows (front or rear, left or right). `signs` are -1 for joints whose axis points
    the other way than the kind's convention, 1 where nothing is said.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Identifier
    end_effector: Identifier  # a site of the scene
    joints: tuple[Identifier, ...] = Field(min_length=1)
    place: tuple[str, ...] = ()
    signs: tuple[float, ...] = ()


class Robot(BaseModel):
    """What the services must know of a robot beside its MJCF.

    `joints` are in MJCF order, which is also the order of actuators, actions and targets; `limbs`
    in the kind's canonical order, whatever the MJCF's. Lengths in metres. `action_scale` is in rad
    a unit of action. `characteristic_length` is what the kind measures others by: the standing
    height of a legged robot, the reach of an arm. `without` names abilities of the kind that this
    robot has not; `range_share` which share of a command's range in the kind its motors allow,
    where that is not all of it. `body_names` are read from the scene, in its order. Robots of a
    lower `rank` come first wherever robots are listed, and the first is the one that is taken
    where nobody names another. `ground` is what it stands on: `on` puts it on another one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Identifier
    name: str
    maker: str
    description: str
    examples: tuple[str, ...]
    embodiment: Identifier
    scene: str
    joints: tuple[Joint, ...] = Field(min_length=1)
    limbs: tuple[Limb, ...] = Field(min_length=1)
    body_names: tuple[Identifier, ...]
    characteristic_length: PositiveFloat
    end_effector_radius: float = Field(default=0.0, ge=0.0)
    action_scale: tuple[PositiveFloat, ...]
    without: tuple[str, ...] = ()
    rank: int = 100
    range_share: Annotated[tuple[tuple[str, Share], ...], BeforeValidator(_items)] = ()
    camera: Camera | None = None
    ground: Ground = FLAT
    hardware: Hardware = Hardware()

    @model_validator(mode="after")
    def _consistent(self) -> Robot:
        if len(self.action_scale) != self.nu:
            raise ValueError(
                f"action_scale has {len(self.action_scale)} values for {self.nu} joints"
            )
        used = [joint for limb in self.limbs for joint in limb.joints]
        unknown = [joint for joint in used if joint not in self.joint_names]
        if unknown:
            raise ValueError(f"limbs name joints that are not there: {', '.join(unknown)}")
        motors, rest = self.hardware.motors, self.hardware.rest
        if motors and sorted(filter(None, motors)) != sorted(self.joint_names):
            raise ValueError("hardware.motors must name every joint once")
        if rest is not None and len(rest) != self.nu:
            raise ValueError(f"hardware.rest has {len(rest)} values for {self.nu} joints")
        return self

    def on(self, ground: Ground) -> Self:
        """The same robot on another ground; everything that is made of it is made for there."""
        return self.model_copy(update={"ground": ground})

    def share_of(self, channel: str) -> float:
        """The share of a command's range that the robot's motors allow."""
        return dict(self.range_share).get(channel, 1.0)

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Names of the actuated joints, in MJCF order."""
        return tuple(joint.name for joint in self.joints)

    @property
    def end_effectors(self) -> tuple[str, ...]:
        """Names of feet or tools, in the order of the limbs."""
        return tuple(limb.end_effector for limb in self.limbs)

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


def parse_robot(data: dict[str, Any], body_names: tuple[str, ...]) -> Robot:
    """A robot from its `robot.toml` and what was read from its scene.

    Raises `pydantic.ValidationError`.
    """
    return Robot.model_validate({**data, "body_names": body_names})
