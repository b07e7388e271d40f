"""Putting single entries together: what pays alone is tried in all combinations.

After a first generation of programs with one entry each, the entries that improved on the neutral
program are combined. "Forward" and "sway" each pay a little; a mutation would have to find both in
the same child, a combination has them at once.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np

from tabrl.control.program import CommandProgram, Programs
from tabrl.control.tape import Floats

MOST_SLOTS = 6  # 63 combinations a beat


class Entry(NamedTuple):
    """One used entry of a program: where, how much, at which beat, and what it gained."""

    name: str  # "constant" or "amplitude"
    channel: int
    value: float
    phase: float
    beat: float
    gain: float

    @property
    def slot(self) -> tuple[str, int]:
        """Entries of one slot exclude each other."""
        return self.name, self.channel


def compositions(
    programs: Programs, scores: Floats, neutral_score: float, least_gain: float
) -> list[CommandProgram]:
    """All combinations of the best entry of every slot, for each beat that pays; best gains first.

    `scores [B]` belong to `programs`; only those with exactly one entry count.
    """
    entries = [e for e in _entries(programs, scores - neutral_score) if e.gain > least_gain]
    beats = {e.beat for e in entries if e.name == "amplitude"} or {1.0}
    found: list[CommandProgram] = []
    for beat in sorted(beats, key=lambda beat: -_strongest(entries, beat)):
        usable = [e for e in entries if e.name == "constant" or e.beat == beat]
        best: dict[tuple[str, int], Entry] = {}
        for entry in sorted(usable, key=lambda entry: -entry.gain):
            best.setdefault(entry.slot, entry)
        slots = list(best.values())[:MOST_SLOTS]
        for count in range(len(slots), 1, -1):
            found += [_program(chosen, beat) for chosen in combinations(slots, count)]
    return found


def steady(
    programs: Programs, scores: Floats, neutral_score: float, least_gain: float
) -> CommandProgram:
    """The best constant of every channel that pays on its own; neutral if none does."""
    best: dict[int, Entry] = {}
    for entry in sorted(_entries(programs, scores - neutral_score), key=lambda e: -e.gain):
        if entry.name == "constant" and entry.gain > least_gain:
            best.setdefault(entry.channel, entry)
    return _program(tuple(best.values()), 1.0)


def _strongest(entries: list[Entry], beat: float) -> float:
    return max((e.gain for e in entries if e.name == "amplitude" and e.beat == beat), default=0.0)


def _entries(programs: Programs, gains: Floats) -> list[Entry]:
    entries = []
    for row in range(len(programs)):
        constant, amplitude = programs.constant[row], programs.amplitude[row]
        used = [("constant", i) for i in np.flatnonzero(np.abs(constant) > 1e-3)]
        used += [("amplitude", i) for i in np.flatnonzero(np.abs(amplitude) > 1e-3)]
        if len(used) == 1:
            name, channel = used[0]
            value = (constant if name == "constant" else amplitude)[channel]
            entries.append(
                Entry(
                    name,
                    int(channel),
                    float(value),
                    float(programs.phase[row, channel]),
                    float(programs.beat_frequency[row]),
                    float(gains[row]),
                )
            )
    return entries


def _program(entries: tuple[Entry, ...], beat: float) -> CommandProgram:
    values = {"constant": [0.0] * 6, "amplitude": [0.0] * 6}
    phase = [0.0] * 6
    for entry in entries:
        values[entry.name][entry.channel] = entry.value
        if entry.name == "amplitude":
            phase[entry.channel] = entry.phase
    return CommandProgram(
        constant=tuple(values["constant"]),
        amplitude=tuple(values["amplitude"]),
        phase=tuple(phase),
        beat_frequency=beat,
    )
