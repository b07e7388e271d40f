"""Success checks: what a task promises, fixed before its reward is optimised.

A check is data over a small vocabulary: a quantity of the episode, a statistic over a time window
and a bound. It holds no free text: its name is derived, so a trainer can evaluate it without ever
receiving words that a person or a language model wrote.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,31}$")]


class Quantity(StrEnum):
    """A scalar per control step, SI units; speeds in the heading frame (yaw only, no tilt)."""

    FORWARD_SPEED = "forward_speed"
    LATERAL_SPEED = "lateral_speed"
    PLANAR_SPEED = "planar_speed"
    VERTICAL_SPEED = "vertical_speed"
    YAW_RATE = "yaw_rate"
    HEADING = "heading"
    DRIFT = "drift"
    HEIGHT = "height"
    ROLL = "roll"
    PITCH = "pitch"
    FEET_IN_AIR = "feet_in_air"
    FOOT_HEIGHT = "foot_height"
    # How far two pairs of feet are apart: 1 where one pair is down and the other in the air.
    DIAGONALS_APART = "diagonals_apart"
    SIDES_APART = "sides_apart"
    ENDS_APART = "ends_apart"
    JOINT_SPEED = "joint_speed"
    FALLEN = "fallen"


UNITS: dict[Quantity, str] = {
    Quantity.FORWARD_SPEED: "m/s",
    Quantity.LATERAL_SPEED: "m/s",
    Quantity.PLANAR_SPEED: "m/s",
    Quantity.VERTICAL_SPEED: "m/s",
    Quantity.YAW_RATE: "rad/s",
    Quantity.HEADING: "rad",
    Quantity.DRIFT: "m",
    Quantity.HEIGHT: "m",
    Quantity.ROLL: "rad",
    Quantity.PITCH: "rad",
    Quantity.FEET_IN_AIR: "feet",
    Quantity.FOOT_HEIGHT: "m",
    Quantity.DIAGONALS_APART: "",
    Quantity.SIDES_APART: "",
    Quantity.ENDS_APART: "",
    Quantity.JOINT_SPEED: "rad/s",
    Quantity.FALLEN: "of episodes",
}


class Statistic(StrEnum):
    """How the quantity's window becomes one number per episode."""

    MEAN = "mean"
    MEAN_ABS = "mean_abs"
    MIN = "min"
    MAX = "max"
    STD = "std"
    CHANGE = "change"  # last minus first; headings are unwrapped
    FINAL = "final"
    AMPLITUDE = "amplitude"  # of the sinusoid of `frequency` fitted by least squares
    FREQUENCY = "frequency"  # dominant, by FFT
    RHYTHM = "rhythm"  # best correlation with a sinusoid of `frequency`, over all phases, 0..1
    SHARE_ABOVE = "share_above"  # share of the window's steps above `threshold`
    ANY = "any"  # 1 if the quantity was ever above one half


class CheckSpec(BaseModel):
    """One bound on one statistic of one quantity.

    A statistic is taken per episode; over episodes the median counts, for `fallen` the mean.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Identifier
    quantity: Quantity
    statistic: Statistic
    part: Identifier | None = None
    frequency: float | None = Field(default=None, gt=0.0, le=10.0)
    threshold: float | None = None
    start_s: float = Field(default=2.0, ge=0.0)
    end_s: float = Field(default=10.0, gt=0.0)
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("a check needs at_least, at_most or both")
        if self.end_s <= self.start_s:
            raise ValueError("a check's window must end after it starts")
        needs_frequency = self.statistic in (Statistic.AMPLITUDE, Statistic.RHYTHM)
        if needs_frequency and self.frequency is None:
            raise ValueError(f"{self.statistic} needs a frequency")
        if self.statistic is Statistic.SHARE_ABOVE and self.threshold is None:
            raise ValueError("share_above needs a threshold")
        if self.quantity is Quantity.FOOT_HEIGHT and self.part is None:
            raise ValueError("foot_height needs a foot's name in part")
        return self

    def passed(self, value: float) -> bool:
        """Whether a measured value satisfies the bounds; NaN never does."""
        above = self.at_least is None or value >= self.at_least
        below = self.at_most is None or value <= self.at_most
        return above and below and value == value

    @property
    def unit(self) -> str:
        """Unit of the checked number."""
        if self.statistic in (Statistic.RHYTHM, Statistic.SHARE_ABOVE, Statistic.ANY):
            return "" if self.quantity is not Quantity.FALLEN else UNITS[Quantity.FALLEN]
        return "Hz" if self.statistic is Statistic.FREQUENCY else UNITS[self.quantity]

    @property
    def name(self) -> str:
        """What is checked, in words: "mean forward speed"."""
        words = self.quantity.replace("_", " ")
        if self.part is not None:
            words = f"{self.part} {words}"
        if self.quantity is Quantity.FALLEN:
            return "falls"
        if self.statistic is Statistic.FREQUENCY:
            return f"{words} rhythm frequency"
        label = {
            Statistic.MEAN_ABS: "mean absolute",
            Statistic.SHARE_ABOVE: f"time above {self.threshold:g} of" if self.threshold else "",
            Statistic.AMPLITUDE: f"{self.frequency:g} Hz amplitude of" if self.frequency else "",
            Statistic.RHYTHM: f"{self.frequency:g} Hz rhythm of" if self.frequency else "",
        }.get(self.statistic, str(self.statistic))
        return f"{label} {words}".strip()

    @property
    def target(self) -> str:
        """The bound, in words: "≥ 0.4 m/s" or "0.4 … 0.6 m/s"."""
        if self.at_least is not None and self.at_most is not None:
            text = f"{self.at_least:g} … {self.at_most:g}"
        elif self.at_least is not None:
            text = f"≥ {self.at_least:g}"
        else:
            text = f"≤ {self.at_most:g}"
        return f"{text} {self.unit}".strip()
