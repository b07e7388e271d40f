"""The numbers of a goal that follow-ups change, and how each of them does: see `numbers.toml`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from tabrl.contracts.motion import Duration, Reached
from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.limits import clamp, limited, ranges
from tabrl_reward_worker.generator.goal.posture import from_standing
from tabrl_reward_worker.generator.reading.data import table_of
from tabrl_reward_worker.generator.reading.intents import DISTANCE
from tabrl_reward_worker.generator.reading.slots import SlotKind

# Scales of what is paced.
_PACES = ("speed", "rate", "hop_frequency", "rhythm_frequency", "cadence")
_LEVEL = 0.15  # m, of the reference robot: a longer length is a height above the ground


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
    intents: Sequence[str] = ()
    channel: str = ""
    least: float = 0.0
    lowest: float = 0.0
    compared: str = ""
    told: str = ""
    scale: str = ""
    unit: str = ""
    between: Sequence[str] = ()
    paced: bool = False
    over: bool = False
    free: bool = False
    of: SlotKind | None = None
    what: str = ""
    example: str = ""

    def get(self, goal: Goal) -> float | None:
        """What it is, with its sign; None where it is nothing."""
        if not self.channel:
            return goal.held(self.quantity) or None
        swing = goal.swings.get(self.channel)
        return swing.amplitude if swing else None

    def put(self, goal: Goal, value: float) -> None:
        """Let it be so much."""
        if self.channel:
            goal.swing(self.channel, value)
        else:
            goal.hold(self.quantity, value)

    def bounds(self, goal: Goal, was: float, least: float) -> tuple[float, float]:
        """The least, given for the reference robot, and the most of it that the robot can."""
        own, one = goal.amounts, ranges(goal.amounts).get(self.quantity)
        if self.between:
            low, high = (own[self.scale][row] for row in self.between)
            return low, high
        grows = {"speed": own.speed, "rate": own.rate, "length": own.length}
        low = grows[self.scale](least) if self.scale else least
        if self.free or one is None:
            return low, math.inf
        return low, one.swing if self.channel else one.limit(was)

    def size(self, goal: Goal) -> float:
        """What an amount is more or less than."""
        return abs(self.get(goal) or 0.0)

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
        if by.paced and self.scale not in _PACES:
            return often(goal, by) if self.paced or self.channel else ""
        now = within(was * self._factor(goal, by), *self.bounds(goal, was, self.least))
        self.put(goal, now)
        told = self.compared or self.told
        return told.format(now=abs(now), was=abs(was), cm=abs(now) * 100.0)

    def set(self, goal: Goal, size: float) -> str:
        """Make it so much, with the sign that it has, as far as the robot can, and say so."""
        was, unit = self.get(goal) or 0.0, self.unit or ranges(goal.amounts)[self.quantity].unit
        least, most = self.bounds(goal, was, self.lowest)
        now = round(max(least, limited(size, most, unit, goal)), 3)
        self.put(goal, -now if was < 0.0 else now)
        return self.told.format(now=now, cm=now * 100.0)

    def _factor(self, goal: Goal, by: Comparison) -> float:
        if self.scale in _PACES:
            return by.factor
        # A nose that points down goes higher by less of it.
        down = self.quantity is Askable.PITCH and by.aspect == "level" and not self.channel
        return 1.0 / by.share if down and (goal.pitch or 0.0) > 0.0 else by.share


class Speed(Number):
    """How fast it goes its way; of who goes nowhere, how fast it turns."""

    def get(self, goal: Goal) -> float | None:
        return goal.speed or None

    def put(self, goal: Goal, value: float) -> None:
        share = value / goal.speed
        for quantity in (Askable.FORWARD_SPEED, Askable.LATERAL_SPEED):
            held = goal.held(quantity)
            if held:
                goal.hold(quantity, round(clamp(quantity, held * share, goal), 3))

    def change(self, goal: Goal, by: Comparison) -> str:
        turn = numbers()["turn"]
        if not goal.moves:
            return turn.change(goal, by) if by.paced else ""
        told = [numbers()[axis].change(goal, by) for axis in ("forward", "sideways")]
        told.append(turn.change(goal, by) if by.paced and not by.target else "")
        return ", ".join(filter(None, told))


class Reach(Speed):
    """How far each hop goes."""

    def get(self, goal: Goal) -> float | None:
        return goal.speed / goal.hop.hz if goal.hop is not None and goal.moves else None

    def put(self, goal: Goal, value: float) -> None:
        super().put(goal, value * (goal.hop.hz if goal.hop else 1.0))


class Radius(Number):
    """How wide its circle is; who cannot turn so fast walks slower."""

    def get(self, goal: Goal) -> float | None:
        return goal.speed / abs(goal.yaw) if goal.yaw and goal.moves else None

    def put(self, goal: Goal, value: float) -> None:
        fastest = ranges(goal.amounts)[Askable.YAW_RATE].up
        if goal.speed > fastest * value:
            numbers()["speed"].put(goal, fastest * value)
        numbers()["turn"].set(goal, goal.speed / value)

    def change(self, goal: Goal, by: Comparison) -> str:
        was, (least, _) = self.get(goal), self.bounds(goal, 0.0, self.least)
        if was is None or by.paced:
            pace = numbers()["speed" if was else "turn"]
            return pace.change(goal, replace(by, target=""))
        self.put(goal, max(was * by.share, least))
        return self.compared.format(now=self.get(goal), was=was)


class Lasting(Number):
    """How long it is done."""

    def get(self, goal: Goal) -> float | None:
        return goal.until.seconds if isinstance(goal.until, Duration) else None

    def put(self, goal: Goal, value: float) -> None:
        goal.until = Duration(seconds=value)


class Ending(Number):
    """How far it turns or goes before it is done."""

    def get(self, goal: Goal) -> float | None:
        return goal.ends_by(self.quantity)

    def put(self, goal: Goal, value: float) -> None:
        sign = goal.yaw if self.quantity is Askable.HEADING and goal.yaw else 1.0
        goal.until = Reached(quantity=self.quantity, by=math.copysign(value, sign))
        goal.lasts = None

    def begins(self, goal: Goal, size: float) -> bool:
        turns = self.quantity is Askable.HEADING
        return bool(goal.yaw) if turns else goal.moves and size >= DISTANCE


class Times(Ending):
    """How often it is done before it is done: rounds, or cycles in their time."""

    def get(self, goal: Goal) -> float | None:
        turned, seconds = goal.ends_by(Askable.HEADING), numbers()["lasting"].get(goal)
        if turned is not None:
            return abs(turned) / (2.0 * math.pi)
        return seconds * goal.rates[0] if seconds and goal.rates else None

    def put(self, goal: Goal, value: float) -> None:
        if not goal.rates:
            numbers()["turned"].put(goal, 2.0 * math.pi * value)
            return
        least, rate = goal.amounts["sequence"]["least"], numbers()["hops" if goal.hop else "beat"]
        slowest = max(rate.bounds(goal, 0.0, 0.0)[0], value / least)
        if slowest < goal.rates[0]:
            rate.put(goal, slowest)
        goal.until = Duration(seconds=round(max(value / goal.rates[0], least), 2))

    def begins(self, goal: Goal, size: float) -> bool:
        return bool(goal.rates) or (bool(goal.yaw) and not goal.moves)


class Height(Number):
    """How far below or above standing the trunk is held."""

    def get(self, goal: Goal) -> float | None:
        return None if "height" in goal.swings else goal.height or None

    def size(self, goal: Goal) -> float:
        return self.get(goal) or 0.0

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
        if self.scale != next((table for table, is_kind in kinds.items() if is_kind), "cadence"):
            return None
        if self.scale != "cadence":
            return goal.hop.hz if goal.hop else goal.rates[0]
        walks = goal.moves or goal.steps is not None
        usual = goal.cadence or goal.amounts["cadence"]["usual"]
        return usual if walks and not goal.find(Askable.FOOT_LOAD) else None

    def put(self, goal: Goal, value: float) -> None:
        if goal.hop is not None:
            goal.hop = goal.hop._replace(hz=value, named=True)
        elif goal.swings:
            goal.beat(value)
        else:
            goal.cadence = value


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
    rows = table_of("numbers.toml", __package__).items()
    return {name: _KINDS.get(name, Number)(**_read(row)) for name, row in rows}


def _read(row: Mapping[str, Any]) -> dict[str, Any]:
    read = {key: SlotKind[value] if key == "of" else value for key, value in row.items()}
    return read | {"quantity": Askable(row["quantity"])} if "quantity" in row else read


def amplitude_of(channel: str) -> str:
    """The name of the number that says how far a channel swings."""
    return f"amplitude of {channel}"
