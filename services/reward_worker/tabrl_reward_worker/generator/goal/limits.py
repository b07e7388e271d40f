"""Whether a goal that no sentence was read for can be done: amounts, and what goes together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tabrl_reward_worker.generator.goal.goal import Goal, parts_of
from tabrl_reward_worker.generator.goal.resolve_constraints import resolve_constraints

_EPSILON = 1e-9


def beyond(goal: Goal) -> list[str]:
    """What of a goal this robot cannot do, in words; nothing if it can do all of it."""
    return list(dict.fromkeys(line for part in parts_of(goal) for line in _beyond(part)))


def _beyond(goal: Goal) -> Iterator[str]:
    yield from _too_much(goal)
    probe = replace(goal, understood=[], not_understood=[])
    resolve_constraints(probe)
    yield from probe.not_understood


def _too_much(goal: Goal) -> Iterator[str]:
    own, lift, hop = goal.amounts, goal.lift, goal.hop
    for words, unit, value, low, high in (
        ("forward speed", "m/s", goal.vx, -own["backward"]["limit"], own["forward"]["limit"]),
        ("sideways speed", "m/s", goal.vy, -own["sideways"]["limit"], own["sideways"]["limit"]),
        ("turning", "rad/s", goal.yaw, -own["turn"]["limit"], own["turn"]["limit"]),
        ("height from standing", "m", goal.height, -own["low"]["limit"], own["high"]["limit"]),
        ("pitch", "rad", goal.pitch, -own["pitch"]["limit"], own["pitch"]["limit"]),
        ("roll", "rad", goal.roll, -own["lean"]["limit"], own["lean"]["limit"]),
        ("step height", "m", goal.steps, 0.0, own["steps"]["limit"]),
        ("step rate", "Hz", goal.cadence, own["cadence"]["lowest"], own["cadence"]["highest"]),
        ("lifted foot", "m", lift.height if lift else None, 0.0, own["paw"]["limit"]),
        ("rearing", "rad", goal.rear, 0.0, own["rear"]["limit"]),
        ("hop height", "m", hop.height if hop else None, 0.0, own["hop"]["limit"]),
        ("hop rate", "Hz", hop.hz if hop else None, *_bounds(goal, "hop_frequency")),
    ):
        if value is not None and not low - _EPSILON <= value <= high + _EPSILON:
            yield f"{words} of {value:g} {unit}: this robot does {low:g} to {high:g} {unit}"
    for rhythm in goal.rhythms:
        limit = own[f"{rhythm.channel}_rhythm"]["limit"]
        if rhythm.amplitude > limit + _EPSILON:
            yield f"{rhythm.channel} of ±{rhythm.amplitude:g}: this robot does up to ±{limit:g}"
        low, high = _bounds(goal, "rhythm_frequency")
        if not low - _EPSILON <= rhythm.hz <= high + _EPSILON:
            yield f"{rhythm.channel} at {rhythm.hz:g} Hz: this robot does {low:g} to {high:g} Hz"


def _bounds(goal: Goal, table: str) -> tuple[float, float]:
    return goal.amounts[table]["lowest"], goal.amounts[table]["highest"]
