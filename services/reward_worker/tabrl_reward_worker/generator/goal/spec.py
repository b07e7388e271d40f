"""Goals as specifications of motion: what is stored, shown, edited and gone on from."""

from __future__ import annotations

from collections.abc import Iterator

from tabrl.contracts.motion import (
    Constant,
    Duration,
    Hold,
    Importance,
    MotionSpec,
    Phase,
    Reached,
    Sinusoid,
    Target,
    Until,
)
from tabrl.embodiments.legged.askable import Askable
from tabrl.robots import Robot
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.goal import Phase as TimedGoal
from tabrl_reward_worker.limbs import feet_of

LIMP_LOAD = 0.3  # of the time, for the foot that is spared
DIGITS = 6  # beyond them a sum is no longer what was added
FIELDS = {  # of goals, that are held at a value
    Askable.FORWARD_SPEED: "vx",
    Askable.LATERAL_SPEED: "vy",
    Askable.YAW_RATE: "yaw",
    Askable.REARING: "rear",
    Askable.STEP_HEIGHT: "steps",
    Askable.STEP_RATE: "cadence",
}
CHANNELS = {  # of rhythms; each may be held at a value too
    "roll": Askable.ROLL,
    "pitch": Askable.PITCH,
    "height": Askable.HEIGHT,
    "heading": Askable.HEADING,
    "paw": Askable.FOOT_HEIGHT,
}


def spec_of(goal: Goal, robot: Robot) -> MotionSpec:
    """What a goal asks for."""
    if not goal.phases:
        return MotionSpec(phases=(_phase(goal, robot, Hold()),))
    *earlier, last = (_phase(one.goal, robot, _until(one)) for one in goal.phases)
    if not goal.repeat and isinstance(last.until, Duration):
        last = last.model_copy(update={"until": Hold()})
    return MotionSpec(phases=(*earlier, last), repeat=goal.repeat)


def _until(phase: TimedGoal) -> Until:
    """When a phase is over."""
    goal, seconds = phase.goal, round(phase.end - phase.start, 2)
    if goal.turn_by is not None:
        return Reached(quantity=Askable.HEADING, by=goal.turn_by)
    if goal.go_by is not None:
        return Reached(quantity=Askable.WAY, by=goal.go_by)
    return Duration(seconds=seconds)


def _phase(goal: Goal, robot: Robot, until: Until) -> Phase:
    return Phase(targets=tuple(_targets(goal, robot)), gait=goal.gait or None, until=until)


def _targets(goal: Goal, robot: Robot) -> Iterator[Target]:
    """In the order in which a goal's own order counts: its first rhythm leads."""
    for quantity, name in FIELDS.items():
        value = getattr(goal, name)
        if value is not None:
            yield _held(quantity, value)
    swung = {rhythm.channel: rhythm for rhythm in goal.rhythms}
    for rhythm in goal.rhythms:
        yield Target(
            quantity=CHANNELS[rhythm.channel],
            part=_lifted(goal, robot) if rhythm.channel == "paw" else None,
            shape=Sinusoid(
                mean=_level(goal, rhythm.channel), amplitude=rhythm.amplitude, hz=rhythm.hz
            ),
        )
    for channel in ("height", "pitch", "roll"):
        if getattr(goal, channel) is not None and channel not in swung:
            yield _held(CHANNELS[channel], _level(goal, channel))
    if goal.lift is not None and "paw" not in swung:
        yield _held(Askable.FOOT_HEIGHT, goal.lift.height, _lifted(goal, robot))
    if goal.limp is not None:
        yield _held(Askable.FOOT_LOAD, LIMP_LOAD, feet_of(robot)[goal.limp])
    if goal.hop is not None:
        yield _held(Askable.HOP_HEIGHT, goal.hop.height)
        named = Importance.ASKED if goal.hop.hz_named else Importance.STYLE
        yield Target(quantity=Askable.HOP_RATE, shape=Constant(value=goal.hop.hz), importance=named)
    if goal.still:
        yield _held(Askable.PLANAR_SPEED, 0.0)


def _held(quantity: Askable, value: float, part: str | None = None) -> Target:
    return Target(quantity=quantity, part=part, shape=Constant(value=value))


def _lifted(goal: Goal, robot: Robot) -> str | None:
    return None if goal.lift is None else feet_of(robot)[goal.lift.foot]


def _level(goal: Goal, channel: str) -> float:
    """What a channel is held at, or swings about."""
    if channel == "paw":
        return 0.0 if goal.lift is None else goal.lift.height
    if channel == "heading":
        return 0.0
    offset = getattr(goal, channel) or 0.0
    return round(goal.amounts.standing + offset, DIGITS) if channel == "height" else offset
