"""A pace or a side alone: "slowly", "to the right", "the other way"; in words what it came to."""

from __future__ import annotations

import math

from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.followup.numbers import set_rate
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.quantities import PACES

_PACE_STEPS = {"slowest": 0, "slow": 1, "normal": 2, "fast": 3, "fastest": 4}
_WAYS = (
    (Askable.FORWARD_SPEED, ("forward", "backward")),
    (Askable.LATERAL_SPEED, ("sideways", "sideways")),
)


def change_pace(way: str, goal: Goal) -> str:
    """ "slowly", "as fast as you can": a row of the table that its speed or its turning has."""
    row, hop, told = PACES[_PACE_STEPS[way]], "hop_" if goal.hop else "", []
    for quantity, tables in _WAYS:
        value = goal.held(quantity)
        if value:
            speed = goal.amounts[hop + tables[value < 0.0]][row]
            goal.hold(quantity, math.copysign(speed, value))
            told.append(f"{speed:.3g} m/s")
    if goal.yaw and not goal.moves:
        turn = goal.amounts["spin"][row]
        goal.yaw = math.copysign(turn, goal.yaw)
        told.append(f"turn at {turn:.3g} rad/s")
    if not told and goal.hop is not None:
        return set_rate(goal, goal.amounts["hop_frequency"][row])
    if not told and goal.swings:
        return set_rate(goal, goal.rates[0] * goal.amounts["rhythm_frequency"][row])
    return ", ".join(told)


def change_side(way: str, goal: Goal) -> str:
    """ "to the right", "the other way": what has a side takes the other one."""
    sided = way in ("left", "right", "other")
    for quantity in (Askable.FOOT_LOAD, Askable.FOOT_HEIGHT) if sided else ():
        foot = goal.foot(quantity)
        if foot is not None:
            foot = foot.beside if way == "other" or foot.side != way else foot
            goal.place(quantity, foot)
            return foot.words
    for quantity, verb, left in ((Askable.ROLL, "lean", -1.0), (Askable.YAW_RATE, "turn", 1.0)):
        value = goal.held(quantity)
        if value and sided and not (quantity is Askable.ROLL and goal.moves):
            sign = {"left": left, "right": -left}.get(way, -math.copysign(1.0, value))
            goal.hold(quantity, math.copysign(value, sign))
            return f"{verb} to the {'left' if sign == left else 'right'}"
    if way != "other" or not goal.moves:
        return ""
    if goal.vy:
        goal.vy = -goal.vy
        return f"to the {'left' if goal.vy > 0.0 else 'right'}"
    goal.vx = max(-(goal.vx or 0.0), -goal.amounts["backward"]["limit"])
    return "forward" if goal.vx > 0.0 else "backward"
