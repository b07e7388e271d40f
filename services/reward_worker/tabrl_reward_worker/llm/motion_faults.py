"""What a motion says that would be lost without a word, though each part of it could be asked."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tabrl.contracts.motion import Constant, MotionSpec, Phase, Reached
from tabrl.embodiments.legged.askable import Askable

_LATE = 1.02  # times as long as it may take: numbers are rounded
_MOVING = (Askable.FORWARD_SPEED, Askable.LATERAL_SPEED)


def lost_in(motion: MotionSpec) -> list[str]:
    """For its writer, phase by phase; nothing if all of it can be kept."""
    return [
        words for number, phase in enumerate(motion.phases, 1) for words in _lost(phase, number)
    ]


def _lost(phase: Phase, number: int) -> Iterator[str]:
    still = phase.find(Askable.PLANAR_SPEED)
    if still is not None and any(_held(phase, speed) for speed in _MOVING):
        yield f"phase {number} stands still by planar_speed and has a speed: leave one out"
    until = phase.until
    if not isinstance(until, Reached):
        return
    turns = until.quantity == Askable.HEADING
    rate = _held(phase, Askable.YAW_RATE) if turns else _speed(phase)
    takes_s = until.by / rate if rate else 0.0
    if takes_s > until.within_s * _LATE:
        unit = "rad" if turns else "m"
        yield (
            f"phase {number} takes {takes_s:.3g} s for {until.by:g} {unit} at {rate:g} {unit}/s, "
            f"more than its within_s of {until.within_s:g}"
        )


def _speed(phase: Phase) -> float:
    return math.hypot(*(_held(phase, speed) for speed in _MOVING))


def _held(phase: Phase, quantity: Askable) -> float:
    """What a quantity is held at; 0 if it is not, or as far as it can be."""
    target = phase.find(quantity)
    return target.shape.value if target and isinstance(target.shape, Constant) else 0.0
