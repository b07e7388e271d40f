"""The success checks of a goal: bounds a person would set, with room for an honest miss."""

from __future__ import annotations

import math

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.embodiments.legged.catalogue import Quantity
from tabrl.robots import Robot
from tabrl_reward_worker.generator.goal.goal import Goal, Rhythm
from tabrl_reward_worker.generator.goal.phases import ORDINALS
from tabrl_reward_worker.generator.writing.bounds import mean_around, mean_within
from tabrl_reward_worker.generator.writing.foot_checks import foot_checks
from tabrl_reward_worker.limbs import feet_of

MAX_CHECKS = 16  # more is more than a person reads
SETTLING_S = 0.8  # that a change from one phase to the next may take


def checks_of(goal: Goal, robot: Robot) -> tuple[CheckSpec, ...]:
    """All checks of a goal; the last one is that it does not fall."""
    asked = _in_turn(goal, robot) if goal.phases else _at_once(goal, robot)
    return (
        *asked,
        CheckSpec(
            id="falls",
            quantity=Quantity.FALLEN,
            statistic=Statistic.ANY,
            start_s=0.0,
            end_s=10.0,
            at_most=0.02,
        ),
    )


def _at_once(goal: Goal, robot: Robot) -> list[CheckSpec]:
    return [
        *_speeds(goal),
        *_turning(goal),
        *_height(goal, robot.characteristic_length),
        *_posture(goal),
        *foot_checks(goal, robot),
        *(check for rhythm in goal.rhythms for check in _rhythm(goal, rhythm, robot)),
        *_stillness(goal),
    ]


def _in_turn(goal: Goal, robot: Robot) -> list[CheckSpec]:
    """The checks of each phase within its time, when it has settled; what all share, at all times.

    With many, those of what should not happen beside it go first.
    """
    goals = [phase.goal for phase in goal.phases]
    phases = [
        [
            *_at_once(item, robot),
            *_standing_again(item, goals, robot.characteristic_length),
            *_on_foot(item, goals),
        ]
        for item in goals
    ]
    shared = [check for check in phases[0] if all(check in checks for checks in phases)]
    separate = [
        check.model_copy(
            update={
                "id": f"{ordinal}_{check.id}",
                "start_s": round(phase.start + SETTLING_S, 2),
                "end_s": phase.end,
            }
        )
        for ordinal, phase, checks in zip(ORDINALS, goal.phases, phases, strict=False)
        for check in checks
        if check not in shared
    ]
    beside = [check for check in separate if check.id.endswith("_drift")]
    room = MAX_CHECKS - 1 - len(shared)
    left_out = beside[: max(0, len(separate) - room)]
    return [*[check for check in separate if check not in left_out][:room], *shared]


def _standing_again(goal: Goal, goals: list[Goal], standing: float) -> list[CheckSpec]:
    """That a phase of standing has nothing of the other phases: who crouches on fails it."""
    if not goal.still:
        return []
    checks = []
    offset = max((abs(other.height or 0.0) for other in goals), default=0.0)
    if offset:
        checks.append(
            mean_around(
                "height", Quantity.HEIGHT, standing, max(goal.amounts.length(0.015), 0.5 * offset)
            )
        )
    for name, quantity, angles in (
        ("pitch", Quantity.PITCH, [other.pitch for other in goals]),
        ("roll", Quantity.ROLL, [other.roll for other in goals]),
    ):
        angle = max((abs(item or 0.0) for item in angles), default=0.0)
        if angle:
            checks.append(mean_around(name, quantity, 0.0, 0.5 * angle))
    swings = {
        item.channel: item for other in goals for item in other.rhythms if item.channel != "paw"
    }
    checks += [
        CheckSpec(
            id=f"{swing.channel}_rest",
            quantity=Quantity(swing.channel),
            statistic=Statistic.AMPLITUDE,
            frequency=swing.hz,
            at_most=round(0.3 * swing.amplitude, 4),
        )
        for swing in swings.values()
    ]
    if any(other.feet for other in goals):
        checks.append(mean_within("feet_up", Quantity.FEET_IN_AIR, None, 0.5))
    return checks


def _on_foot(goal: Goal, goals: list[Goal]) -> list[CheckSpec]:
    """That a phase of walking or turning is not hopped like another one.

    Fast walking and bounding fly a little by themselves.
    """
    slow = abs(goal.vx or 0.0) < goal.amounts.speed(0.8) and goal.gait != "bound"
    hopped = goal.hop is None and goal.steps is None and any(other.hop for other in goals)
    if not (hopped and slow and (goal.moves or goal.yaw)):
        return []
    air, above = Quantity.FEET_IN_AIR, Statistic.SHARE_ABOVE
    return [CheckSpec(id="hops", quantity=air, statistic=above, threshold=3.5, at_most=0.1)]


