"""What of a specification the writers of rewards would lose without a word: refused instead."""

from __future__ import annotations

from collections.abc import Iterator

from tabrl.contracts.motion import (
    Constant,
    Duration,
    Extreme,
    MotionSpec,
    Phase,
    Reached,
    Sinusoid,
    Target,
)
from tabrl.contracts.phases import LONGEST_EPISODE_S, MAX_PHASES
from tabrl.embodiments.legged.askable import ENDINGS, Askable
from tabrl.embodiments.legged.gait import GAITS
from tabrl_reward_worker.generator.goal.goal import LIMP_LOAD
from tabrl_reward_worker.generator.goal.plan import Plan

_ONLY = {Askable.PLANAR_SPEED: 0.0, Askable.FOOT_LOAD: LIMP_LOAD}  # what can be held of them
_STANDING = Phase(targets=(Target(quantity=Askable.PLANAR_SPEED, shape=Constant(value=0.0)),))


def ended(spec: MotionSpec) -> MotionSpec:
    """The specification with a last phase that is held: what ends, ends by standing still."""
    last = spec.phases[-1].until
    if spec.repeat or not isinstance(last, Duration | Reached) or len(spec.phases) == MAX_PHASES:
        return spec
    return spec.model_copy(update={"phases": (*spec.phases, _STANDING)})


def faults_in(spec: MotionSpec) -> list[str]:
    """Everything that nothing would be written for; none if all of it is."""
    return list(dict.fromkeys(_faults(spec)))


def untimed(plan: Plan) -> str | None:
    """Why the phases of a plan do not fit into what is looked at; None if they do."""
    if plan.period > LONGEST_EPISODE_S:
        return f"its phases take {plan.period:g} s, of at most {LONGEST_EPISODE_S:g} s"
    return None


def _faults(spec: MotionSpec) -> Iterator[str]:
    if spec.tempo_hz is not None:
        yield "tempo_hz is not kept yet: give every sinusoid its hz"
    for number, phase in enumerate(spec.phases, 1):
        if phase.gait is not None and phase.gait not in GAITS:
            yield f"there is no gait {phase.gait}; there are {', '.join(GAITS)}"
        if len({one.shape.hz for one in phase.targets if isinstance(one.shape, Sinusoid)}) > 1:
            yield f"the sinusoids of phase {number} need one hz for all"
        yield from (words for target in phase.targets for words in _unkept(target))
        yield from _unwritten(phase)
        if isinstance(phase.until, Reached):
            yield from _never_reached(phase, phase.until, number)
    if not spec.repeat and isinstance(spec.phases[-1].until, Duration | Reached):
        yield "its last phase ends, and there is no room for one that is held: leave one out"


def _unkept(target: Target) -> Iterator[str]:
    if target.tolerance is not None:
        yield f"the tolerance of {target.quantity} is not kept yet: leave it out"
    if isinstance(target.shape, Sinusoid) and target.shape.phase:
        yield f"the phase of {target.quantity} is not kept yet: leave it out"


def _never_reached(phase: Phase, until: Reached, number: int) -> Iterator[str]:
    """Why a phase does not come to its end: what ends by turning must turn, what by its way go."""
    if until.quantity not in ENDINGS:
        yield f"no phase ends by {until.quantity}; use {' or '.join(ENDINGS)}, or a duration"
        return
    if until.quantity == Askable.HEADING:
        moves = _rate(phase.find(Askable.YAW_RATE)) * until.by > 0.0
        needs = "a yaw_rate of the same sign"
    else:
        speeds = (Askable.FORWARD_SPEED, Askable.LATERAL_SPEED)
        moves = until.by > 0.0 and any(_rate(phase.find(speed)) for speed in speeds)
        needs = "a speed, and a way above 0 m"
    if not moves:
        yield f"phase {number} ends by {until.quantity}, which needs {needs}"


def _rate(target: Target | None) -> float:
    """How fast something changes: its value, or only its sign."""
    if target is None:
        return 0.0
    if isinstance(target.shape, Extreme):
        return 1.0 if target.shape.sense == "most" else -1.0
    return target.shape.value if isinstance(target.shape, Constant) else 0.0


def _unwritten(phase: Phase) -> Iterator[str]:
    """Targets that nothing could be written for."""
    for target in phase.targets:
        name, shape = " of ".join(filter(None, target.key)), target.shape
        only = _ONLY.get(Askable(target.quantity))
        if target is not _last(phase, target.quantity):
            yield f"{name} cannot be held in such a phase"
        elif isinstance(shape, Constant) and only is not None and shape.value != only:
            yield f"{name} can only be constant (value {only:g}) here"
        elif isinstance(shape, Sinusoid) and target.quantity == Askable.HEADING and shape.mean:
            yield f"{name} can only swing about 0 here"


def _last(phase: Phase, quantity: str) -> Target:
    return [target for target in phase.targets if target.quantity == quantity][-1]
