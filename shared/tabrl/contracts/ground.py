"""What a robot stands on, as data: its shape, how slippery it is, how steep, how high."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

STEEPEST_DEG = 25.0
HIGHEST_M = 0.3


class GroundShape(StrEnum):
    """How the ground lies ahead of where a robot begins, which looks along x."""

    FLAT = "flat"
    SLOPE = "slope"  # a plane without end, rising or falling ahead
    ROUGH = "rough"  # a field of bumps
    STEPS = "steps"  # stairs ahead and behind


class Ground(BaseModel):
    """A ground; two that are equal are the same to the last bump.

    A robot begins at the middle of it. Beyond a field of bumps and beyond the stairs it is flat.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    shape: GroundShape = GroundShape.FLAT
    friction: Annotated[FiniteFloat, Field(ge=0.02, le=2.0)] | None = Field(
        default=None,
        description="Sliding friction of whatever touches; null: what the robot's scene says.",
    )
    angle_deg: FiniteFloat = Field(
        default=0.0, ge=-STEEPEST_DEG, le=STEEPEST_DEG,
        description="Of a slope: above 0 it rises ahead, below it falls.",
    )  # fmt: skip
    height_m: FiniteFloat = Field(
        default=0.0, ge=-HIGHEST_M, le=HIGHEST_M,
        description="Between the lowest and the highest of the bumps, or of a step: above 0 the "
        "stairs lead up, below they lead down.",
    )  # fmt: skip
    seed: int = Field(default=0, ge=0, le=999_999, description="Which field of bumps.")

    @model_validator(mode="after")
    def _of_its_shape(self) -> Self:
        slopes = self.shape is GroundShape.SLOPE
        high = self.shape in (GroundShape.ROUGH, GroundShape.STEPS)
        if slopes == (self.angle_deg == 0.0):
            raise ValueError(
                f"a {self.shape} ground needs an angle_deg" if slopes
                else f"a {self.shape} ground has no angle_deg: only a slope has"
            )  # fmt: skip
        if high == (self.height_m == 0.0):
            raise ValueError(
                f"a {self.shape} ground needs a height_m" if high
                else f"a {self.shape} ground has no height_m: only bumps and steps have"
            )  # fmt: skip
        if self.shape is GroundShape.ROUGH and self.height_m < 0.0:
            raise ValueError("bumps have a height_m above 0")
        if self.seed and self.shape is not GroundShape.ROUGH:
            raise ValueError(f"a {self.shape} ground has no seed: only a field of bumps has")
        return self

    @property
    def plain(self) -> bool:
        """Whether it is the floor of the robot's own scene."""
        return self == FLAT

    def stated(self) -> dict[str, Any]:
        """What of it is not as of flat ground, for an address: empty for that."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def in_words(self) -> str:
        """What it is, for people: "uphill, 10°"."""
        match self.shape:
            case GroundShape.SLOPE:
                way = "uphill" if self.angle_deg > 0.0 else "downhill"
                what = f"{way}, {abs(self.angle_deg):g}°"
            case GroundShape.ROUGH:
                what = f"rough ground, bumps up to {100 * self.height_m:.3g} cm"
            case GroundShape.STEPS:
                way = "up" if self.height_m > 0.0 else "down"
                what = f"steps {way}, {100 * abs(self.height_m):.3g} cm each"
            case _:
                what = "flat ground"
        if self.friction is None:
            return what
        slippery = f"slippery (friction {self.friction:g})"
        return slippery if self.shape is GroundShape.FLAT else f"{what}, {slippery}"

    @property
    def grade(self) -> float:
        """How much a slope rises a metre ahead."""
        return math.tan(math.radians(self.angle_deg))


FLAT = Ground()


def is_flat(ground: Ground) -> bool:
    """What is left out where it is written down: readers of earlier versions know no other."""
    return ground.plain


def _may_be_missing(schema: dict[str, Any]) -> None:
    """A default in a schema says that the field is always there."""
    schema.pop("default", None)


# A field of others: flat unless it is said.
GroundField = Annotated[
    Ground,
    Field(
        exclude_if=is_flat,
        description="What the robot stands on; flat ground where it is missing.",
        json_schema_extra=_may_be_missing,
    ),
]


class NamedGround(BaseModel):
    """A ground that a robot can be put on, and what it is called."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(examples=["uphill"])
    label: str = Field(examples=["uphill, 10°"])
    ground: Ground
