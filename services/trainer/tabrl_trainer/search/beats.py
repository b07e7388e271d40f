"""Sinusoids for the frequencies that a reward listens to.

A schedule has one modulation frequency. Where its channels may swing at multiples of it, a reward
with a beat and its half is answered by one schedule, and so is one that is too slow for a beat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tabrl.control.command_space import MODULATION_RANGE, CommandSpace

_SAME = 0.04  # of a frequency: the spectrum of 16 s knows no better


@dataclass(frozen=True)
class Beat:
    """A sinusoid's modulation frequency, Hz, and the multiple of it at which it swings."""

    modulation: float
    harmonic: float = 1.0


def audible(space: CommandSpace) -> tuple[float, float]:
    """The lowest and the highest frequency, Hz, that a schedule's sinusoids can have."""
    multiples = space.harmonics or (1.0,)
    return MODULATION_RANGE[0] * min(multiples), MODULATION_RANGE[1] * max(multiples)


def beats(heard: Sequence[float], space: CommandSpace) -> list[Beat]:
    """How the frequencies in Hz that were heard, strongest first, can be had.

    As many as possible share the modulation frequency, the stronger ones first; those that nothing
    can have are left out. The octave below the strongest follows it where it can be had: in an even
    pose a reward shows only its double beat.
    """
    multiples = space.harmonics or (1.0,)
    bases = [one / times for times in sorted(multiples, key=_plainest) for one in heard]
    bases = [base for base in bases if _possible(base)]
    if not bases:
        return []
    shared = max(bases, key=lambda base: _weight(heard, base, multiples))
    found = []
    for one in (heard[0], 0.5 * heard[0], *heard[1:]):
        times = _multiple(one, shared, multiples)
        if times is not None:
            found.append(Beat(shared, times))
        elif _possible(one) and one in heard:
            found.append(Beat(one))
    return list(dict.fromkeys(found))


def _plainest(times: float) -> float:
    return abs(times - 1.0)


def _possible(base: float) -> bool:
    return MODULATION_RANGE[0] <= base <= MODULATION_RANGE[1]


def _weight(heard: Sequence[float], base: float, multiples: Sequence[float]) -> float:
    """What of the heard is a multiple of a base; each counts twice the next."""
    return sum(
        0.5**place for place, one in enumerate(heard) if _multiple(one, base, multiples) is not None
    )


def _multiple(one: float, base: float, multiples: Sequence[float]) -> float | None:
    near = [times for times in multiples if abs(one / (base * times) - 1.0) < _SAME]
    return near[0] if near else None
