"""What of a motion would be lost when rewards are written for it: it is said, not passed by."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tabrl.contracts.motion import (
    Constant,
    Extreme,
    MotionSpec,
    Phase,
    Reached,
    Shape,
    Sinusoid,
    Target,
)
from tabrl.contracts.phases import LONGEST_EPISODE_S
from tabrl.domain.errors import Invalid
from tabrl.embodiments.legged.askable import GAITS, Askable
from tabrl.robots import Robot
from tabrl_reward_worker.candidates import RewardCandidate
from tabrl_reward_worker.generator import candidates_of
from tabrl_reward_worker.llm.motion_schema import ENDINGS

_TOLERANCE = 1e-3


def written_for(motion: MotionSpec, robot: Robot) -> tuple[RewardCandidate, ...]:
    """Every reward for a motion, none of which leaves anything of it out.

    Raises `Invalid`, see `candidates_of`; code `bad_motion` for what would be left out.
    """
    _require(_of_form(motion))
    written = candidates_of(motion, robot)
    seconds = sum(written[0].phases_s)
    if seconds > LONGEST_EPISODE_S:
        _require(iter([f"all phases last {seconds:g} s, and can last {LONGEST_EPISODE_S:g} s"]))
    read = written[0].motion
    if read is not None and len(read.phases) == len(motion.phases):
        _require(_lost(motion, read))
    return written


def _require(faults: Iterator[str]) -> None:
    found = list(dict.fromkeys(faults))
    if found:
        raise Invalid(f"This motion cannot be asked for: {'; '.join(found)}.", code="bad_motion")


def _of_form(motion: MotionSpec) -> Iterator[str]:
    """Faults that need no robot."""
    for number, phase in enumerate(motion.phases, 1):
        if phase.gait is not None and phase.gait not in GAITS:
            yield f"there is no gait {phase.gait}; there are {', '.join(GAITS)}"
        if len({one.shape.hz for one in phase.targets if isinstance(one.shape, Sinusoid)}) > 1:
            yield f"the sinusoids of phase {number} need one hz for all"
        if isinstance(phase.until, Reached):
            yield from _never_reached(phase, phase.until, number)
    if isinstance(motion.phases[-1].until, Reached) and not motion.repeat:
        yield "the last phase ends and nothing comes after it: add one that is held, such as " \
            "planar_speed 0"  # fmt: skip


def _never_reached(phase: Phase, until: Reached, number: int) -> Iterator[str]:
    """Why a phase does not come to its end."""
    if until.quantity not in ENDINGS:
        yield f"no phase ends by {until.quantity}; use {' or '.join(ENDINGS)}, or a duration"
        return
    if until.quantity == Askable.HEADING:
        moves = _rate(phase.find(Askable.YAW_RATE)) * until.by > 0.0
        needs = "a yaw_rate of the same sign"
    else:
        speeds = (Askable.FORWARD_SPEED, Askable.LATERAL_SPEED)
        moves = until.by > 0.0 and any(_rate(phase.find(speed)) for speed in speeds)
        needs = "a speed, and a way above 0"
    if not moves:
        yield f"phase {number} ends by {until.quantity}, which needs {needs}"


def _rate(target: Target | None) -> float:
    """How fast something changes: its value, or only its sign."""
    if target is None:
        return 0.0
    if isinstance(target.shape, Extreme):
        return 1.0 if target.shape.sense == "most" else -1.0
    return target.shape.value if isinstance(target.shape, Constant) else 0.0


def _lost(asked: MotionSpec, read: MotionSpec) -> Iterator[str]:
    """Targets that are other ones, or none, in what was written for."""
    for phase, kept in zip(asked.phases, read.phases, strict=True):
        for target in phase.targets:
            found = kept.find(target.quantity, target.part)
            name = " of ".join(filter(None, target.key))
            if found is None:
                yield f"{name} cannot be held in such a phase"
            elif not _same(target.shape, found.shape):
                yield f"{name} can only be {_in_words(found.shape)} here"


def _same(asked: Shape, read: Shape) -> bool:
    """Whether two shapes are of one kind and size; the most of something is a number then."""
    if isinstance(asked, Extreme):
        return True
    if isinstance(asked, Constant) and isinstance(read, Constant):
        return math.isclose(asked.value, read.value, abs_tol=_TOLERANCE)
    if isinstance(asked, Sinusoid) and isinstance(read, Sinusoid):
        pairs = ((asked.mean, read.mean), (asked.amplitude, read.amplitude), (asked.hz, read.hz))
        return all(math.isclose(*pair, abs_tol=_TOLERANCE) for pair in pairs)
    return False


def _in_words(shape: Shape) -> str:
    values = shape.model_dump(exclude={"kind", "phase"})
    return f"{shape.kind} ({', '.join(f'{name} {value:g}' for name, value in values.items())})"
