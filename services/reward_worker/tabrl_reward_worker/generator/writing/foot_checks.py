"""The success checks of what the feet are asked for."""

from __future__ import annotations

import math

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.embodiments.legged.catalogue import Quantity
from tabrl.robots import Robot
from tabrl_reward_worker.generator.goal.goal import Foot, Goal, Hop, Lift
from tabrl_reward_worker.generator.writing.bounds import mean_within
from tabrl_reward_worker.limbs import feet_of

USUAL_STEP = 0.07  # m, of the reference robot: plain walking lifts its feet no higher


def foot_checks(goal: Goal, robot: Robot) -> list[CheckSpec]:
    """The checks of what is asked of single feet, or of all at once."""
    checks = []
    if goal.hop is not None:
        checks += _hops(goal.hop, robot.characteristic_length + (goal.height or 0.0))
    if goal.lift is not None:
        checks += _lifted(goal, goal.lift, robot)
    if goal.limp is not None:
        checks += _limping(goal, goal.limp, robot)
    if goal.rear is not None:
        checks.append(mean_within("nose_up", Quantity.PITCH, None, -0.6 * goal.rear))
        checks += [
            mean_within(
                f"{foot}_up", Quantity.FOOT_HEIGHT, goal.amounts.length(0.08), None, part=foot
            )
            for place, foot in feet_of(robot).items()
            if place[0] == "front"
        ]
    if goal.steps is not None:
        checks += _steps(goal, goal.steps, robot)
    if goal.cadence is not None:
        checks.append(_cadence(goal.cadence, robot))
    if goal.gait in ("pace", "bound"):
        quantity = Quantity.SIDES_APART if goal.gait == "pace" else Quantity.ENDS_APART
        checks.append(mean_within(goal.gait, quantity, 0.35, None))
        checks.append(mean_within("trot", Quantity.DIAGONALS_APART, None, 0.3))
    return checks


def _limping(goal: Goal, foot: Foot, robot: Robot) -> list[CheckSpec]:
    """The foot bears the robot for less of the time than the one beside it, but does touch down."""
    spared, beside = feet_of(robot)[foot], feet_of(robot)[foot.beside]
    return [
        mean_within("spared", Quantity.FOOT_CONTACT, 0.03, 0.42, part=spared),
        mean_within("bearing", Quantity.FOOT_CONTACT, 0.62, None, part=beside),
        CheckSpec(
            id="touches",
            quantity=Quantity.FOOT_AIR_TIME,
            part=spared,
            statistic=Statistic.MAX,
            at_most=goal.amounts.seconds(1.5),
        ),
    ]


def _cadence(hz: float, robot: Robot) -> CheckSpec:
    return CheckSpec(
        id="stride",
        quantity=Quantity.FOOT_HEIGHT,
        part=robot.end_effectors[0],
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
        frequency = Statistic.FREQUENCY
        checks.append(
            CheckSpec(id="hop_beat", quantity=air, statistic=frequency, at_least=low, at_most=high)
        )
    return checks


def _lifted(goal: Goal, lift: Lift, robot: Robot) -> list[CheckSpec]:
    foot = feet_of(robot)[lift.foot]
    up, air = Quantity.FOOT_HEIGHT, Quantity.FEET_IN_AIR
    waving = next((r.amplitude for r in goal.rhythms if r.channel == "paw"), 0.0)
    return [
        mean_within("paw_height", up, 0.6 * lift.height, None, part=foot),
        CheckSpec(
            id="paw_up",
            quantity=up,
            part=foot,
            statistic=Statistic.SHARE_ABOVE,
            threshold=round(0.5 * (lift.height - waving), 3),
            at_least=0.9,
        ),
        mean_within("feet_up", air, None, 1.3),
    ]


def _steps(goal: Goal, height: float, robot: Robot) -> list[CheckSpec]:
    # Feet at rest now and then come up by accident; feet that step come up again and again.
    air = Quantity.FEET_IN_AIR
    hops = CheckSpec(
        id="hops", quantity=air, statistic=Statistic.SHARE_ABOVE, threshold=3.5, at_most=0.05
    )
    checks = [mean_within("stepping", air, 0.8, 2.6), hops]
    if goal.low_steps:
        return [
            *checks,
            *_swings(robot, "low", at_most=round(height + goal.amounts.length(0.013), 3)),
        ]
    if height > goal.amounts.length(USUAL_STEP) or not (goal.moves or goal.yaw):
        checks += _swings(robot, "step", at_least=round(0.75 * height, 3))
    return checks


def _swings(
    robot: Robot, name: str, at_least: float | None = None, at_most: float | None = None
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
        for foot in robot.end_effectors
    ]
