"""Success checks of the trunk: speeds, turning and place; height and tilt; whatever swings."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.embodiments.legged.askable import Askable
from tabrl.embodiments.legged.catalogue import Quantity
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.plan import Segment
from tabrl_reward_worker.generator.goal.targets import CHANNELS, Swing
from tabrl_reward_worker.generator.writing.check import (
    bounded,
    mean_around,
    mean_beyond,
    mean_within,
)


@dataclass(frozen=True)
class SpeedCheck:
    """That a speed of whoever moves is near its target."""

    name: str
    asked: Askable
    measured: Quantity

    def __call__(self, one: Segment) -> list[CheckSpec]:
        own, target = one.goal.amounts, one.goal.held(self.asked)
        miss = one.goal.tolerance(self.asked)
        if not one.goal.moves:
            return []
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
    own, hops, begin = one.goal.amounts, one.goal.hop is not None, one.begin
    if one.goal.moves:
        return []
    if not one.displaced:
        room = own.length(0.9 if hops else 0.6)
        return [bounded("drift", Quantity.DRIFT, Statistic.MAX, high=room)]
    if begin is not None and begin.at is not None:
        far = math.hypot(*begin.at)
        return [mean_around("place", Quantity.DRIFT, far, max(own.length(0.25), 0.1 * far))]
    room = own.speed(0.3 if hops else 0.2)
    return [mean_within("speed_drift", Quantity.PLANAR_SPEED, None, room)]


def heading(one: Segment) -> list[CheckSpec]:
    """That it turns as asked, or keeps its heading."""
    goal, yaw, swing = one.goal, one.goal.yaw, one.goal.swings.get("heading")
    if yaw:
        # The fastest spins are reached in part within a minute: ask for less than is rewarded.
        low = min(0.6 * abs(yaw), max(goal.amounts.rate(1.0), 0.5 * abs(yaw)))
        high, miss = 1.5 * abs(yaw), goal.tolerance(Askable.YAW_RATE)
        if miss is not None:
            low, high = abs(yaw) - miss, abs(yaw) + miss
        bounds = (low, high) if yaw > 0 else (-high, -low)
        return [mean_within("turning", Quantity.YAW_RATE, *bounds)]
    reach = swing.amplitude if swing else 0.0
    if one.turned and one.begin is not None and one.begin.heading is not None:
        return [mean_around("facing", Quantity.HEADING, one.begin.heading, 0.2 + reach)]
    room = round(0.5 + 2.0 * reach, 2)
    return [bounded("heading_drift", Quantity.HEADING, Statistic.CHANGE, -room, room)]


def stillness(one: Segment) -> list[CheckSpec]:
    """That who is to stand stands, with nothing else asked for."""
    goal = one.goal
    moves = goal.moves or goal.yaw or goal.swings or goal.pitch or goal.roll or goal.feet
    if not goal.still or moves:
        return []
    room = goal.tolerance(Askable.PLANAR_SPEED) or goal.amounts.speed(0.1)
    return [
        mean_within("speed", Quantity.PLANAR_SPEED, None, room),
        mean_within("restlessness", Quantity.JOINT_SPEED, None, 0.6),
    ]


def height(one: Segment) -> list[CheckSpec]:
    """That the trunk is below or above standing."""
    goal, own, offset = one.goal, one.goal.amounts, one.goal.height
    if not offset or ("height" in goal.swings and abs(offset) < own.length(0.03)):
        return []
    share, miss = 0.55 if offset < 0.0 else 0.45, goal.tolerance(Askable.HEIGHT)
    return [mean_beyond("height", Quantity.HEIGHT, offset, share, miss, about=own.standing)]


def tilts(one: Segment) -> list[CheckSpec]:
    """That the trunk is tilted as far as asked."""
    return [
        mean_beyond(str(name), Quantity(name), angle, 0.55, one.goal.tolerance(name))
        for name, angle in ((Askable.PITCH, one.goal.pitch), (Askable.ROLL, one.goal.roll))
        if angle
    ]


def swings(one: Segment) -> list[CheckSpec]:
    """That what swings does so far enough, and in time."""
    each = (_swing(one.goal, channel, swing) for channel, swing in one.goal.swings.items())
    return [check for checks in each for check in checks]


def _swing(goal: Goal, channel: str, swing: Swing) -> list[CheckSpec]:
    """Its amplitude and its beat; the phase that the beat has is anybody's."""
    quantity, target = Quantity(CHANNELS[channel]), goal.find(CHANNELS[channel])
    part, miss = (target.part, target.tolerance) if target else (None, None)
    amplitude, hz = swing.amplitude, swing.hz
    if goal.yaw and channel == "heading":
        quantity, rate = Quantity.YAW_RATE, 2.0 * math.pi * hz
        amplitude, miss = amplitude * rate, None if miss is None else miss * rate
    # Inertia eats amplitude as the frequency rises, and steps add movement of their own.
    share = 0.55 if hz <= 1.2 else 0.45 if hz <= 1.8 else 0.35
    low, high = round(share * amplitude, 4), None
    if miss is not None:
        low, high = round(max(amplitude - miss, 0.0), 4), round(amplitude + miss, 4)
    walking = goal.moves or bool(goal.yaw)
    alike = 0.75 if walking or channel == "heading" else 0.85
    far, often = Statistic.AMPLITUDE, Statistic.RHYTHM
    return [
        bounded(f"{channel}_amplitude", quantity, far, low, high, part=part, frequency=hz),
        bounded(f"{channel}_rhythm", quantity, often, alike, part=part, frequency=hz),
    ]
