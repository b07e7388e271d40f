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
    in_time,
)
from tabrl.contracts.phases import LONGEST_EPISODE_S, MAX_PHASES, SHORTEST_S
from tabrl.embodiments.legged.askable import ENDINGS, Askable
from tabrl.embodiments.legged.gait import GAITS
from tabrl_reward_worker.generator.goal.goal import LIMP_LOAD
from tabrl_reward_worker.generator.goal.plan import Plan, arrives

_ONLY = {Askable.PLANAR_SPEED: 0.0, Askable.FOOT_LOAD: LIMP_LOAD}  # what can be held of them
_MOVING = (Askable.FORWARD_SPEED, Askable.LATERAL_SPEED)
_LATE = 1.02  # times as long as it may take: numbers are rounded
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
    """Why the phases of a plan do not fit into their time; None if they do."""
    for number, part in enumerate(plan.parts, 1):
        takes_s = arrives(part) or 0.0
        if isinstance(part.until, Reached) and takes_s > part.until.within_s * _LATE:
            unit = "rad" if part.until.quantity == Askable.HEADING else "m"
            return (
                f"phase {number} takes {takes_s:.3g} s for {part.until.by:.3g} {unit} at its "
                f"speed, more than its within_s of {part.until.within_s:.3g}"
            )
        if part.ends and takes_s < SHORTEST_S:
            return f"phase {number} takes {takes_s:.2g} s; {SHORTEST_S:g} s is the least"
    if plan.period > LONGEST_EPISODE_S:
        return f"its phases take {plan.period:.3g} s, of at most {LONGEST_EPISODE_S:.3g} s"
    return None


def _faults(spec: MotionSpec) -> Iterator[str]:
    for number, phase in enumerate(spec.phases, 1):
        if phase.gait is not None and phase.gait not in GAITS:
            yield f"there is no gait {phase.gait}; there are {', '.join(GAITS)}"
        yield from _out_of_time(phase, spec.tempo_hz, number)
        yield from _unwritten(phase)
        if phase.find(Askable.PLANAR_SPEED) and any(_rate(phase.find(one)) for one in _MOVING):
            yield f"phase {number} stands still by planar_speed and has a speed: leave one out"
        if isinstance(phase.until, Reached):
            yield from _never_reached(phase, phase.until, number)
    if not spec.repeat and isinstance(spec.phases[-1].until, Duration | Reached):
        yield "its last phase ends, and there is no room for one that is held: leave one out"


def _out_of_time(phase: Phase, tempo: float | None, number: int) -> Iterator[str]:
    """What has another beat than the rest: without a tempo all sinusoids need the same."""
    beats = {one.shape.hz for one in phase.targets if isinstance(one.shape, Sinusoid)}
    hops = _rate(phase.find(Askable.HOP_RATE))
    if tempo is None and len(beats) > 1:
        yield f"the sinusoids of phase {number} need one hz for all"
    elif tempo is not None and hops > 0.0 and not in_time(hops, tempo):
        yield f"hops at {hops:.3g} Hz do not keep the tempo of {tempo:.3g} Hz"


def _unwritten(phase: Phase) -> Iterator[str]:
    """Targets that nothing could be written for."""
    for target in phase.targets:
        name, shape = " of ".join(filter(None, target.key)), target.shape
        alike = [one for one in phase.targets if one.quantity == target.quantity]
        only = _ONLY.get(Askable(target.quantity))
        if target is not alike[-1]:
            yield f"{name} cannot be held in such a phase"
        elif isinstance(shape, Constant) and only is not None and shape.value != only:
            yield f"{name} can only be constant (value {only:.3g}) here"
        elif isinstance(shape, Sinusoid) and target.quantity == Askable.HEADING and shape.mean:
            yield f"{name} can only swing about 0 here"


def _never_reached(phase: Phase, until: Reached, number: int) -> Iterator[str]:
    """Why a phase does not come to its end: what ends by turning must turn, what by its way go."""
    if until.quantity not in ENDINGS:
        yield f"no phase ends by {until.quantity}; use {' or '.join(ENDINGS)}, or a duration"
        return
    if until.quantity == Askable.HEADING:
        moves = _rate(phase.find(Askable.YAW_RATE)) * until.by > 0.0
        needs = "a yaw_rate of the same sign"
    else:
        moves = until.by > 0.0 and any(_rate(phase.find(speed)) for speed in _MOVING)
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
