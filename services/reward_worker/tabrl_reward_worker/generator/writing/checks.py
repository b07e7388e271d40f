"""The success checks of a goal: bounds a person would set, with room for an honest miss."""

from __future__ import annotations

import math

from tabrl.contracts.checks import CheckSpec, Quantity, Statistic
from tabrl_reward_worker.generator.goal.goal import LOW_STEPS, Goal, Hop, Lift, Rhythm
from tabrl_reward_worker.generator.goal.phases import ORDINALS
from tabrl_reward_worker.generator.writing.terms import FEET

MAX_CHECKS = 16  # more is more than a person reads
SETTLING_S = 0.8  # that a change from one phase to the next may take
USUAL_STEP = 0.07  # m: plain walking lifts its feet no higher


def checks_of(goal: Goal, standing: float) -> tuple[CheckSpec, ...]:
    """All checks of a goal; `standing` in m. The last one is that it does not fall."""
    asked = _in_turn(goal, standing) if goal.phases else _at_once(goal, standing)
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


def _at_once(goal: Goal, standing: float) -> list[CheckSpec]:
    return [
        *_speeds(goal),
        *_turning(goal),
        *_height(goal, standing),
        *_posture(goal),
        *_feet(goal, standing),
        *(check for rhythm in goal.rhythms for check in _rhythm(goal, rhythm)),
        *_stillness(goal),
    ]


