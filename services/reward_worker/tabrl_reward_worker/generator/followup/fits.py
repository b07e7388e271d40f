"""The numbers of a goal that a bare quantity may be meant for, and how to change each."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from tabrl_reward_worker.generator.goal.goal import Goal, Lift
from tabrl_reward_worker.generator.goal.quantities import limited
from tabrl_reward_worker.generator.reading.slots import SlotKind

# Of the reference robot.
_LEVEL = 0.15  # m: a longer length is a height above the ground, not a change of it
_MIN_SPEED = 0.1  # m/s or rad/s: slower is standing
_MIN_HOP, _MIN_LIFT, _MIN_RADIUS = 0.02, 0.03, 0.1  # m
_RHYTHMS = {"roll": "its sway", "pitch": "its nod", "heading": "its twist"}
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


def _speeds(goal: Goal) -> list[Fit]:
    if not goal.moves:
        return []
    size = math.hypot(goal.vx or 0.0, goal.vy or 0.0)
    return [Fit("its speed", "“walk at 0.4 m/s”", size, _to_speed)]


def _to_speed(goal: Goal, size: float) -> str:
    share = max(size, goal.amounts.speed(_MIN_SPEED)) / math.hypot(goal.vx or 0.0, goal.vy or 0.0)
    for name, row in (("vx", "forward" if (goal.vx or 0.0) > 0.0 else "backward"),
                      ("vy", "sideways")):  # fmt: skip
        value = getattr(goal, name)
        if value:
            limit = goal.amounts[row]["limit"]
            setattr(goal, name, round(limited(value * share, limit, f"m/s {row}", goal), 3))
    return f"{math.hypot(goal.vx or 0.0, goal.vy or 0.0):.3g} m/s"


def _turns(goal: Goal) -> list[Fit]:
    example = "“turn at 0.5 rad/s”"
    return [Fit("how fast it turns", example, abs(goal.yaw), _to_turn)] if goal.yaw else []


def _to_turn(goal: Goal, size: float) -> str:
    sign = -1.0 if (goal.yaw or 0.0) < 0.0 else 1.0
    limit = goal.amounts["turn"]["limit"]
    goal.yaw = round(
        sign * limited(max(size, goal.amounts.rate(_MIN_SPEED)), limit, "rad/s", goal), 3
    )
    return f"turn at {abs(goal.yaw):g} rad/s"


def _circles(goal: Goal) -> list[Fit]:
    if not (goal.yaw and goal.moves):
        return []
    radius = math.hypot(goal.vx or 0.0, goal.vy or 0.0) / abs(goal.yaw)
    return [Fit("its circle", EXAMPLES[SlotKind.RADIUS], radius, _to_radius)]


def _to_radius(goal: Goal, size: float) -> str:
    speed = math.hypot(goal.vx or 0.0, goal.vy or 0.0)
    return _to_turn(goal, speed / max(size, goal.amounts.length(_MIN_RADIUS)))


def _frequencies(goal: Goal) -> list[Fit]:
    if goal.hop is not None:
        return [Fit("how often it hops", "“hop twice a second”", goal.hop.hz, to_frequency)]
    if goal.rhythms:
        return [Fit("its rhythm", "“sway twice a second”", goal.rhythms[0].hz, to_frequency)]
    if goal.limp is None and (goal.moves or goal.steps is not None):
        usual = goal.cadence or goal.amounts["cadence"]["usual"]
        return [Fit("its steps", "“take 2 steps a second”", usual, to_frequency)]
    return []


def to_frequency(goal: Goal, hz: float) -> str:
    row = "hop_frequency" if goal.hop else "rhythm_frequency" if goal.rhythms else "cadence"
    table = goal.amounts[row]
    bounded = round(max(table["lowest"], min(hz, table["highest"])), 2)
    if abs(bounded - hz) > 0.01:
        goal.not_understood.append(f"{hz:.3g} times a second cannot be done: {bounded:g}")
    if goal.hop is not None:
        goal.hop = replace(goal.hop, hz=bounded, hz_named=True)
    elif goal.rhythms:
        goal.rhythms = tuple(replace(rhythm, hz=bounded) for rhythm in goal.rhythms)
    else:
        goal.cadence = bounded
        return f"each foot steps {bounded:g} times a second"
    return f"{bounded:g} times a second"


def _lengths(goal: Goal) -> list[Fit]:
    fits = []
    if goal.hop is not None:
        fits.append(Fit("how high it hops", "“hop 6 cm high”", goal.hop.height, _to_hop))
        if goal.moves:
            far = math.hypot(goal.vx or 0.0, goal.vy or 0.0) / goal.hop.hz
            fits.append(Fit("how far it hops", "“hop forward 20 cm”", far, _to_reach))
    if goal.lift is not None:
        fits.append(Fit("the lifted foot", "“lift your paw 8 cm”", goal.lift.height, _to_lift))
    if goal.steps is not None:
        fits.append(Fit("its steps", "“feet lifted 10 cm”", goal.steps, _to_steps))
    bob = next((rhythm for rhythm in goal.rhythms if rhythm.channel == "height"), None)
    if bob is not None:
        fits.append(Fit("its bob", "“bob by 3 cm”", bob.amplitude, _to_amplitude("height")))
    elif goal.height:
        example = "“crouch by 5 cm”" if goal.height < 0.0 else "“stand 2 cm taller”"
        fits.append(Fit("its height", example, goal.height, _to_height))
    return fits


def _to_hop(goal: Goal, size: float) -> str:
    if goal.hop is not None:
        size = max(
            goal.amounts.length(_MIN_HOP), limited(size, goal.amounts["hop"]["limit"], "m", goal)
        )
        goal.hop = replace(goal.hop, height=round(size, 3))
    return f"hop {size * 100:.3g} cm high"


def _to_reach(goal: Goal, size: float) -> str:
    hz = goal.hop.hz if goal.hop else 1.0
    _to_speed(goal, size * hz)
    return f"{size * 100:.3g} cm with every hop"


def _to_lift(goal: Goal, size: float) -> str:
    if goal.lift is not None:
        size = max(
            goal.amounts.length(_MIN_LIFT), limited(size, goal.amounts["paw"]["limit"], "m", goal)
        )
        goal.lift = Lift(goal.lift.foot, round(size, 3))
    return f"foot up by {size * 100:.3g} cm"


def _to_steps(goal: Goal, size: float) -> str:
    size = limited(size, goal.amounts["steps"]["limit"], "m", goal)
    goal.steps = round(max(goal.amounts.length(_MIN_LIFT), size), 3)
    return f"feet lifted by {goal.steps * 100:.3g} cm"


def _to_height(goal: Goal, size: float) -> str:
    low, high = goal.amounts["low"]["limit"], goal.amounts["high"]["limit"]
    if size > goal.amounts.length(_LEVEL):
        offset = size - goal.amounts.standing
        if offset and not -low - 1e-9 <= offset <= high + 1e-9:
            goal.not_understood.append(f"{size * 100:.3g} cm above the ground is out of reach")
        goal.height = round(max(-low, min(offset, high)), 3)
    else:
        sign = -1.0 if (goal.height or 0.0) < 0.0 else 1.0
        goal.height = round(sign * limited(size, low if sign < 0.0 else high, "m", goal), 3)
    where = "below" if goal.height < 0.0 else "above"
    return f"{abs(goal.height) * 100:.1f} cm {where} standing"


def _angles(goal: Goal) -> list[Fit]:
    fits = []
    if goal.pitch:
        fits.append(Fit("its pitch", "“bow by 15 degrees”", abs(goal.pitch), _to_tilt("pitch")))
    if goal.roll:
        example = "“lean left by 10 degrees”"
        fits.append(Fit("its lean", example, abs(goal.roll), _to_tilt("roll")))
    if goal.rear is not None:
        fits.append(Fit("how far it rears", "“rear up by 50 degrees”", goal.rear, _to_rear))
    for rhythm in goal.rhythms:
        if rhythm.channel in _RHYTHMS:
            what, change = _RHYTHMS[rhythm.channel], _to_amplitude(rhythm.channel)
            fits.append(Fit(what, f"“{what[4:]} by 10 degrees”", rhythm.amplitude, change))
    return fits


def _to_tilt(name: str) -> Callable[[Goal, float], str]:
    def change(goal: Goal, size: float) -> str:
        limit = goal.amounts["pitch" if name == "pitch" else "lean"]["limit"]
        sign = -1.0 if getattr(goal, name) < 0.0 else 1.0
        setattr(goal, name, round(sign * limited(max(size, 0.02), limit, "rad", goal), 3))
        return f"{'pitch' if name == 'pitch' else 'lean'} {abs(getattr(goal, name)):g} rad"

    return change


def _to_rear(goal: Goal, size: float) -> str:
    goal.rear = round(max(0.5, limited(size, goal.amounts["rear"]["limit"], "rad", goal)), 3)
    return f"nose up by {goal.rear:g} rad"


def _to_amplitude(channel: str) -> Callable[[Goal, float], str]:
    def change(goal: Goal, size: float) -> str:
        unit = "m" if channel == "height" else "rad"
        size = round(limited(size, goal.amounts[f"{channel}_rhythm"]["limit"], unit, goal), 3)
        goal.rhythms = tuple(
            replace(rhythm, amplitude=size) if rhythm.channel == channel else rhythm
            for rhythm in goal.rhythms
        )
        return f"{channel} ±{size:g} {unit}"

    return change


FITS: dict[SlotKind, Callable[[Goal], list[Fit]]] = {
    SlotKind.SPEED: _speeds,
    SlotKind.TURN_RATE: _turns,
    SlotKind.RADIUS: _circles,
    SlotKind.RATE: _frequencies,
    SlotKind.LENGTH: _lengths,
    SlotKind.ANGLE: _angles,
}