def _speeds(goal: Goal) -> list[CheckSpec]:
    own = goal.amounts
    if not goal.moves and goal.displaced and goal.begin is not None and goal.begin.at is not None:
        far = math.hypot(*goal.begin.at)
        return [mean_around("place", Quantity.DRIFT, far, max(own.length(0.25), 0.1 * far))]
    if not goal.moves and goal.displaced:
        room = own.speed(0.2 if goal.hop is None else 0.3)
        return [mean_within("speed_drift", Quantity.PLANAR_SPEED, None, room)]
    if not goal.moves:
        drift, room = Quantity.DRIFT, own.length(0.6 if goal.hop is None else 0.9)
        return [CheckSpec(id="drift", quantity=drift, statistic=Statistic.MAX, at_most=room)]
    checks = []
    for name, quantity, target in (
        ("forward", Quantity.FORWARD_SPEED, goal.vx),
        ("sideways", Quantity.LATERAL_SPEED, goal.vy),
    ):
        if target:
            fast = abs(target) / own.scale.speed
            share = 0.3 if fast > 1.2 else 0.35 if fast > 0.7 else 0.4
            room = max(own.speed(0.08), share * abs(target))
            checks.append(mean_around(name, quantity, target, room))
        else:
            checks.append(mean_around(f"{name}_drift", quantity, 0.0, own.speed(0.15)))
    return checks


def _turning(goal: Goal) -> list[CheckSpec]:
    if goal.yaw:
        # The fastest spins are reached in part within a minute: ask for less than is rewarded.
        low = min(0.6 * abs(goal.yaw), max(goal.amounts.rate(1.0), 0.5 * abs(goal.yaw)))
        high = 1.5 * abs(goal.yaw)
        bounds = (low, high) if goal.yaw > 0 else (-high, -low)
        return [mean_within("turning", Quantity.YAW_RATE, *bounds)]
    swing = next((r.amplitude for r in goal.rhythms if r.channel == "heading"), 0.0)
    if goal.turned and goal.begin is not None and goal.begin.heading is not None:
        return [mean_around("facing", Quantity.HEADING, goal.begin.heading, 0.2 + swing)]
    bound = round(0.5 + 2.0 * swing, 2)
    return [
        CheckSpec(
            id="heading_drift",
            quantity=Quantity.HEADING,
            statistic=Statistic.CHANGE,
            at_least=-bound,
            at_most=bound,
        )
    ]


def _height(goal: Goal, standing: float) -> list[CheckSpec]:
    bobs = any(rhythm.channel == "height" for rhythm in goal.rhythms)
    if not goal.height or (bobs and abs(goal.height) < goal.amounts.length(0.03)):
        return []
    if goal.height < 0:
        high = standing + 0.55 * goal.height
        return [mean_within("height", Quantity.HEIGHT, None, high)]
    return [mean_within("height", Quantity.HEIGHT, standing + 0.45 * goal.height, None)]


def _posture(goal: Goal) -> list[CheckSpec]:
    checks = []
    for name, quantity, target in (
        ("pitch", Quantity.PITCH, goal.pitch),
        ("roll", Quantity.ROLL, goal.roll),
    ):
        if target:
            bound = 0.55 * target
            low, high = (bound, None) if target > 0 else (None, bound)
            checks.append(mean_within(name, quantity, low, high))
    return checks


def _rhythm(goal: Goal, rhythm: Rhythm, robot: Robot) -> list[CheckSpec]:
    amplitude, name, part = rhythm.amplitude, rhythm.channel, None
    if goal.lift is not None and rhythm.channel == "paw":
        quantity, part = Quantity.FOOT_HEIGHT, feet_of(robot)[goal.lift.foot]
    else:
        quantity = Quantity(rhythm.channel)
    if goal.yaw and rhythm.channel == "heading":
        quantity, amplitude = Quantity.YAW_RATE, rhythm.amplitude * 6.2832 * rhythm.hz
    # Inertia eats amplitude as the frequency rises, and steps add movement of their own.
    share = 0.55 if rhythm.hz <= 1.2 else 0.45 if rhythm.hz <= 1.8 else 0.35
    walking = goal.moves or bool(goal.yaw)
    correlation = 0.75 if walking or rhythm.channel == "heading" else 0.85
    return [
        CheckSpec(
            id=f"{name}_amplitude",
            quantity=quantity,
            part=part,
            statistic=Statistic.AMPLITUDE,
            frequency=rhythm.hz,
            at_least=round(share * amplitude, 4),
        ),
        CheckSpec(
            id=f"{name}_rhythm",
            quantity=quantity,
            part=part,
            statistic=Statistic.RHYTHM,
            frequency=rhythm.hz,
            at_least=correlation,
        ),
    ]


def _stillness(goal: Goal) -> list[CheckSpec]:
    if not goal.still or goal.moves or goal.yaw or goal.rhythms or goal.pitch or goal.roll:
        return []
    if goal.feet:
        return []
    return [
        mean_within("speed", Quantity.PLANAR_SPEED, None, goal.amounts.speed(0.1)),
        mean_within("restlessness", Quantity.JOINT_SPEED, None, 0.6),
    ]