def _in_turn(goal: Goal, standing: float) -> list[CheckSpec]:
    """The checks of each phase within its time, when it has settled; what all share, at all times.

    With many, those of what should not happen beside it go first.
    """
    goals = [phase.goal for phase in goal.phases]
    phases = [
        [*_at_once(item, standing), *_standing_again(item, goals, standing), *_on_foot(item, goals)]
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
    most = MAX_CHECKS - 1 - len(shared)
    dropped = beside[: max(0, len(separate) - most)]
    return [*[check for check in separate if check not in dropped][:most], *shared]


def _standing_again(goal: Goal, goals: list[Goal], standing: float) -> list[CheckSpec]:
    """That a phase of standing has nothing of the other phases: who crouches on fails it."""
    if not goal.still:
        return []
    checks = []
    offset = max((abs(other.height or 0.0) for other in goals), default=0.0)
    if offset:
        checks.append(_around("height", Quantity.HEIGHT, standing, max(0.015, 0.5 * offset)))
    for name, quantity, angles in (
        ("pitch", Quantity.PITCH, [other.pitch for other in goals]),
        ("roll", Quantity.ROLL, [other.roll for other in goals]),
    ):
        angle = max((abs(item or 0.0) for item in angles), default=0.0)
        if angle:
            checks.append(_around(name, quantity, 0.0, 0.5 * angle))
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
        checks.append(_mean("feet_up", Quantity.FEET_IN_AIR, None, 0.5))
    return checks


def _on_foot(goal: Goal, goals: list[Goal]) -> list[CheckSpec]:
    """That a phase of walking or turning is not hopped like another one.

    Fast walking and bounding fly a little by themselves.
    """
    slow = abs(goal.vx or 0.0) < 0.8 and goal.gait != "bound"
    hopped = goal.hop is None and goal.steps is None and any(other.hop for other in goals)
    if not (hopped and slow and (goal.moves or goal.yaw)):
        return []
    air, above = Quantity.FEET_IN_AIR, Statistic.SHARE_ABOVE
    return [CheckSpec(id="hops", quantity=air, statistic=above, threshold=3.5, at_most=0.1)]


def _mean(
    name: str, quantity: Quantity, low: float | None, high: float | None, part: str | None = None
) -> CheckSpec:
    return CheckSpec(
        id=name,
        quantity=quantity,
        statistic=Statistic.MEAN,
        part=part,
        at_least=None if low is None else round(low, 3),
        at_most=None if high is None else round(high, 3),
    )


def _around(name: str, quantity: Quantity, target: float, miss: float) -> CheckSpec:
    return _mean(name, quantity, target - miss, target + miss)


def _speeds(goal: Goal) -> list[CheckSpec]:
    if not goal.moves and goal.displaced:
        room = 0.2 if goal.hop is None else 0.3
        return [_mean("speed_drift", Quantity.PLANAR_SPEED, None, room)]
    if not goal.moves:
        drift, room = Quantity.DRIFT, 0.6 if goal.hop is None else 0.9
        return [CheckSpec(id="drift", quantity=drift, statistic=Statistic.MAX, at_most=room)]
    checks = []
    for name, quantity, target in (
        ("forward", Quantity.FORWARD_SPEED, goal.vx),
        ("sideways", Quantity.LATERAL_SPEED, goal.vy),
    ):
        if target:
            share = 0.3 if abs(target) > 1.2 else 0.35 if abs(target) > 0.7 else 0.4
            checks.append(_around(name, quantity, target, max(0.08, share * abs(target))))
        else:
            checks.append(_around(f"{name}_drift", quantity, 0.0, 0.15))
    return checks


def _turning(goal: Goal) -> list[CheckSpec]:
    if goal.yaw:
        # The fastest spins are reached in part within a minute: ask for less than is rewarded.
        low = min(0.6 * abs(goal.yaw), max(1.0, 0.5 * abs(goal.yaw)))
        high = 1.5 * abs(goal.yaw)
        bounds = (low, high) if goal.yaw > 0 else (-high, -low)
        return [_mean("turning", Quantity.YAW_RATE, *bounds)]
    swing = next((r.amplitude for r in goal.rhythms if r.channel == "heading"), 0.0)
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
    if not goal.height or (bobs and abs(goal.height) < 0.03):
        return []
    if goal.height < 0:
        high = standing + 0.55 * goal.height
        return [_mean("height", Quantity.HEIGHT, None, high)]
    return [_mean("height", Quantity.HEIGHT, standing + 0.45 * goal.height, None)]


def _posture(goal: Goal) -> list[CheckSpec]:
    checks = []
    for name, quantity, target in (
        ("pitch", Quantity.PITCH, goal.pitch),
        ("roll", Quantity.ROLL, goal.roll),
    ):
        if target:
            bound = 0.55 * target
            low, high = (bound, None) if target > 0 else (None, bound)
            checks.append(_mean(name, quantity, low, high))
    return checks


def _feet(goal: Goal, standing: float) -> list[CheckSpec]:
    checks = []
    if goal.hop is not None:
        checks += _hops(goal.hop, standing + (goal.height or 0.0))
    if goal.lift is not None:
        checks += _lifted(goal, goal.lift)
    if goal.limp is not None:
        checks += _limping(goal.limp)
    if goal.rear is not None:
        checks.append(_mean("nose_up", Quantity.PITCH, None, -0.6 * goal.rear))
        checks += [
            _mean(f"{foot}_up", Quantity.FOOT_HEIGHT, 0.08, None, part=foot)
            for foot in ("FR", "FL")
        ]
    if goal.steps is not None:
        checks += _steps(goal, goal.steps)
    if goal.cadence is not None:
        checks.append(_cadence(goal.cadence))
    if goal.gait in ("pace", "bound"):
        quantity = Quantity.SIDES_APART if goal.gait == "pace" else Quantity.ENDS_APART
        checks.append(_mean(goal.gait, quantity, 0.35, None))
        checks.append(_mean("trot", Quantity.DIAGONALS_APART, None, 0.3))
    return checks


def _limping(foot: str) -> list[CheckSpec]:
    """The foot bears the robot for less of the time than the one beside it, but does touch down."""
    beside = FEET[FEET.index(foot) ^ 1]
    return [
        _mean("spared", Quantity.FOOT_CONTACT, 0.03, 0.42, part=foot),
        _mean("bearing", Quantity.FOOT_CONTACT, 0.62, None, part=beside),
        CheckSpec(
            id="touches",
            quantity=Quantity.FOOT_AIR_TIME,
            part=foot,
            statistic=Statistic.MAX,
            at_most=1.5,
        ),
    ]


def _cadence(hz: float) -> CheckSpec:
    return CheckSpec(
        id="stride",
        quantity=Quantity.FOOT_HEIGHT,
        part="FR",
        statistic=Statistic.FREQUENCY,
        at_least=round(0.85 * hz, 2),
        at_most=round(1.15 * hz, 2),
    )


def _hops(hop: Hop, standing: float) -> list[CheckSpec]:
    share = math.sqrt(8.0 * hop.height / 9.81) * hop.hz  # of the time, in free flight
    air = Quantity.FEET_IN_AIR
    checks = [
        CheckSpec(
            id="flight",
            quantity=air,
            statistic=Statistic.SHARE_ABOVE,
            threshold=3.5,
            at_least=round(0.35 * share, 3),
        ),
        CheckSpec(
            id="hop_height",
            quantity=Quantity.HEIGHT,
            statistic=Statistic.MAX,
            at_least=round(standing + 0.5 * hop.height, 3),
        ),
    ]
    if hop.hz_named:
        low, high = round(0.85 * hop.hz, 2), round(1.15 * hop.hz, 2)
        beat = Statistic.FREQUENCY
        checks.append(
            CheckSpec(id="hop_beat", quantity=air, statistic=beat, at_least=low, at_most=high)
        )
    return checks


def _lifted(goal: Goal, lift: Lift) -> list[CheckSpec]:
    up, air = Quantity.FOOT_HEIGHT, Quantity.FEET_IN_AIR
    waving = next((r.amplitude for r in goal.rhythms if r.channel == "paw"), 0.0)
    return [
        _mean("paw_height", up, 0.6 * lift.height, None, part=lift.foot),
        CheckSpec(
            id="paw_up",
            quantity=up,
            part=lift.foot,
            statistic=Statistic.SHARE_ABOVE,
            threshold=round(0.5 * (lift.height - waving), 3),
            at_least=0.9,
        ),
        _mean("feet_up", air, None, 1.3),
    ]


def _steps(goal: Goal, height: float) -> list[CheckSpec]:
    # Feet at rest now and then come up by accident; feet that step come up again and again.
    air = Quantity.FEET_IN_AIR
    hops = CheckSpec(
        id="hops", quantity=air, statistic=Statistic.SHARE_ABOVE, threshold=3.5, at_most=0.05
    )
    checks = [_mean("stepping", air, 0.8, 2.6), hops]
    if height <= LOW_STEPS:
        return [*checks, *_swings("low", at_most=round(height + 0.013, 3))]
    if height > USUAL_STEP or not (goal.moves or goal.yaw):
        checks += _swings("step", at_least=round(0.75 * height, 3))
    return checks


def _swings(
    name: str, at_least: float | None = None, at_most: float | None = None
) -> list[CheckSpec]:
    """How high each foot comes at most, m."""
    return [
        CheckSpec(
            id=f"{foot}_{name}",
            quantity=Quantity.FOOT_HEIGHT,
            part=foot,
            statistic=Statistic.MAX,
            at_least=at_least,
            at_most=at_most,
        )
        for foot in FEET
    ]


def _rhythm(goal: Goal, rhythm: Rhythm) -> list[CheckSpec]:
    amplitude, name, part = rhythm.amplitude, rhythm.channel, None
    if goal.lift is not None and rhythm.channel == "paw":
        quantity, part = Quantity.FOOT_HEIGHT, goal.lift.foot
    else:
        quantity = Quantity(rhythm.channel)
    if goal.yaw and rhythm.channel == "heading":
        quantity, amplitude = Quantity.YAW_RATE, rhythm.amplitude * 6.2832 * rhythm.hz
    # Inertia eats amplitude as the beat gets faster, and steps add movement of their own.
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
        _mean("speed", Quantity.PLANAR_SPEED, None, 0.1),
        _mean("restlessness", Quantity.JOINT_SPEED, None, 0.6),
    ]
