"""Success checks of the trunk: its height, its tilt, and whatever swings."""

from __future__ import annotations

import math

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.embodiments.legged.askable import Askable
from tabrl.embodiments.legged.catalogue import Quantity
from tabrl_reward_worker.generator.goal.goal import Goal, Swing
from tabrl_reward_worker.generator.goal.plan import Segment
from tabrl_reward_worker.generator.writing.bounds import bounded, mean_beyond


def height(one: Segment) -> list[CheckSpec]:
    """That the trunk is below or above standing."""
    goal, standing = one.goal, one.goal.amounts.standing
    bobs = goal.swing_of(Askable.HEIGHT) is not None
    if not goal.height or (bobs and abs(goal.height) < goal.amounts.length(0.03)):
        return []
    share, miss = 0.55 if goal.height < 0.0 else 0.45, goal.tolerance(Askable.HEIGHT)
    return [mean_beyond("height", Quantity.HEIGHT, goal.height, share, miss, about=standing)]


def tilts(one: Segment) -> list[CheckSpec]:
    """That the trunk is tilted as far as asked."""
    goal = one.goal
    return [
        mean_beyond(str(name), Quantity(name), angle, 0.55, goal.tolerance(name))
        for name, angle in ((Askable.PITCH, goal.pitch), (Askable.ROLL, goal.roll))
        if angle
    ]


def swings(one: Segment) -> list[CheckSpec]:
    """That what swings does so far enough, and in time."""
    return [check for swing in one.goal.swings for check in _swing(one.goal, swing)]


def _swing(goal: Goal, swing: Swing) -> list[CheckSpec]:
    """Its amplitude and its beat; the phase that the beat has is anybody's."""
    quantity, target = Quantity(swing.quantity), goal.find(swing.quantity)
    part, amplitude = target.part if target else None, swing.amplitude
    miss = goal.tolerance(swing.quantity)
    if goal.yaw and swing.quantity is Askable.HEADING:
        quantity, rate = Quantity.YAW_RATE, 2.0 * math.pi * swing.hz
        amplitude, miss = amplitude * rate, None if miss is None else miss * rate
    # Inertia eats amplitude as the frequency rises, and steps add movement of their own.
    share = 0.55 if swing.hz <= 1.2 else 0.45 if swing.hz <= 1.8 else 0.35
    low, high = round(share * amplitude, 4), None
    if miss is not None:
        low, high = round(max(amplitude - miss, 0.0), 4), round(amplitude + miss, 4)
    walking = goal.moves or bool(goal.yaw)
    alike = 0.75 if walking or swing.quantity is Askable.HEADING else 0.85
    return [
        bounded(
            f"{swing.channel}_amplitude", quantity, Statistic.AMPLITUDE, low, high,
            part=part, frequency=swing.hz,
        ),
        bounded(
            f"{swing.channel}_rhythm", quantity, Statistic.RHYTHM, alike,
            part=part, frequency=swing.hz,
        ),
    ]  # fmt: skip
