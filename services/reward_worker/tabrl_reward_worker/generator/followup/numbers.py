"""The numbers of a goal that follow-ups change, and how each of them does: see `numbers.toml`."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from tabrl.contracts.motion import Duration, Reached
from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.abilities import Amounts, figure
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.limits import clamp, limited, ranges
from tabrl_reward_worker.generator.goal.posture import from_standing
from tabrl_reward_worker.generator.reading.intents import DISTANCE
from tabrl_reward_worker.generator.reading.slots import SlotKind

# Of the reference robot.
_LEVEL = 0.15  # m: a longer length is a height above the ground, not a change of it
_MIN_SPEED = 0.1  # m/s: slower is standing
_MIN_RADIUS = 0.1  # m


@dataclass(frozen=True)
class Comparison:
    """A comparison: which amount, by which factor or by how many m, and of what ("" if unsaid)."""

    text: str
    aspect: str
    factor: float
    step: float
    target: str

    @property
    def paced(self) -> bool:
        """Whether it says how fast."""
        return self.aspect == "pace"

    @property
    def about_feet(self) -> bool:
        """Whether it may be meant of feet: how they step, or how fast."""
        return self.paced or self.target in ("steps", "paw", "hop")

    @property
    def share(self) -> float:
        """A step up or down as a factor, for what is not the trunk's height."""
        return self.factor if self.factor != 1.0 else 1.0 + 13.0 * self.step


@dataclass(frozen=True, kw_only=True)
class Number:
    """What a quantity is held at, or how far it swings in a `channel`."""

    quantity: Askable = Askable.FORWARD_SPEED
    channel: str = ""
    least: float = 0.0
    lowest: float = 0.0
    compared: str = ""
    told: str = ""
    scale: str = ""
    paced: bool = False
    of: SlotKind | None = None
    what: str = ""
    example: str = ""

    def get(self, goal: Goal) -> float | None:
        """What it is, with its sign; None where it is nothing."""
        if not self.channel:
            return goal.held(self.quantity) or None
        swing = goal.swings.get(self.channel)
        return swing.amplitude if swing else None

    def size(self, goal: Goal) -> float | None:
        """What an amount is more or less than."""
        value = self.get(goal)
        return None if value is None else abs(value)

    def asked(self, goal: Goal) -> str:
        """How to say that it is meant."""
        return self.example

    def begins(self, goal: Goal, size: float) -> bool:
        """Whether a goal that has none of it may be given so much."""
        return False

    def change(self, goal: Goal, by: Comparison) -> str:
        """Make it more or less, within the robot's limits, and say so; nothing if there is none."""
        was = self.get(goal)
        if was is None:
            return ""
        if by.paced and self.scale not in ("speed", "rate"):
            return often(goal, by) if self.paced or self.channel else ""
        least, limit = self._of_robot(self.least, goal.amounts), self._limit(goal, was)
        now = within(was * self._factor(goal, by), least, limit)
        self._put(goal, now)
        return self.compared.format(now=abs(now), was=abs(was), cm=abs(now) * 100.0)

    def set(self, goal: Goal, size: float) -> str:
        """Make it so much, with the sign that it has, as far as the robot can, and say so."""
        was, unit = self.get(goal) or 0.0, ranges(goal.amounts)[self.quantity].unit
        lowest = self._of_robot(self.lowest, goal.amounts)
        size = max(lowest, limited(size, self._limit(goal, was), unit, goal))
        now = round(size, 3)
        self._put(goal, -now if was < 0.0 else now)
        return self.told.format(now=now, cm=now * 100.0, said=size * 100.0)

    def _factor(self, goal: Goal, by: Comparison) -> float:
        if self.scale in ("speed", "rate"):
            return by.factor
        # A nose that points down goes higher by less of it.
        down = self.quantity is Askable.PITCH and by.aspect == "level" and not self.channel
        return 1.0 / by.share if down and (goal.pitch or 0.0) > 0.0 else by.share

    def _limit(self, goal: Goal, value: float) -> float:
        one = ranges(goal.amounts)[self.quantity]
        return one.swing if self.channel else one.limit(value)

    def _put(self, goal: Goal, value: float) -> None:
        if self.channel:
            goal.swing(self.channel, value)
        else:
            goal.hold(self.quantity, value)

    def _of_robot(self, reference: float, amounts: Amounts) -> float:
        grows = {"speed": amounts.speed, "rate": amounts.rate, "length": amounts.length}
        return grows[self.scale](reference) if self.scale else reference


