"""Whether a goal that no sentence was read for can be done: amounts, and what goes together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.abilities import Amounts
from tabrl_reward_worker.generator.goal.goal import Goal, parts_of
from tabrl_reward_worker.generator.goal.resolve_constraints import resolve_constraints
from tabrl_reward_worker.generator.goal.spec import CHANNELS, DIGITS

_EPSILON = 1e-9


@dataclass(frozen=True)
class Range:
    """From where to where a robot does something."""

    words: str
    unit: str
    low: float
    high: float

    def fault(self, value: float) -> str | None:
        """Why it does not do so much of it; None if it does."""
        if self.low - _EPSILON <= value <= self.high + _EPSILON:
            return None
        span = f"{self.low:g} to {self.high:g} {self.unit}"
        return f"{self.words} of {value:g} {self.unit}: this robot does {span}"


def ranges(amounts: Amounts) -> Mapping[Askable, Range]:
    """What a robot can be held at, quantity by quantity."""
    own, standing = amounts, amounts.standing
    limit = {name: own[name]["limit"] for name in _LIMITED}
    return {
        Askable.FORWARD_SPEED: Range("forward speed", "m/s", -limit["backward"], limit["forward"]),
        Askable.LATERAL_SPEED: Range(
            "sideways speed", "m/s", -limit["sideways"], limit["sideways"]
        ),
        Askable.YAW_RATE: Range("turning", "rad/s", -limit["turn"], limit["turn"]),
        Askable.HEIGHT: Range(
            "height of the trunk",
            "m",
            round(standing - limit["low"], DIGITS),
            round(standing + limit["high"], DIGITS),
        ),
        Askable.PITCH: Range("pitch", "rad", -limit["pitch"], limit["pitch"]),
        Askable.ROLL: Range("roll", "rad", -limit["lean"], limit["lean"]),
        Askable.STEP_HEIGHT: Range("step height", "m", 0.0, limit["steps"]),
        Askable.STEP_RATE: Range("step rate", "Hz", *_bounds(own, "cadence")),
        Askable.FOOT_HEIGHT: Range("lifted foot", "m", 0.0, limit["paw"]),
        Askable.REARING: Range("rearing", "rad", 0.0, limit["rear"]),
        Askable.HOP_HEIGHT: Range("hop height", "m", 0.0, limit["hop"]),
        Askable.HOP_RATE: Range("hop rate", "Hz", *_bounds(own, "hop_frequency")),
    }


def swings(amounts: Amounts) -> Mapping[Askable, float]:
    """By how much to either side a quantity can swing, in its unit."""
    return {
        quantity: amounts[f"{channel}_rhythm"]["limit"] for channel, quantity in CHANNELS.items()
    }


def beats(amounts: Amounts) -> tuple[float, float]:
    """The slowest and the fastest swing, Hz."""
    return _bounds(amounts, "rhythm_frequency")


def beyond(goal: Goal) -> list[str]:
    """What of a goal this robot cannot do, in words; nothing if it can do all of it."""
    return list(dict.fromkeys(line for part in parts_of(goal) for line in _beyond(part)))


def _beyond(goal: Goal) -> Iterator[str]:
    yield from _too_much(goal)
    probe = replace(goal, understood=[], not_understood=[])
    resolve_constraints(probe)
    yield from probe.not_understood


def _too_much(goal: Goal) -> Iterator[str]:
    held, able = _held(goal), ranges(goal.amounts)
    for quantity, one in able.items():
        value = held[quantity]
        fault = None if value is None else one.fault(value)
        if fault is not None:
            yield fault
    widest, (low, high) = swings(goal.amounts), beats(goal.amounts)
    for rhythm in goal.rhythms:
        limit = widest[CHANNELS[rhythm.channel]]
        if rhythm.amplitude > limit + _EPSILON:
            yield f"{rhythm.channel} of ±{rhythm.amplitude:g}: this robot does up to ±{limit:g}"
        if not low - _EPSILON <= rhythm.hz <= high + _EPSILON:
            yield f"{rhythm.channel} at {rhythm.hz:g} Hz: this robot does {low:g} to {high:g} Hz"


def _held(goal: Goal) -> Mapping[Askable, float | None]:
    """What a goal holds, quantity by quantity."""
    lift, hop = goal.lift, goal.hop
    height = None if goal.height is None else round(goal.amounts.standing + goal.height, DIGITS)
    return {
        Askable.FORWARD_SPEED: goal.vx,
        Askable.LATERAL_SPEED: goal.vy,
        Askable.YAW_RATE: goal.yaw,
        Askable.HEIGHT: height,
        Askable.PITCH: goal.pitch,
        Askable.ROLL: goal.roll,
        Askable.STEP_HEIGHT: goal.steps,
        Askable.STEP_RATE: goal.cadence,
        Askable.FOOT_HEIGHT: lift.height if lift else None,
        Askable.REARING: goal.rear,
        Askable.HOP_HEIGHT: hop.height if hop else None,
        Askable.HOP_RATE: hop.hz if hop else None,
    }


_LIMITED = (
    "forward", "backward", "sideways", "turn", "low", "high", "pitch", "lean", "steps", "paw",
    "rear", "hop",
)  # fmt: skip


def _bounds(amounts: Amounts, table: str) -> tuple[float, float]:
    return amounts[table]["lowest"], amounts[table]["highest"]
