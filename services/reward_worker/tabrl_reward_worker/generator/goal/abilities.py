"""What words mean in numbers, and the limits of what a robot can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from tabrl.embodiments.legged.scale import Scale
from tabrl.embodiments.reach import reach_of
from tabrl.robots import Robot
from tabrl.robots.abilities import Span
from tabrl_reward_worker.generator.reading.data import table_of
from tabrl_reward_worker.limbs import feet_of

Table = Mapping[str, float]
DIGITS = 6  # beyond them a sum is no longer what was added
_NOT_AMOUNTS = ("units", "range", "while")
_TOP = "very_fast"  # of which "a third of your top speed" is a share
_SIDES = {  # tables of what is measured, the channel and which of its ends
    "forward": ("vx", 1), "backward": ("vx", 0), "sideways": ("vy", None),
    "spin": ("yaw", None), "turn": ("yaw", None),
}  # fmt: skip


@dataclass(frozen=True)
class Amounts:
    """The numbers of one robot.

    Amounts that stand in the code are those of the reference robot; `length`, `speed` and `rate`
    make them the robot's.
    """

    robot: Robot
    tables: Mapping[str, Table]
    scale: Scale

    @classmethod
    def of(cls, robot: Robot) -> Amounts:
        """As large as the robot is, and as far as it was measured to go."""
        return _amounts(robot)

    def __getitem__(self, name: str) -> Table:
        return self.tables[name]

    @property
    def top_speed(self) -> float:
        """Of a run, m/s."""
        return self["forward"][_TOP]

    @property
    def standing(self) -> float:
        """How high its trunk is where it stands, m."""
        return self.robot.characteristic_length

    def index(self, place: tuple[str, str]) -> int:
        """Which of the robot's feet stands at a place, such as front left."""
        return self.robot.end_effectors.index(feet_of(self.robot)[place])

    def level(self, offset: float) -> float:
        """How high the trunk is, m, so many m above standing."""
        return round(self.standing + offset, DIGITS)

    def length(self, reference: float) -> float:
        """Metres, as large as the robot is."""
        return _rounded(reference * self.scale.length)

    def speed(self, reference: float) -> float:
        """Metres a second, likewise."""
        return _rounded(reference * self.scale.speed)

    def rate(self, reference: float) -> float:
        """Hertz or radians a second, likewise."""
        return _rounded(reference * self.scale.frequency)

    def seconds(self, reference: float) -> float:
        """Seconds, likewise."""
        return _rounded(reference / self.scale.frequency)

    def per_square_speed(self, weight: float) -> float:
        """The weight of a cost in m²/s², likewise."""
        return weight / self.scale.speed**2

    def per_square_rate(self, weight: float) -> float:
        """The weight of a cost in rad²/s², likewise."""
        return weight / self.scale.frequency**2


@cache
def _amounts(robot: Robot) -> Amounts:
    reach = reach_of(robot)
    limits = {
        name: _limit(reach[channel], end)
        for name, (channel, end) in _SIDES.items()
        if channel in reach
    }
    scale = Scale.of(robot)
    return Amounts(robot, _tables(scale, limits), scale)


def _limit(span: Span, end: int | None) -> float:
    """How far a span goes one way; without an end as far as both ways do, or the farther does."""
    return abs(span[end]) if end is not None else max(map(abs, span))


def data() -> Mapping[str, Any]:
    """The file, of the reference robot."""
    return table_of("abilities.toml", __package__)


def _tables(scale: Scale, limits: Mapping[str, float]) -> Mapping[str, Table]:
    units: dict[str, list[str]] = data()["units"]
    factors = {"m/s": scale.speed, "m": scale.length, "Hz": scale.frequency}
    factors["rad/s"] = scale.frequency
    by_name = {name: factors[unit] for unit, names in units.items() for name in names}
    tables = {
        name: {row: _rounded(value * by_name.get(name, 1.0)) for row, value in table.items()}
        for name, table in data().items()
        if name not in _NOT_AMOUNTS
    }
    for name in _SIDES:
        tables[name]["limit"] = limits.get(name, float("inf"))
    return MappingProxyType({name: MappingProxyType(table) for name, table in tables.items()})


def figure(value: float) -> str:
    """A number as people read it: three digits that count, and no exponent."""
    return f"{float(f'{value:.3g}'):g}"


def _rounded(value: float) -> float:
    """To what a sentence says."""
    return float(f"{value:.2g}")