class Speed(Number):
    """How fast it goes its way; of who goes nowhere, how fast it turns."""

    def get(self, goal: Goal) -> float | None:
        return goal.speed or None

    def change(self, goal: Goal, by: Comparison) -> str:
        turn = numbers()["turn"]
        if not goal.moves:
            return turn.change(goal, by) if by.paced else ""
        told = [numbers()[axis].change(goal, by) for axis in ("forward", "sideways")]
        told.append(turn.change(goal, by) if by.paced and not by.target else "")
        return ", ".join(filter(None, told))

    def set(self, goal: Goal, size: float) -> str:
        share = max(size, goal.amounts.speed(_MIN_SPEED)) / goal.speed
        for quantity in (Askable.FORWARD_SPEED, Askable.LATERAL_SPEED):
            value = goal.held(quantity)
            if value:
                goal.hold(quantity, round(clamp(quantity, value * share, goal), 3))
        return f"{goal.speed:.3g} m/s"


class Reach(Number):
    """How far each hop goes."""

    def get(self, goal: Goal) -> float | None:
        return goal.speed / goal.hop.hz if goal.hop is not None and goal.moves else None

    def set(self, goal: Goal, size: float) -> str:
        numbers()["speed"].set(goal, size * (goal.hop.hz if goal.hop else 1.0))
        return f"{size * 100:.3g} cm with every hop"


class Radius(Number):
    """How wide its circle is."""

    def get(self, goal: Goal) -> float | None:
        return goal.speed / abs(goal.yaw) if goal.yaw and goal.moves else None

    def change(self, goal: Goal, by: Comparison) -> str:
        was = self.get(goal)
        if was is None or by.paced:
            return numbers()["turn" if was is None else "speed"].change(
                goal, replace(by, target="")
            )
        self.set(goal, was * by.share)
        return self.compared.format(now=self.get(goal), was=was)

    def set(self, goal: Goal, size: float) -> str:
        radius = max(size, goal.amounts.length(_MIN_RADIUS))
        rate, most = goal.speed / radius, ranges(goal.amounts)[Askable.YAW_RATE].up
        if rate > most:  # who cannot turn so fast walks slower
            numbers()["speed"].set(goal, most * radius)
        return numbers()["turn"].set(goal, min(rate, most))


class Until(Number):
    """When it is over."""


class Ending(Until):
    """How far it turns or goes before it is done."""

    def get(self, goal: Goal) -> float | None:
        return goal.ends_by(self.quantity)

    def begins(self, goal: Goal, size: float) -> bool:
        turns = self.quantity is Askable.HEADING
        return bool(goal.yaw) if turns else goal.moves and size >= DISTANCE

    def set(self, goal: Goal, size: float) -> str:
        sign = goal.yaw if self.quantity is Askable.HEADING and goal.yaw else 1.0
        goal.until, goal.lasts = Reached(quantity=self.quantity, by=math.copysign(size, sign)), None
        return self.told.format(now=size)


class Times(Until):
    """How often it is done before it is done."""

    def get(self, goal: Goal) -> float | None:
        turned = goal.ends_by(Askable.HEADING)
        if turned is not None:
            return abs(turned) / (2.0 * math.pi)
        seconds = goal.until.seconds if isinstance(goal.until, Duration) else None
        return seconds * goal.rates[0] if seconds and goal.rates else None

    def begins(self, goal: Goal, size: float) -> bool:
        return bool(goal.rates) or (bool(goal.yaw) and not goal.moves)

    def set(self, goal: Goal, size: float) -> str:
        if not goal.rates:
            numbers()["turned"].set(goal, 2.0 * math.pi * size)
        else:
            least, table = goal.amounts["sequence"]["least"], "hop" if goal.hop else "rhythm"
            slowest = max(goal.amounts[f"{table}_frequency"]["lowest"], size / least)
            if slowest < goal.rates[0]:
                set_rate(goal, slowest)
            goal.until = Duration(seconds=round(max(size / goal.rates[0], least), 2))
        return self.told.format(now=size)


class Lasting(Until):
    """How long it is done."""

    def get(self, goal: Goal) -> float | None:
        return goal.until.seconds if isinstance(goal.until, Duration) else None

    def set(self, goal: Goal, size: float) -> str:
        table = goal.amounts["sequence"]
        seconds = max(table["least"], min(size, table["total"]))
        if seconds != size:
            goal.not_understood.append(f"{figure(size)} s: a part takes {figure(seconds)} s here")
        goal.until = Duration(seconds=seconds)
        return self.told.format(now=seconds)


