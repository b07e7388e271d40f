"""Specifications of motion as goals: the other way round than `spec`."""

from __future__ import annotations

from dataclasses import replace

from tabrl.contracts.motion import (
    Constant,
    Duration,
    Extreme,
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
from tabrl_reward_worker.generator.goal.abilities import Amounts
from tabrl_reward_worker.generator.goal.goal import Foot, Goal, Hop, Lift, Rhythm
from tabrl_reward_worker.generator.goal.phases import rest_of, timed
from tabrl_reward_worker.generator.goal.spec import CHANNELS, DIGITS, FIELDS
from tabrl_reward_worker.limbs import feet_of

_NAMES = {quantity: channel for channel, quantity in CHANNELS.items()}
_LIMITS = {  # the tables whose limit is as much as the robot does
    Askable.FORWARD_SPEED: ("forward", "backward"),
    Askable.LATERAL_SPEED: ("sideways", "sideways"),
    Askable.YAW_RATE: ("turn", "turn"),
    Askable.STEP_HEIGHT: ("steps", "steps"),
    Askable.HOP_HEIGHT: ("hop", "hop"),
}


def goal_of(spec: MotionSpec, robot: Robot) -> Goal:
    """The goal that asks for what a specification says, which fits the robot (see `fault_of`)."""
    amounts = Amounts.of(robot)
    if len(spec.phases) == 1:
        return _PhaseReader(spec.phases[0], robot, amounts).goal
    goals, seconds = list[Goal](), list[float]()
    for phase in spec.phases:
        goals.append(_PhaseReader(phase, robot, amounts).goal)
        seconds.append(_seconds(phase.until, goals[-1], seconds))
    return Goal(amounts, phases=timed(goals, seconds, spec.repeat), repeat=spec.repeat)


def _seconds(until: Until, goal: Goal, before: list[float]) -> float:
    """How long a phase lasts after others of so many s; one that ends by quantity is told so."""
    if isinstance(until, Duration):
        return until.seconds
    if isinstance(until, Reached):
        turns = until.quantity == Askable.HEADING
        goal.turn_by, goal.go_by = (until.by, None) if turns else (None, until.by)
        rate = goal.yaw if turns else goal.speed
        takes = until.by / rate if rate and until.by / rate > 0.0 else until.within_s
        return round(min(takes, until.within_s), 2)
    return rest_of(before, goal.amounts["sequence"])


class _PhaseReader:
    """Reads one phase into a goal."""

    def __init__(self, phase: Phase, robot: Robot, amounts: Amounts) -> None:
        self.goal = Goal(amounts, gait=phase.gait or "")
        self._amounts = amounts
        self._feet = {name: Foot(*place) for place, name in feet_of(robot).items()}
        for target in phase.targets:
            self._read(Askable(target.quantity), target)

    def _read(self, quantity: Askable, target: Target) -> None:
        goal, shape = self.goal, target.shape
        if isinstance(shape, Sinusoid):
            goal.rhythms += (Rhythm(_NAMES[quantity], shape.amplitude, shape.hz),)
            self._hold(quantity, shape.mean, target, swings=True)
        elif isinstance(shape, Extreme):
            most, least = _LIMITS[quantity]
            up = shape.sense == "most"
            limit = self._amounts[most if up else least]["limit"]
            self._hold(quantity, limit if up else -limit, target)
        elif isinstance(shape, Constant):
            self._hold(quantity, shape.value, target)

    def _hold(
        self, quantity: Askable, value: float, target: Target, *, swings: bool = False
    ) -> None:
        """Hold a quantity at a value; one that `swings` does so about it."""
        goal, part = self.goal, target.part or ""
        if quantity in FIELDS:
            setattr(goal, FIELDS[quantity], value)
        elif quantity is Askable.HEIGHT:
            goal.height = round(value - self._amounts.standing, DIGITS)
        elif quantity in (Askable.ROLL, Askable.PITCH):
            setattr(goal, _NAMES[quantity], value if value or not swings else None)
        elif quantity is Askable.FOOT_HEIGHT:
            goal.lift, goal.lift_named = Lift(self._feet[part], value), True
        elif quantity is Askable.FOOT_LOAD:
            goal.limp = self._feet[part]
        elif quantity is Askable.PLANAR_SPEED:
            goal.still = True
        elif quantity is Askable.HOP_HEIGHT:
            goal.hop = replace(self._hop(), height=value)
        elif quantity is Askable.HOP_RATE:
            named = target.importance is Importance.ASKED
            goal.hop = replace(self._hop(), hz=value, hz_named=named)

    def _hop(self) -> Hop:
        """The hop so far: one is said by its height and by its rate."""
        usual = Hop(self._amounts["hop"]["normal"], self._amounts["hop_frequency"]["normal"])
        return self.goal.hop or usual
