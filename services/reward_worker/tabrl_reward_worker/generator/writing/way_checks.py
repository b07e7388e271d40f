"""Success checks of the way: speeds, turning, and the place that is kept."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.embodiments.legged.askable import Askable
from tabrl.embodiments.legged.catalogue import Quantity
from tabrl_reward_worker.generator.goal.plan import Segment
from tabrl_reward_worker.generator.writing.bounds import bounded, mean_around, mean_within


@dataclass(frozen=True)
class SpeedCheck:
    """That a speed of whoever moves is near its target."""

    name: str
    asked: Askable
    measured: Quantity

    def __call__(self, one: Segment) -> list[CheckSpec]:
        own, target = one.goal.amounts, one.goal.held(self.asked)
        if not one.goal.moves:
            return []
        miss = one.goal.tolerance(self.asked)
        if not target:
            room = miss or own.speed(0.15)
            return [mean_around(f"{self.name}_drift", self.measured, 0.0, room)]
        fast = abs(target) / own.scale.speed
        share = 0.3 if fast > 1.2 else 0.35 if fast > 0.7 else 0.4
        room = miss or max(own.speed(0.08), share * abs(target))
        return [mean_around(self.name, self.measured, target, room)]


FORWARD = SpeedCheck("forward", Askable.FORWARD_SPEED, Quantity.FORWARD_SPEED)
SIDEWAYS = SpeedCheck("sideways", Askable.LATERAL_SPEED, Quantity.LATERAL_SPEED)


def place(one: Segment) -> list[CheckSpec]:
    """That who does not move stays where it is, or where it arrived."""
    goal, own, begin = one.goal, one.goal.amounts, one.begin
    if goal.moves:
        return []
    if not one.displaced:
        room = own.length(0.6 if goal.hop is None else 0.9)
        return [bounded("drift", Quantity.DRIFT, Statistic.MAX, high=room)]
    if begin is not None and begin.at is not None:
        far = math.hypot(*begin.at)
        return [mean_around("place", Quantity.DRIFT, far, max(own.length(0.25), 0.1 * far))]
    room = own.speed(0.2 if goal.hop is None else 0.3)
    return [mean_within("speed_drift", Quantity.PLANAR_SPEED, None, room)]


def heading(one: Segment) -> list[CheckSpec]:
    """That it turns as asked, or keeps its heading."""
    goal, yaw = one.goal, one.goal.yaw
    if yaw:
        # The fastest spins are reached in part within a minute: ask for less than is rewarded.
        low = min(0.6 * abs(yaw), max(goal.amounts.rate(1.0), 0.5 * abs(yaw)))
        high, miss = 1.5 * abs(yaw), goal.tolerance(Askable.YAW_RATE)
        if miss is not None:
            low, high = abs(yaw) - miss, abs(yaw) + miss
        bounds = (low, high) if yaw > 0 else (-high, -low)
        return [mean_within("turning", Quantity.YAW_RATE, *bounds)]
    swing = goal.swing_of(Askable.HEADING)
    reach = swing.amplitude if swing else 0.0
    if one.turned and one.begin is not None and one.begin.heading is not None:
        return [mean_around("facing", Quantity.HEADING, one.begin.heading, 0.2 + reach)]
    room = round(0.5 + 2.0 * reach, 2)
    return [bounded("heading_drift", Quantity.HEADING, Statistic.CHANGE, -room, room)]


def stillness(one: Segment) -> list[CheckSpec]:
    """That who is to stand stands, with nothing else asked for."""
    goal = one.goal
    if not goal.still or goal.moves or goal.yaw or goal.swings or goal.pitch or goal.roll:
        return []
    if goal.feet:
        return []
    room = goal.tolerance(Askable.PLANAR_SPEED) or goal.amounts.speed(0.1)
    return [
        mean_within("speed", Quantity.PLANAR_SPEED, None, room),
        mean_within("restlessness", Quantity.JOINT_SPEED, None, 0.6),
    ]
