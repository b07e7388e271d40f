"""Success checks of what the feet are asked for."""

from __future__ import annotations

import math

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.embodiments.legged.askable import Askable
from tabrl.embodiments.legged.catalogue import Quantity
from tabrl_reward_worker.generator.goal.goal import LIMP_LOAD
from tabrl_reward_worker.generator.goal.plan import Segment
from tabrl_reward_worker.generator.writing.check import bounded, mean_beyond, mean_within
from tabrl_reward_worker.limbs import feet_of

_USUAL_STEP = 0.07  # m, of the reference robot: plain walking lifts its feet no higher
_GRAVITY = 9.81  # m/s²
_FLYING = 3.5  # feet in the air: more are all of them
_APART = {"pace": Quantity.SIDES_APART, "bound": Quantity.ENDS_APART}


def flying(at_most: float) -> CheckSpec:
    """That it is hardly ever in the air with all feet."""
    air, share = Quantity.FEET_IN_AIR, Statistic.SHARE_ABOVE
    return bounded("hops", air, share, high=at_most, threshold=_FLYING)


def hops(one: Segment) -> list[CheckSpec]:
    """That it flies for long enough, high enough and as often as the sentence says."""
    hop, goal = one.goal.hop, one.goal
    if hop is None:
        return []
    share = math.sqrt(8.0 * hop.height / _GRAVITY) * hop.hz  # of the time, in free flight
    air, standing = Quantity.FEET_IN_AIR, goal.amounts.standing + (goal.height or 0.0)
    low, high, miss = 0.5 * hop.height, None, goal.tolerance(Askable.HOP_HEIGHT)
    if miss is not None:
        low, high = hop.height - miss, round(standing + hop.height + miss, 3)
    checks = [
        bounded("flight", air, Statistic.SHARE_ABOVE, round(0.35 * share, 3), threshold=_FLYING),
        bounded("hop_height", Quantity.HEIGHT, Statistic.MAX, round(standing + low, 3), high),
    ]
    if hop.named:
        checks.append(_often(one, "hop_beat", air, hop.hz, Askable.HOP_RATE))
    return checks


def _often(
    one: Segment, name: str, quantity: Quantity, hz: float, asked: Askable, part: str | None = None
) -> CheckSpec:
    miss = one.goal.tolerance(asked)
    low, high = (0.85 * hz, 1.15 * hz) if miss is None else (hz - miss, hz + miss)
    often = Statistic.FREQUENCY
    return bounded(name, quantity, often, round(low, 2), round(high, 2), part=part)


def reared(one: Segment) -> list[CheckSpec]:
    """That its nose is up, and both front feet."""
    goal, angle = one.goal, one.goal.rear
    if angle is None:
        return []
    miss, high = goal.tolerance(Askable.REARING), goal.amounts.length(0.08)
    return [
        mean_beyond("nose_up", Quantity.PITCH, -angle, 0.6, miss),
        *(
            mean_within(f"{foot}_up", Quantity.FOOT_HEIGHT, high, None, part=foot)
            for place, foot in feet_of(goal.amounts.robot).items()
            if place[0] == "front"
        ),
    ]


def held_foot(one: Segment) -> list[CheckSpec]:
    """That a foot is held up for nearly all of the time, and no other one."""
    foot, swing = one.goal.find(Askable.FOOT_HEIGHT), one.goal.swings.get("paw")
    if foot is None:
        return []
    high, up, waving = one.goal.lift or 0.0, Quantity.FOOT_HEIGHT, swing.amplitude if swing else 0.0
    half, miss = round(0.5 * (high - waving), 3), None if swing else foot.tolerance
    return [
        mean_beyond("paw_height", up, high, 0.6, miss, part=foot.part),
        bounded("paw_up", up, Statistic.SHARE_ABOVE, 0.9, part=foot.part, threshold=half),
        mean_within("feet_up", Quantity.FEET_IN_AIR, None, 1.3),
    ]


def spared_foot(one: Segment) -> list[CheckSpec]:
    """The foot bears the robot for less of the time than the one beside it, but does touch down."""
    foot, robot = one.goal.foot(Askable.FOOT_LOAD), one.goal.amounts.robot
    if foot is None:
        return []
    spared, beside = feet_of(robot)[foot], feet_of(robot)[foot.beside]
    longest, air = one.goal.amounts.seconds(1.5), Quantity.FOOT_AIR_TIME
    miss = one.goal.tolerance(Askable.FOOT_LOAD)
    low, high = (0.03, 0.42) if miss is None else (LIMP_LOAD - miss, LIMP_LOAD + miss)
    return [
        mean_within("spared", Quantity.FOOT_CONTACT, low, high, part=spared),
        mean_within("bearing", Quantity.FOOT_CONTACT, 0.62, None, part=beside),
        bounded("touches", air, Statistic.MAX, high=longest, part=spared),
    ]


def steps(one: Segment) -> list[CheckSpec]:
    """That the feet come up in turn, as high as asked or no higher."""
    goal, high = one.goal, one.goal.steps
    if high is None:
        return []
    # Feet at rest now and then come up by accident; feet that step come up again and again.
    checks = [mean_within("stepping", Quantity.FEET_IN_AIR, 0.8, 2.6), flying(0.05)]
    miss = goal.tolerance(Askable.STEP_HEIGHT)
    if goal.low_steps:
        most = round(high + (miss or goal.amounts.length(0.013)), 3)
        return [*checks, *_swung(one, "low", None, most)]
    if miss is not None:
        return [*checks, *_swung(one, "step", round(high - miss, 3), round(high + miss, 3))]
    if high > goal.amounts.length(_USUAL_STEP) or not (goal.moves or goal.yaw):
        checks += _swung(one, "step", round(0.75 * high, 3), None)
    return checks


def _swung(one: Segment, name: str, low: float | None, high: float | None) -> list[CheckSpec]:
    """How high each foot comes at most, m."""
    return [
        bounded(f"{foot}_{name}", Quantity.FOOT_HEIGHT, Statistic.MAX, low, high, part=foot)
        for foot in one.goal.amounts.robot.end_effectors
    ]


def gait(one: Segment) -> list[CheckSpec]:
    """That the feet step as often as asked, and in the pairs that were asked for."""
    goal, hz, checks = one.goal, one.goal.cadence, list[CheckSpec]()
    if hz is not None:
        foot = goal.amounts.robot.end_effectors[0]
        checks.append(_often(one, "stride", Quantity.FOOT_HEIGHT, hz, Askable.STEP_RATE, part=foot))
    if goal.paired:
        checks.append(mean_within(goal.gait, _APART[goal.gait], 0.35, None))
        checks.append(mean_within("trot", Quantity.DIAGONALS_APART, None, 0.3))
    return checks
