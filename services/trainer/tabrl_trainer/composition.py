"""Putting single entries together: what pays alone is tried in all combinations.

After a first generation of programs with one entry each, the entries that improved on the neutral
program are combined. "Forward" and "sway" each pay a little; a mutation would have to find both in
the same child, a combination has them at once.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

from tabrl.control.gait import Gait
from tabrl.control.program import COUNT, CommandProgram, Programs
from tabrl.control.tape import Floats

MOST_SLOTS = 6  # 63 combinations a beat


class Slot(NamedTuple):
    """One entry of a program: `name` is constant, amplitude or gait; `channel` 0 for a gait."""

    name: str
    channel: int


class Entry(NamedTuple):
    """A program with one used slot, and what it gained over the neutral one."""

    slot: Slot
    program: CommandProgram
    gain: float


def used_slots(program: CommandProgram) -> tuple[Slot, ...]:
    """Where a program differs from the neutral one."""
    slots = [
        Slot(name, channel)
        for name in ("constant", "amplitude")
        for channel, value in enumerate(getattr(program, name))
        if abs(value) > 1e-3
    ]
    if program.gait != Gait.TROT or program.gait_frequency > 0.0:
        slots.append(Slot("gait", 0))
    return tuple(slots)


def without(program: CommandProgram, slot: Slot) -> CommandProgram:
    """The program with one slot set back to neutral."""
    if slot.name == "gait":
        return program.model_copy(update={"gait": Gait.TROT, "gait_frequency": 0.0})
    values = getattr(program, slot.name)
    kept = (*values[: slot.channel], 0.0, *values[slot.channel + 1 :])
    return program.model_copy(update={slot.name: kept})


def compositions(
    programs: Programs, scores: Floats, neutral_score: float, least_gain: float
) -> list[CommandProgram]:
    """All combinations of the best entry of every slot, for each beat that pays; best gains first.

    `scores [B]` belong to `programs`; only those with exactly one used slot count.
    """
    entries = [e for e in _entries(programs, scores - neutral_score) if e.gain > least_gain]
    beats = {e.program.beat_frequency for e in entries if e.slot.name == "amplitude"} or {1.0}
    found: list[CommandProgram] = []
    for beat in sorted(beats, key=lambda beat: -_strongest(entries, beat)):
        usable = [
            e for e in entries if e.slot.name != "amplitude" or e.program.beat_frequency == beat
        ]
        best: dict[Slot, Entry] = {}
        for entry in sorted(usable, key=lambda entry: -entry.gain):
            best.setdefault(entry.slot, entry)
        slots = list(best.values())[:MOST_SLOTS]
        for count in range(len(slots), 1, -1):
            found += [_merged(chosen, beat) for chosen in combinations(slots, count)]
    return found


def steady(
    programs: Programs, scores: Floats, neutral_score: float, least_gain: float
) -> CommandProgram:
    """The best constant of every channel that pays on its own; neutral if none does."""
    best: dict[Slot, Entry] = {}
    for entry in sorted(_entries(programs, scores - neutral_score), key=lambda e: -e.gain):
        if entry.slot.name == "constant" and entry.gain > least_gain:
            best.setdefault(entry.slot, entry)
    return _merged(tuple(best.values()), 1.0)


def _strongest(entries: list[Entry], beat: float) -> float:
    gains = [
        e.gain for e in entries if e.slot.name == "amplitude" and e.program.beat_frequency == beat
    ]
    return max(gains, default=0.0)


def _entries(programs: Programs, gains: Floats) -> list[Entry]:
    entries = []
    for row in range(len(programs)):
        program = programs.single(row)
        slots = used_slots(program)
        if len(slots) == 1:
            entries.append(Entry(slots[0], program, float(gains[row])))
    return entries


def _merged(entries: tuple[Entry, ...], beat: float) -> CommandProgram:
    """One program with the slots of all; each slot occurs once."""
    values = {name: [0.0] * COUNT for name in ("constant", "amplitude", "phase")}
    gait, frequency = Gait.TROT, 0.0
    for (name, channel), program, _ in entries:
        if name == "gait":
            gait, frequency = program.gait, program.gait_frequency
            continue
        values[name][channel] = getattr(program, name)[channel]
        if name == "amplitude":
            values["phase"][channel] = program.phase[channel]
    return CommandProgram(
        constant=tuple(values["constant"]),
        amplitude=tuple(values["amplitude"]),
        phase=tuple(values["phase"]),
        beat_frequency=beat,
        gait=gait,
        gait_frequency=frequency,
    )
