"""What the page must know of a robot to show it: camera, figures over the picture, falls."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from tabrl.contracts.driving import NOTHING, Driving


class _Data(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_serialization_defaults_required=True
    )


class Camera(_Data):
    """Where the page looks at the robot from, at first.

    `height_m` is that of the point looked at, above the floor; `distance_m` from there to the
    camera, `azimuth_deg` about the vertical from straight ahead of the robot to its left,
    `elevation_deg` above the horizontal.
    """

    distance_m: float = Field(gt=0.0)
    height_m: float = Field(ge=0.0)
    azimuth_deg: float = Field(default=-50.0, ge=-180.0, le=180.0)
    elevation_deg: float = Field(default=20.0, ge=0.0, lt=90.0)


class Readout(_Data):
    """A figure over the picture, which the page computes from the simulated state."""

    quantity: str = Field(examples=["forward_speed"])
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


class Trouble(_Data):
    """A disturbance that the page can bring about: what is other than the scene, as factors.

    `name` is that of the row of a result's robustness. The load is on what carries the ink, else on
    the root.
    """

    name: str = Field(examples=["slippery"])
    label: str = Field(examples=["Slippery floor"])
    friction: float = Field(default=1.0, gt=0.0, description="Of everything that touches.")
    mass: float = Field(default=1.0, gt=0.0, description="Of the loaded body.")
    load_kg: float = Field(default=0.0, ge=0.0, description="On the loaded body besides.")


class Framing(_Data):
    """Where robots of a kind that name no camera are looked at from, in characteristic lengths.

    How far from the point looked at, and how high this is; of robots whose characteristic length
    is their height, unless the kind says another.
    """

    distance: float = Field(default=5.7, gt=0.0)
    height: float = Field(default=0.7, ge=0.0)


class KindPage(_Data):
    """What a kind of robot says of how a robot is shown; `fall` null: it cannot fall.

    `ink` is the site whose way is drawn in the air; null: only what floats leaves a trail.
    """

    readouts: tuple[Readout, ...] = ()
    fall: Fall | None = None
    ink: str | None = None
    abilities: tuple[str, ...] = ()
    troubles: tuple[Trouble, ...] = ()


class RobotPage(_Data):
    """What the page must know of a robot beside its scene."""

    embodiment: str = Field(examples=["legged"], description="Which kind of robot it is.")
    control_hz: int = Field(gt=0, description="Actions a second; the policy was trained at it.")
    camera: Camera
    readouts: tuple[Readout, ...]
    fall: Fall | None = Field(description="When it has fallen; null: this robot cannot fall.")
    ink: str | None = Field(
        default=None, description="The site of the scene whose way the page draws in the air."
    )
    abilities: tuple[str, ...] = Field(
        default=(),
        description="What it can do, the most important first, in a few words each.",
        examples=[["walks up to 1.2 m/s", "turns", "crouches"]],
    )
    driving: Driving = Field(default=NOTHING, description="What it can be driven and danced with.")
    troubles: tuple[Trouble, ...] = Field(
        default=(), description="Disturbances that the page can bring about."
    )
