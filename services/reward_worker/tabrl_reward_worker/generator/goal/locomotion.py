"""What a sentence asks of the way: speeds, turning, and how often the feet step."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tabrl.contracts.motion import Reached
from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.feet import cadence, step
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.limits import clamp
from tabrl_reward_worker.generator.goal.posture import height
from tabrl_reward_worker.generator.goal.quantities import directions, pace, said
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import Slot, SlotKind

# Of the reference robot.
_MIN_SPEED = 0.1  # m/s; what is slower is standing to a reward
_CIRCLING = 0.4  # m/s, where the sentence names no speed
_MIN_RADIUS = 0.1  # m, of a circle


def move(intent: Intent, goal: Goal) -> None:
    """Along the ways that are named, or forward."""
    ways = directions(intent, goal) or ["forward"]
    side = next((way for way in ways if way in ("left", "right")), "")
    if "sideways" in ways or side:
        alone = not {"forward", "backward"} & set(ways)
        sides, sign = ("left", "right", "sideways"), -1.0 if side == "right" else 1.0
        speed = _speed(intent, sides, "sideways", sign, goal, alone=alone)
        goal.vy = speed = clamp(Askable.LATERAL_SPEED, speed, goal, _least(goal))
        goal.say(intent.words(), f"{_side(speed)} at {abs(speed):.3g} m/s")
    for way, sign in (("forward", 1.0), ("backward", -1.0)):
        if way in ways:
            speed = _speed(intent, (way,), way, sign, goal, alone=True)
            goal.vx = speed = clamp(Askable.FORWARD_SPEED, speed, goal, _least(goal))
            along = "forward" if speed > 0.0 else "backward"
            goal.say(intent.words(), f"{along} at {abs(speed):.3g} m/s")
    if any(slot.meaning.get("straight") for slot in intent.slots):
        goal.say("straight", "keep the heading")
    _manner(intent, goal)
    _distance(intent, goal)


def _least(goal: Goal) -> float:
    return goal.amounts.speed(_MIN_SPEED)


def _speed(
    intent: Intent, ways: Sequence[str], table: str, sign: float, goal: Goal, *, alone: bool
) -> float:
    """The speed for these ways: of several that beside them, else the only one there is.

    What is not `alone` needs one of its own.
    """
    several = sum(slot.kind == SlotKind.SPEED for slot in intent.slots) > 1
    named = [slot for slot in intent.slots if slot.meaning.get("direction") in ways]
    found: Slot | None = intent.find(SlotKind.SPEED) if alone else None
    if several and named:
        found = intent.beside(named[0], SlotKind.SPEED)
    row = pace(intent, intent.meaning.get("speed", "normal"))
    return sign * (found.meaning["value"] if found else goal.amounts[table][row])


def _manner(intent: Intent, goal: Goal) -> None:
    """What the verb says of the trunk and the feet: "creep", "pace", "march"."""
    if "height" in intent.meaning:
        height(Intent(SlotKind.HEIGHT, intent.text, intent.meaning, at=intent.at), goal)
    goal.gait = intent.meaning.get("gait", goal.gait)
    if goal.paired:
        goal.say(intent.words(), f"the gait called {goal.gait}")
    if "steps" in intent.meaning:
        step(Intent(SlotKind.STEP, intent.text, intent.meaning, at=intent.at), goal)
    if intent.find(SlotKind.RATE):
        cadence(intent, goal)


def _distance(intent: Intent, goal: Goal) -> None:
    """How far it goes, in m or in steps."""
    length, count = intent.find(SlotKind.LENGTH), intent.find(SlotKind.COUNT)
    if count is not None and count.meaning.get("steps") and goal.lasts is None:
        hz = goal.cadence or goal.amounts["cadence"]["usual"]
        goal.lasts = (count.text, count.meaning["value"] / hz)
    if length is not None and goal.lasts is None:
        far = float(length.meaning["value"])
        goal.lasts = (length.text, far / goal.speed)
        if goal.ends_by(Askable.HEADING) is None:
            goal.until = Reached(quantity=Askable.WAY, by=far)


def _side(value: float) -> str:
    return "to the left" if value > 0 else "to the right"


def turn(intent: Intent, goal: Goal) -> None:
    """About the vertical, with or without walking on."""
    ways, circling = directions(intent, goal), goal.amounts.speed(_CIRCLING)
    rate, rounds = said(intent, SlotKind.TURN_RATE), said(intent, SlotKind.RATE)
    radius = said(intent, SlotKind.RADIUS)
    if rate is None and rounds is not None:
        rate = 2.0 * math.pi * rounds
    elif rate is None and radius is not None:
        rate = abs(goal.vx or circling) / max(radius, goal.amounts.length(_MIN_RADIUS))
    elif rate is None:
        rate = goal.amounts[intent.meaning["rate"]][pace(intent)]
    sign = -1.0 if "right" in ways else 1.0
    goal.yaw = yaw = clamp(Askable.YAW_RATE, sign * round(rate, 6), goal)
    goal.say(intent.words(), f"turn {_side(yaw)} at {abs(yaw):.3g} rad/s")
    _end_after(intent, yaw, goal)
    if intent.meaning.get("move") and goal.vx is None:
        goal.vx = circling
        goal.say(intent.text, f"walk on at {circling:.3g} m/s")
    elif "backward" in ways or "forward" in ways:
        move(Intent(SlotKind.MOVE, intent.text, {"direction": ways[0]}, at=intent.at), goal)


def _end_after(intent: Intent, yaw: float, goal: Goal) -> None:
    """The turn is done after so many degrees or rounds; to the other way it is half of one."""
    angle, count = intent.find(SlotKind.ANGLE), intent.find(SlotKind.COUNT)
    rounds = float(intent.meaning.get("rounds", 1.0))
    if angle is not None:
        ends = [end.meaning["value"] for end in angle.meaning.get("ends", ())]
        by, words = abs(ends[1] - ends[0]) if ends else angle.meaning["value"], angle.text
    elif count is not None:
        by, words = 2.0 * math.pi * rounds * count.meaning["value"], count.text
    elif intent.meaning.get("about"):
        by, words = math.pi, intent.text
    elif "rounds" in intent.meaning and not intent.find(SlotKind.RATE):
        by, words = 2.0 * math.pi * rounds, intent.text
    else:
        return
    goal.until = Reached(quantity=Askable.HEADING, by=math.copysign(by, yaw))
    goal.lasts = (words, by / abs(yaw))
