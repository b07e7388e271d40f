"""What a sentence asks of the way: speeds, turning, and how often the feet step."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tabrl_reward_worker.generator.goal.feet import cadence, step
from tabrl_reward_worker.generator.goal.goal import Goal, abilities
from tabrl_reward_worker.generator.goal.posture import height
from tabrl_reward_worker.generator.goal.quantities import directions, limited, pace
from tabrl_reward_worker.generator.reading.intents import Act, Part

_LEAST = 0.1  # m/s; what is slower is standing to a reward
_CIRCLING = 0.4  # m/s, where the sentence names no speed
_TIGHTEST = 0.1  # m, of a circle


def move(act: Act, goal: Goal) -> None:
    """Along the ways that are named, or forward."""
    ways = directions(act, goal) or ["forward"]
    row = pace(act, act.meaning.get("speed", "normal"))
    side = next((way for way in ways if way in ("left", "right")), "")
    if "sideways" in ways or side:
        sign = -1.0 if side == "right" else 1.0
        alone = not {"forward", "backward"} & set(ways)
        table = abilities()["sideways"]
        own = _own_speed(act, ("left", "right", "sideways"), alone)
        speed = own.meaning["value"] if own else table[row]
        goal.vy = limited(sign * speed, table["limit"], "m/s sideways", goal, _LEAST)
        goal.understood.append(f"“{act.words()}” → {_side(goal.vy)} at {abs(goal.vy):g} m/s")
    for direction, sign in (("forward", 1.0), ("backward", -1.0)):
        if direction in ways:
            table = abilities()[direction]
            own = _own_speed(act, (direction,), True)
            speed = own.meaning["value"] if own else table[row]
            goal.vx = limited(sign * speed, table["limit"], f"m/s {direction}", goal, _LEAST)
            way = "forward" if goal.vx > 0.0 else "backward"
            goal.understood.append(f"“{act.words()}” → {way} at {abs(goal.vx):.3g} m/s")
    if any(part.meaning.get("straight") for part in act.qualifiers):
        goal.understood.append("“straight” → keep the heading")
    if "height" in act.meaning:
        height(Act("HEIGHT", act.text, act.meaning, at=act.at), goal)
    goal.gait = act.meaning.get("gait", goal.gait)
    if goal.gait in ("pace", "bound"):
        goal.understood.append(f"“{act.words()}” → the gait called {goal.gait}")
    if "steps" in act.meaning:
        step(Act("STEP", act.text, act.meaning, at=act.at), goal)
    if act.find("rate"):
        cadence(act, goal)
    length, count = act.find("length"), act.find("count")
    if count is not None and count.meaning.get("steps") and goal.lasts is None:
        hz = goal.cadence or abilities()["cadence"]["usual"]
        goal.lasts = (count.text, count.meaning["value"] / hz)
    if length is not None and goal.lasts is None:
        speed = math.hypot(goal.vx or 0.0, goal.vy or 0.0)
        goal.lasts = (length.text, length.meaning["value"] / speed)


def _own_speed(act: Act, ways: Sequence[str], alone: bool) -> Part | None:
    """The speed for these ways: with several speeds that behind them, else the only one there is.

    What is not `alone` needs one of its own.
    """
    several = sum(part.kind == "speed" for part in act.qualifiers) > 1
    named = [part for part in act.qualifiers if part.meaning.get("direction") in ways]
    if several and named:
        return act.after("speed", named[0])
    return act.find("speed") if alone else None


def _side(value: float) -> str:
    return "to the left" if value > 0 else "to the right"


def turn(act: Act, goal: Goal) -> None:
    """About the vertical, with or without walking on."""
    ways = directions(act, goal)
    table = abilities()[act.meaning["rate"]]
    explicit, rounds = act.find("turn_rate"), act.find("rate")
    speed = explicit.meaning["value"] if explicit else table[pace(act)]
    radius = act.find("radius")
    if radius is not None and explicit is None:
        speed = abs(goal.vx or _CIRCLING) / max(radius.meaning["value"], _TIGHTEST)
    if rounds is not None and explicit is None:
        speed = 2.0 * math.pi * rounds.meaning["value"]
    sign = -1.0 if "right" in ways else 1.0
    goal.yaw = limited(sign * round(speed, 6), abilities()["turn"]["limit"], "rad/s", goal)
    goal.understood.append(f"“{act.words()}” → turn {_side(goal.yaw)} at {abs(goal.yaw):.3g} rad/s")
    angle, count = act.find("angle"), act.find("count")
    if angle is not None:
        ends = [end.meaning["value"] for end in angle.meaning.get("ends", ())]
        way = abs(ends[1] - ends[0]) if ends else angle.meaning["value"]
        goal.lasts = (angle.text, way / abs(goal.yaw))
    elif count is not None:
        goal.lasts = (count.text, 2.0 * math.pi * count.meaning["value"] / abs(goal.yaw))
    if act.meaning.get("move") and goal.vx is None:
        goal.vx = _CIRCLING
        goal.understood.append(f"“{act.text}” → walk on at {_CIRCLING:g} m/s")
    elif "backward" in ways or "forward" in ways:
        move(Act("MOVE", act.text, {"direction": ways[0]}, at=act.at), goal)