class Height(Number):
    """How far below or above standing the trunk is held."""

    def get(self, goal: Goal) -> float | None:
        return None if "height" in goal.swings else goal.height or None

    def size(self, goal: Goal) -> float | None:
        return self.get(goal)

    def asked(self, goal: Goal) -> str:
        return self.example if (goal.height or 0.0) < 0.0 else "“stand 2 cm taller”"

    def change(self, goal: Goal, by: Comparison) -> str:
        if not goal.height:
            return ""  # the sentence's own reading says how low "lower" is
        step = by.step * goal.amounts.scale.length or goal.height * (by.factor - 1.0)
        return self._to(goal, goal.height + step)

    def set(self, goal: Goal, size: float) -> str:
        one, sign = ranges(goal.amounts)[self.quantity], -1.0 if (goal.height or 0.0) < 0.0 else 1.0
        if size <= goal.amounts.length(_LEVEL):
            return self._to(goal, sign * limited(size, one.limit(sign), one.unit, goal))
        offset = size - goal.amounts.standing
        if offset and not -one.down - 1e-9 <= offset <= one.up + 1e-9:
            goal.not_understood.append(f"{size * 100:.3g} cm above the ground is out of reach")
        return self._to(goal, offset)

    def _to(self, goal: Goal, offset: float) -> str:
        one = ranges(goal.amounts)[self.quantity]
        goal.height = offset = round(max(-one.down, min(offset, one.up)), 3)
        return from_standing(offset)


class Rate(Number):
    """How often it hops, swings or steps: there is one beat at a time."""

    def get(self, goal: Goal) -> float | None:
        kinds = {"hop_frequency": goal.hop is not None, "rhythm_frequency": bool(goal.swings)}
        table = next((table for table, is_kind in kinds.items() if is_kind), "cadence")
        if table != self.scale:
            return None
        if table != "cadence":
            return goal.hop.hz if goal.hop else goal.rates[0]
        walks = goal.moves or goal.steps is not None
        usual = goal.cadence or goal.amounts["cadence"]["usual"]
        return usual if walks and not goal.find(Askable.FOOT_LOAD) else None

    def change(self, goal: Goal, by: Comparison) -> str:
        was, table = self.get(goal), goal.amounts[self.scale]
        if was is None:
            return ""
        hz = within(was * by.factor, table["lowest"], table["highest"])
        return self._to(goal, hz, named=False)

    def set(self, goal: Goal, size: float) -> str:
        table = goal.amounts[self.scale]
        hz = round(max(table["lowest"], min(size, table["highest"])), 2)
        if abs(hz - size) > 0.01:
            goal.not_understood.append(f"{size:.3g} times a second cannot be done: {hz:.3g}")
        return self._to(goal, hz, named=True)

    def _to(self, goal: Goal, hz: float, *, named: bool) -> str:
        if goal.hop is not None:
            goal.hop = goal.hop._replace(hz=hz, named=named or goal.hop.named)
        elif goal.swings:
            goal.beat(hz)
        else:
            goal.cadence = hz
        return self.told.format(now=hz)


def within(value: float, least: float, limit: float) -> float:
    """The value no smaller and no larger than that, with its sign; to what a sentence says."""
    size = max(least, min(abs(value), limit))
    return round(size if value > 0.0 else -size, 3)


def often(goal: Goal, by: Comparison) -> str:
    """Hop or swing more or less often, and say so."""
    return numbers()["hops"].change(goal, by) or numbers()["beat"].change(goal, by)


def set_rate(goal: Goal, hz: float) -> str:
    """Hop or swing so often, and say so."""
    return numbers()["hops" if goal.hop else "beat"].set(goal, hz)


_KINDS: Mapping[str, type[Number]] = {
    "speed": Speed, "reach": Reach, "radius": Radius, "height": Height, "hops": Rate, "beat": Rate,
    "strides": Rate, "turned": Ending, "way": Ending, "times": Times, "lasting": Lasting,
}  # fmt: skip


@cache
def numbers() -> Mapping[str, Number]:
    """By the names that comparisons have for them."""
    text = files(__package__).joinpath("numbers.toml").read_text("utf-8")
    data: dict[str, dict[str, Any]] = tomllib.loads(text)
    return {name: _KINDS.get(name, Number)(**_read(row)) for name, row in data.items()}


def _read(row: Mapping[str, Any]) -> dict[str, Any]:
    read = {key: SlotKind[value] if key == "of" else value for key, value in row.items()}
    return read | {"quantity": Askable(row["quantity"])} if "quantity" in row else read


def amplitude_of(channel: str) -> str:
    """The name of the number that says how far a channel swings."""
    return f"amplitude of {channel}"
