"""What of a specification the writers of rewards would lose without a word: refused instead."""

from __future__ import annotations

from collections.abc import Iterator

from tabrl.contracts.motion import Constant, MotionSpec, Phase, Reached, Sinusoid, Target
from tabrl.contracts.phases import LONGEST_EPISODE_S
from tabrl.embodiments.legged.askable import Askable
from tabrl.embodiments.legged.gait import GAITS
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.spec import LIMP_LOAD

_FIXED = {Askable.PLANAR_SPEED: 0.0, Askable.FOOT_LOAD: LIMP_LOAD}  # the only value so far


def lost_in(spec: MotionSpec) -> str | None:
    """The first thing that nothing would be written for; None if all of it is."""
    return next(_lost(spec), None)


def untimed(goal: Goal) -> str | None:
    """Why the phases of a goal do not fit into what is looked at; None if they do."""
    if goal.period > LONGEST_EPISODE_S:
        return f"its phases take {goal.period:g} s, of at most {LONGEST_EPISODE_S:g} s"
    return None


def _lost(spec: MotionSpec) -> Iterator[str]:
    if spec.tempo_hz is not None:
        yield "tempo_hz is not kept yet: give every sinusoid its hz"
    for phase in spec.phases:
        if phase.gait is not None and phase.gait not in GAITS:
            yield f"there is no gait {phase.gait}; there are {', '.join(GAITS)}"
        yield from (words for target in phase.targets for words in _lost_target(target))
        if isinstance(phase.until, Reached):
            yield from _lost_end(phase, phase.until)


def _lost_target(target: Target) -> Iterator[str]:
    shape = target.shape
    if target.tolerance is not None:
        yield f"the tolerance of {target.quantity} is not kept yet: leave it out"
    if isinstance(shape, Sinusoid) and shape.phase:
        yield f"the phase of {target.quantity} is not kept yet: leave it out"
    fixed = _FIXED.get(Askable(target.quantity))
    if fixed is not None and isinstance(shape, Constant) and shape.value != fixed:
        yield f"{target.quantity} can only be {fixed:g}"


def _lost_end(phase: Phase, until: Reached) -> Iterator[str]:
    """What ends by turning must turn that way, what ends by its way must go."""
    if until.quantity == Askable.HEADING:
        rate = phase.find(Askable.YAW_RATE)
        sign = rate.shape.value if rate and isinstance(rate.shape, Constant) else until.by
        if rate is None or sign * until.by <= 0.0:
            yield "a phase that ends by heading needs a yaw_rate towards it"
    elif until.quantity == Askable.WAY:
        moves = phase.find(Askable.FORWARD_SPEED) or phase.find(Askable.LATERAL_SPEED)
        if moves is None or until.by <= 0.0:
            yield "a phase that ends by way needs a speed, and a way above 0 m"
    else:
        yield f"a phase ends by heading or by way, not by {until.quantity}"
