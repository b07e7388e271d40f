"""The numbers of a goal that a bare amount may be meant for, and how to change each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.followup.comparisons import to_height
from tabrl_reward_worker.generator.followup.numbers import numbers
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.limits import clamp, limited, ranges
from tabrl_reward_worker.generator.reading.slots import SlotKind

# Of the reference robot.
_LEVEL = 0.15  # m: a longer length is a height above the ground, not a change of it
_MIN_SPEED = 0.1  # m/s: slower is standing
_MIN_RADIUS = 0.1  # m
EXAMPLES = {
    SlotKind.SPEED: "“walk at 0.4 m/s”",
    SlotKind.TURN_RATE: "“turn at 0.5 rad/s”",
    SlotKind.RATE: "“sway twice a second” or “take 2 steps a second”",
    SlotKind.LENGTH: (
        "“crouch by 5 cm”, “hop 6 cm high”, “feet lifted 10 cm” or a speed such as “0.4 m/s”"
    ),
    SlotKind.ANGLE: (
        "“bow by 15 degrees”, “lean left by 10 degrees” or “turn at 30 degrees per second”"
    ),
    SlotKind.RADIUS: "“walk in a circle with a radius of 1 m”",
}


@dataclass(frozen=True)
class Fit:
    """A number of a goal: what it is, how to name it, its size, and how to change it."""

    what: str
    example: str
    size: float
    change: Callable[[Goal, float], str]  # to a size; what it came to, in words


def fits_of(kind: SlotKind, goal: Goal) -> list[Fit]:
    """The numbers of a goal that an amount of a kind may be meant for."""
    held = [
        Fit(one.what, one.example, abs(value), one.set)
        for one in numbers().values()
        if one.of == kind and (value := one.get(goal)) is not None
    ]
    return [*held, *_MORE[kind](goal)]


def _speeds(goal: Goal) -> Iterator[Fit]:
    if goal.moves:
        yield Fit("its speed", EXAMPLES[SlotKind.SPEED], goal.speed, _to_speed)


def _to_speed(goal: Goal, size: float) -> str:
    share = max(size, goal.amounts.speed(_MIN_SPEED)) / goal.speed
    for quantity in (Askable.FORWARD_SPEED, Askable.LATERAL_SPEED):
        value = goal.held(quantity)
        if value:
            goal.hold(quantity, round(clamp(quantity, value * share, goal), 3))
    return f"{goal.speed:.3g} m/s"


def _circles(goal: Goal) -> Iterator[Fit]:
    if goal.yaw and goal.moves:
        radius = goal.speed / abs(goal.yaw)
        yield Fit("its circle", EXAMPLES[SlotKind.RADIUS], radius, _to_radius)


def _to_radius(goal: Goal, size: float) -> str:
    radius = max(size, goal.amounts.length(_MIN_RADIUS))
    return numbers()["turn"].set(goal, goal.speed / radius)


def _rates(goal: Goal) -> Iterator[Fit]:
    """There is one beat at a time."""
    if goal.hop is not None:
        yield Fit("how often it hops", "“hop twice a second”", goal.hop.hz, to_frequency)
    elif goal.swings:
        yield Fit("its rhythm", "“sway twice a second”", goal.rates[0], to_frequency)
    elif not goal.find(Askable.FOOT_LOAD) and (goal.moves or goal.steps is not None):
        usual = goal.cadence or goal.amounts["cadence"]["usual"]
        yield Fit("its steps", "“take 2 steps a second”", usual, to_frequency)


def to_frequency(goal: Goal, hz: float) -> str:
    """Hop, swing or step so often, as the robot can, and say so."""
    row = "hop_frequency" if goal.hop else "rhythm_frequency" if goal.swings else "cadence"
    table = goal.amounts[row]
    bounded = round(max(table["lowest"], min(hz, table["highest"])), 2)
    if abs(bounded - hz) > 0.01:
        goal.not_understood.append(f"{hz:.3g} times a second cannot be done: {bounded:g}")
    if goal.hop is not None:
        goal.hop = goal.hop._replace(hz=bounded, named=True)
    elif goal.swings:
        goal.beat(bounded)
    else:
        goal.cadence = bounded
        return f"each foot steps {bounded:g} times a second"
    return f"{bounded:g} times a second"


def _lengths(goal: Goal) -> Iterator[Fit]:
    if goal.hop is not None and goal.moves:
        far = goal.speed / goal.hop.hz
        yield Fit("how far it hops", "“hop forward 20 cm”", far, _to_reach)
    if goal.height and "height" not in goal.swings:
        example = "“crouch by 5 cm”" if goal.height < 0.0 else "“stand 2 cm taller”"
        yield Fit("its height", example, goal.height, _to_height)


def _to_reach(goal: Goal, size: float) -> str:
    _to_speed(goal, size * (goal.hop.hz if goal.hop else 1.0))
    return f"{size * 100:.3g} cm with every hop"


def _to_height(goal: Goal, size: float) -> str:
    one = ranges(goal.amounts)[Askable.HEIGHT]
    if size > goal.amounts.length(_LEVEL):
        offset = size - goal.amounts.standing
        if offset and not -one.down - 1e-9 <= offset <= one.up + 1e-9:
            goal.not_understood.append(f"{size * 100:.3g} cm above the ground is out of reach")
        return to_height(goal, offset)
    sign = -1.0 if (goal.height or 0.0) < 0.0 else 1.0
    return to_height(goal, sign * limited(size, one.limit(sign), one.unit, goal))


def _nothing(goal: Goal) -> Iterator[Fit]:
    return iter(())


_MORE: dict[SlotKind, Callable[[Goal], Iterator[Fit]]] = {
    SlotKind.SPEED: _speeds,
    SlotKind.TURN_RATE: _nothing,
    SlotKind.RADIUS: _circles,
    SlotKind.RATE: _rates,
    SlotKind.LENGTH: _lengths,
    SlotKind.ANGLE: _nothing,
}
