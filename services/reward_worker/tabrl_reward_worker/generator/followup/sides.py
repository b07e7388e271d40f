"""A pace or a side alone: "slowly", "to the right", "the other way"."""

from __future__ import annotations

import math

from tabrl_reward_worker.generator.followup.fits import to_frequency
from tabrl_reward_worker.generator.goal.goal import Goal, Lift
from tabrl_reward_worker.generator.goal.quantities import PACES

_PACE_STEPS = {"slowest": 0, "slow": 1, "normal": 2, "fast": 3, "fastest": 4}


def change_pace(text: str, way: str, goal: Goal) -> bool:
    """ "slowly", "as fast as you can": a row of the table that its speed or its turning has."""
    row = PACES[_PACE_STEPS[way]]
    hop = "hop_" if goal.hop is not None else ""
    messages = []
    for name, tables in (("vx", ("forward", "backward")), ("vy", ("sideways", "sideways"))):
        value = getattr(goal, name)
        if value:
            speed = goal.amounts[hop + tables[value < 0.0]][row]
            setattr(goal, name, speed if value > 0.0 else -speed)
            messages.append(f"{speed:g} m/s")
    if goal.yaw and not goal.moves:
        goal.yaw = math.copysign(goal.amounts["spin"][row], goal.yaw)
        messages.append(f"turn at {abs(goal.yaw):g} rad/s")
    if not messages and (goal.rhythms or goal.hop is not None):
        hops = goal.hop is not None
        hz = (
            goal.amounts["hop_frequency"][row]
            if hops
            else goal.rhythms[0].hz * goal.amounts["rhythm_frequency"][row]
        )
        messages.append(to_frequency(goal, hz))
    if messages:
        goal.understood.append(f"“{text}” → {', '.join(messages)}")
    return bool(messages)


def change_side(text: str, way: str, goal: Goal) -> bool:
    """ "to the right", "the other way": what has a side takes the other one."""
    done = _other_side(way, goal)
    if done:
        goal.understood.append(f"“{text}” → {done}")
    return bool(done)


def _other_side(way: str, goal: Goal) -> str:
    sided = way in ("left", "right", "other")
    foot = goal.limp or (goal.lift.foot if goal.lift else None)
    if foot is not None and sided:
        if way == "other" or foot.side != way:
            foot = foot.beside
        goal.limp = foot if goal.limp else None
        goal.lift = Lift(foot, goal.lift.height) if goal.lift else None
        return foot.words
    if goal.roll and sided and not goal.moves:
        right = goal.roll < 0.0 if way == "other" else way == "right"
        goal.roll = math.copysign(goal.roll, 1.0 if right else -1.0)
        return f"lean to the {'right' if right else 'left'}"
    if goal.yaw and sided:
        left = goal.yaw < 0.0 if way == "other" else way == "left"
        goal.yaw = math.copysign(goal.yaw, 1.0 if left else -1.0)
        return f"turn to the {'left' if left else 'right'}"
    if way != "other" or not goal.moves:
        return ""
    if goal.vy:
        goal.vy = -goal.vy
        return f"to the {'left' if goal.vy > 0.0 else 'right'}"
    goal.vx = -(goal.vx or 0.0)
    goal.vx = max(goal.vx, -goal.amounts["backward"]["limit"])
    return "forward" if goal.vx > 0.0 else "backward"
