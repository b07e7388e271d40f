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
from tabrl_reward_worker.generator.goal.quantities import directions, pace
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import Slot, SlotKind

# Of the reference robot.
_MIN_SPEED = 0.1  # m/s; what is slower is standing to a reward
_CIRCLING = 0.4  # m/s, where the sentence names no speed
_MIN_RADIUS = 0.1  # m, of a circle


def move(intent: Intent, goal: Goal) -> None:
    """Along the ways that are named, or forward."""
    ways = directions(intent, goal) or ["forward"]
    row = pace(intent, intent.meaning.get("speed", "normal"))
    side = next((way for way in ways if way in ("left", "right")), "")
    least = goal.amounts.speed(_MIN_SPEED)
    if "sideways" in ways or side:
        sign = -1.0 if side == "right" else 1.0
        alone = not {"forward", "backward"} & set(ways)
        table = goal.amounts["sideways"]
        explicit = _speed_for(intent, ("left", "right", "sideways"), alone)
        speed = explicit.meaning["value"] if explicit else table[row]
        goal.vy = clamp(Askable.LATERAL_SPEED, sign * speed, goal, least)
        goal.understood.append(f"“{intent.words()}” → {_side(goal.vy)} at {abs(goal.vy):g} m/s")
    for direction, sign in (("forward", 1.0), ("backward", -1.0)):
        if direction in ways:
            table = goal.amounts[direction]
            explicit = _speed_for(intent, (direction,), True)
            speed = explicit.meaning["value"] if explicit else table[row]
            goal.vx = clamp(Askable.FORWARD_SPEED, sign * speed, goal, least)
            way = "forward" if goal.vx > 0.0 else "backward"
            goal.understood.append(f"“{intent.words()}” → {way} at {abs(goal.vx):.3g} m/s")
    if any(slot.meaning.get("straight") for slot in intent.slots):
        goal.understood.append("“straight” → keep the heading")
    if "height" in intent.meaning:
        height(Intent(SlotKind.HEIGHT, intent.text, intent.meaning, at=intent.at), goal)
    goal.gait = intent.meaning.get("gait", goal.gait)
    if goal.paired:
        goal.understood.append(f"“{intent.words()}” → the gait called {goal.gait}")
    if "steps" in intent.meaning:
        step(Intent(SlotKind.STEP, intent.text, intent.meaning, at=intent.at), goal)
    if intent.find(SlotKind.RATE):
        cadence(intent, goal)
    length, count = intent.find(SlotKind.LENGTH), intent.find(SlotKind.COUNT)
    if count is not None and count.meaning.get("steps") and goal.lasts is None:
        hz = goal.cadence or goal.amounts["cadence"]["usual"]
        goal.lasts = (count.text, count.meaning["value"] / hz)
    if length is not None and goal.lasts is None:
        far = float(length.meaning["value"])
        goal.lasts = (length.text, far / goal.speed)
        if goal.ends_by(Askable.HEADING) is None:
            goal.until = Reached(quantity=Askable.WAY, by=far)


def _speed_for(intent: Intent, ways: Sequence[str], alone: bool) -> Slot | None:
    """The speed for these ways: with several speeds that behind them, else the only one there is.

    What is not `alone` needs one of its own.
    """
    several = sum(slot.kind == SlotKind.SPEED for slot in intent.slots) > 1
    named = [slot for slot in intent.slots if slot.meaning.get("direction") in ways]
    if several and named:
        return intent.after(SlotKind.SPEED, named[0])
    return intent.find(SlotKind.SPEED) if alone else None


def _side(value: float) -> str:
    return "to the left" if value > 0 else "to the right"


def _end_after(angle: float, text: str, goal: Goal) -> None:
    """The turn is done after so many rad."""
    assert goal.yaw
    goal.until = Reached(quantity=Askable.HEADING, by=math.copysign(angle, goal.yaw))
    goal.lasts = (text, angle / abs(goal.yaw))


def turn(intent: Intent, goal: Goal) -> None:
    """About the vertical, with or without walking on."""
    ways, circling = directions(intent, goal), goal.amounts.speed(_CIRCLING)
    table = goal.amounts[intent.meaning["rate"]]
    explicit, rounds = intent.find(SlotKind.TURN_RATE), intent.find(SlotKind.RATE)
    speed = explicit.meaning["value"] if explicit else table[pace(intent)]
    radius = intent.find(SlotKind.RADIUS)
    if radius is not None and explicit is None:
        least = goal.amounts.length(_MIN_RADIUS)
        speed = abs(goal.vx or circling) / max(radius.meaning["value"], least)
    if rounds is not None and explicit is None:
        speed = 2.0 * math.pi * rounds.meaning["value"]
    sign = -1.0 if "right" in ways else 1.0
    goal.yaw = clamp(Askable.YAW_RATE, sign * round(speed, 6), goal)
    goal.understood.append(
        f"“{intent.words()}” → turn {_side(goal.yaw)} at {abs(goal.yaw):.3g} rad/s"
    )
    angle, count = intent.find(SlotKind.ANGLE), intent.find(SlotKind.COUNT)
    if angle is not None:
        ends = [end.meaning["value"] for end in angle.meaning.get("ends", ())]
        way = abs(ends[1] - ends[0]) if ends else angle.meaning["value"]
        _end_after(way, angle.text, goal)
    elif count is not None:
        _end_after(2.0 * math.pi * count.meaning["value"], count.text, goal)
    elif intent.meaning.get("about"):
        _end_after(math.pi, intent.text, goal)
    if intent.meaning.get("move") and goal.vx is None:
        goal.vx = circling
        goal.understood.append(f"“{intent.text}” → walk on at {circling:g} m/s")
    elif "backward" in ways or "forward" in ways:
        move(Intent(SlotKind.MOVE, intent.text, {"direction": ways[0]}, at=intent.at), goal)
