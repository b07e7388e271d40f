"""Plans as specifications of motion, and back: nothing is lost on the way."""

from __future__ import annotations

from tabrl.contracts.motion import Constant, Extreme, Importance, MotionSpec, Phase, Target, in_time
from tabrl.embodiments.legged.askable import Askable
from tabrl.robots import Robot
from tabrl_reward_worker.generator.goal.abilities import Amounts
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.limits import ranges
from tabrl_reward_worker.generator.goal.plan import Plan

_ORDER = (  # of what is held; what swings stands between the ways and the postures
    Askable.FORWARD_SPEED, Askable.LATERAL_SPEED, Askable.YAW_RATE, Askable.REARING,
    Askable.STEP_HEIGHT, Askable.STEP_RATE, None, Askable.HEIGHT, Askable.PITCH, Askable.ROLL,
    Askable.FOOT_HEIGHT, Askable.FOOT_LOAD, Askable.HOP_HEIGHT, Askable.HOP_RATE,
    Askable.PLANAR_SPEED,
)  # fmt: skip


def spec_of(plan: Plan) -> MotionSpec:
    """What a plan asks for."""
    tempo = _tempo(plan)
    phases = tuple(_phase(part, tempo) for part in plan.parts)
    return MotionSpec(phases=phases, repeat=plan.repeat, tempo_hz=tempo)


def _tempo(plan: Plan) -> float | None:
    """The beat that all parts keep, if they still keep one."""
    beating = [part for part in plan.parts if part.rates]
    tempos = {part.tempo_hz for part in beating or plan.parts}
    tempo = tempos.pop()
    kept = tempo and all(in_time(hz, tempo) for part in beating for hz in part.rates)
    return tempo if kept and not tempos else None


def _phase(part: Goal, tempo: float | None) -> Phase:
    if tempo is None and part.tempo_hz is not None:  # kept no longer: each says how often
        part = part.copy()
        part.hop = part.hop
        for channel, swing in part.swings.items():
            part.swing(channel, swing.amplitude, swing.hz)
    targets = tuple(sorted(part.targets.values(), key=_place))
    return Phase(targets=targets, gait=part.gait or None, until=part.until)


def _place(target: Target) -> int:
    held = isinstance(target.shape, Constant)
    return _ORDER.index(Askable(target.quantity) if held else None)


def plan_of(spec: MotionSpec, robot: Robot) -> Plan:
    """The plan that asks for what a specification says, which fits the robot (see `fault_of`)."""
    amounts = Amounts.of(robot)
    return Plan([_goal(phase, spec.tempo_hz, amounts) for phase in spec.phases], spec.repeat)


def _goal(phase: Phase, tempo: float | None, amounts: Amounts) -> Goal:
    goal = Goal(amounts, gait=phase.gait or "", until=phase.until, tempo_hz=tempo)
    for target in phase.targets:
        goal.targets[target.key] = _numbered(target, amounts)
    if goal.find(Askable.HOP_RATE) and not goal.find(Askable.HOP_HEIGHT):
        goal.hold(Askable.HOP_HEIGHT, amounts["hop"]["normal"])
    if goal.find(Askable.HOP_HEIGHT) and goal.hop is None:
        usual = Constant(value=amounts["hop_frequency"]["normal"])
        rate = Target(quantity=Askable.HOP_RATE, shape=usual, importance=Importance.STYLE)
        goal.targets[rate.key] = rate
    return goal


def _numbered(target: Target, amounts: Amounts) -> Target:
    """A target with as much as the robot does in numbers."""
    if not isinstance(target.shape, Extreme):
        return target
    able = ranges(amounts)[Askable(target.quantity)]
    most = able.high if target.shape.sense == "most" else able.low
    return target.model_copy(update={"shape": Constant(value=most)})
