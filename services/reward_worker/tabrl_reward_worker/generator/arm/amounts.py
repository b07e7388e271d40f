"""What words mean in numbers for one arm, and how far its tool goes."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from tabrl.contracts.quantities import WORLD_AXES
from tabrl.domain.errors import Invalid
from tabrl.embodiments.arm.channels import REFERENCE_REACH
from tabrl.embodiments.arm.embodiment import ArmRobot
from tabrl.embodiments.arm.names import POINTING
from tabrl.embodiments.load import embodiment_of
from tabrl.embodiments.reach import reach_of
from tabrl.robots import Robot
from tabrl.robots.abilities import Span

Table = Mapping[str, Any]
Place = tuple[float, float, float]
DIGITS = 4
PRESSED_M = 0.001  # below where a tip just touches the table
NEAR_TABLE_M = 0.03  # a tip that gets as near to the table as this gets down to it
_NOWHERE = (0.0, 0.0)


@dataclass(frozen=True)
class Posture:
    """Where a tool is, m from the base, and how it points and is turned, rad."""

    place: Place
    azimuth: float = 0.0
    elevation: float = 0.0
    twist: float = 0.0

    def at(self, axis: str, value: float) -> Posture:
        """The same with another coordinate."""
        moved = list(self.place)
        moved[WORLD_AXES.index(axis)] = round(value, DIGITS)
        return replace(self, place=(moved[0], moved[1], moved[2]))

    def placed(self, place: Sequence[float]) -> Posture:
        """The same at another place."""
        x, y, z = (round(float(value), DIGITS) for value in place)
        return replace(self, place=(x, y, z))

    def turned(self, angle: str, value: float) -> Posture:
        """The same with another angle, by its name."""
        return {
            "azimuth": replace(self, azimuth=value),
            "elevation": replace(self, elevation=value),
            "twist": replace(self, twist=value),
        }[angle]


@dataclass(frozen=True)
class ArmAmounts:
    """The numbers of one arm. Amounts in the tables are those of the reference arm; `length` makes
    them the robot's."""

    robot: Robot
    home: Posture
    spans: Mapping[str, Span]  # of the command channels, from home
    scale: float

    @classmethod
    def of(cls, robot: Robot) -> ArmAmounts:
        """As large as the arm is, and as far as it was measured to go."""
        return _amounts(robot)

    def __getitem__(self, name: str) -> Table:
        """A table of the file."""
        table: Table = _data()[name]
        return table

    def length(self, reference: float) -> float:
        """Metres, or metres a second, as large as the arm is."""
        return round(reference * self.scale, DIGITS)

    def span(self, channel: str) -> Span:
        """From where to where a channel goes; nowhere if the robot has none."""
        return self.spans.get(channel, _NOWHERE)

    @property
    def on_table(self) -> float:
        """How high the tip's middle is above the table where it presses on that a little, m."""
        return round(self.robot.end_effector_radius - PRESSED_M, DIGITS)

    def room(self, axis: str) -> Span:
        """From where to where the tool can be asked to be along an axis, m."""
        low, high = (self.home.place[WORLD_AXES.index(axis)] + end for end in self.span(axis))
        return (self.on_table if axis == "z" and low < NEAR_TABLE_M else low), high

    def within(self, axis: str, value: float) -> float:
        """The nearest coordinate that the tool reaches."""
        home = self.home.place[WORLD_AXES.index(axis)]
        low, high = self.span(axis)
        return round(min(max(value, home + low), home + high), DIGITS)

    def swinging(self, amplitude: float, hz: float, *, turns: bool) -> float:
        """An amplitude, m or rad, or as much of it as the arm can swing so often."""
        most, omega = self["most"], 2.0 * math.pi * hz
        if turns:
            fastest = min(most["turn_speed"] / omega, most["turn_acceleration"] / omega**2)
        else:
            fastest = min(most["speed"] / omega, most["acceleration"] / omega**2) * self.scale
        return round(min(amplitude, float(fastest)), DIGITS)


@cache
def _amounts(robot: Robot) -> ArmAmounts:
    embodiment = embodiment_of(robot)
    if not isinstance(embodiment, ArmRobot):
        raise Invalid(f"{robot.id} is no arm", code="bad_robot")
    x, y, z = (round(float(value), DIGITS) for value in embodiment.wanted.place)
    scale = robot.characteristic_length / REFERENCE_REACH
    return ArmAmounts(robot, Posture((x, y, z)), reach_of(robot), scale)


@cache
def _data() -> Table:
    return tomllib.loads(files(__package__).joinpath("amounts.toml").read_text("utf-8"))


def angle_of(quantity: str) -> str:
    """The command channel of an angle, by what the angle is called."""
    azimuth, elevation, roll = POINTING
    return {"tool_azimuth": azimuth, "tool_elevation": elevation, "tool_twist": roll}[quantity]
