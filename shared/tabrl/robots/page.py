"""What the page must know of a robot to show it: camera, figures over the picture, falls."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from tabrl.contracts.quantities import Quantity
from tabrl.robots.registry import Camera, get_robot

EMBODIMENT = "legged"
CONTROL_HZ = 50
# For a robot that names no camera, in its standing heights.
_DISTANCE, _HEIGHT = 5.7, 0.7


class _Data(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_serialization_defaults_required=True
    )


class Readout(_Data):
    """A figure over the picture, which the page computes from the simulated state."""

    quantity: Quantity
    part: str | None = Field(default=None, description="Of which joint, where it is one's.")
    label: str = Field(examples=["forward"])
    unit: str = Field(examples=["m/s"])
    decimals: int = Field(default=2, ge=0, le=6)


class Fall(_Data):
    """A robot that long lies on its side or back is put back to its home pose."""

    min_upright: float = Field(
        ge=-1.0, le=1.0, description="Cosine of the root's tilt below which the robot lies."
    )
    seconds: float = Field(gt=0.0)


class RobotPage(_Data):
    """What the page must know of a robot beside its scene."""

    embodiment: str = Field(examples=["legged"], description="Which kind of robot it is.")
    control_hz: int = Field(gt=0, description="Actions a second; the policy was trained at it.")
    camera: Camera
    readouts: tuple[Readout, ...]
    fall: Fall | None = Field(description="When it has fallen; null: this robot cannot fall.")


def page_of(robot_id: str) -> RobotPage:
    """How the page shows a robot. Raises `NotFound` (code `unknown_robot`)."""
    robot = get_robot(robot_id)
    height = robot.standing_height
    return RobotPage(
        embodiment=EMBODIMENT,
        control_hz=CONTROL_HZ,
        camera=robot.camera or Camera(distance_m=_DISTANCE * height, height_m=_HEIGHT * height),
        readouts=(
            Readout(quantity=Quantity.FORWARD_SPEED, label="forward", unit="m/s"),
            Readout(quantity=Quantity.YAW_RATE, label="turn", unit="rad/s"),
            Readout(quantity=Quantity.HEIGHT, label="height", unit="m"),
        ),
        fall=Fall(min_upright=0.25, seconds=2.5),
    )
