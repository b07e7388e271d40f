"""Putting single entries together: what pays alone is tried in all combinations.

After a first generation of schedules with one entry each, the entries that improved on the neutral
schedule are combined. "Forward" and "sway" each pay a little; a mutation would have to find both in
the same child, a combination has them at once.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Int

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.command_space import CommandSpace

MAX_GENES = 6  # 63 combinations a frequency
_USED = 1e-3  # what is smaller asks for nothing


class Gene(NamedTuple):
    """One entry of a schedule: a channel's constant or amplitude, or all settings together."""

    kind: Literal["constant", "amplitude", "settings"]
    channel: str = ""


class Entry(NamedTuple):
    """A schedule with one gene, and what it gained over the neutral one."""

    gene: Gene
    schedule: CommandSchedule
    gain: float


def genes_of(schedule: CommandSchedule) -> tuple[Gene, ...]:
    """Where a schedule differs from the neutral one."""
    names = schedule.space.names
    genes = [
        *(Gene("constant", name) for name in names if abs(schedule.wave(name).constant) > _USED),
        *(Gene("amplitude", name) for name in names if abs(schedule.wave(name).amplitude) > _USED),
    ]
    return (*genes, *[Gene("settings")] * (not schedule.plain))


def gene_counts(schedules: CommandBatch) -> Int[np.ndarray, " B"]:
    """In how many genes each schedule differs from the neutral one."""
    space = schedules.space
    used = [np.abs(values) > _USED for values in (schedules.constant, schedules.amplitude)]
    counts: Int[np.ndarray, " B"] = np.concatenate(used, axis=1).sum(1)
    # Neutral settings are zero: the first choice, or no number.
    asked = [schedules.settings[setting.name] != 0 for setting in space.settings]
    return counts + np.any(asked, axis=0) if asked else counts


def ablated(schedule: CommandSchedule, gene: Gene) -> CommandSchedule:
    """The schedule with one gene set back to neutral."""
    if gene.kind == "settings":
        return schedule.with_settings()
    wave = schedule.wave(gene.channel)._replace(**{gene.kind: 0.0})
    return schedule.with_wave(gene.channel, wave)


def crossovers(
    schedules: CommandBatch, scores: Floats, neutral_score: float, least_gain: float
) -> list[CommandSchedule]:
    """All combinations of the best entry of every gene, for each frequency that pays; best first.

    `scores [B]` belong to `schedules`; only those with exactly one gene count.
    """
    entries = [e for e in _entries(schedules, scores - neutral_score) if e.gain > least_gain]
    frequencies = {
        e.schedule.modulation_frequency for e in entries if e.gene.kind == "amplitude"
    } or {1.0}
    found: list[CommandSchedule] = []
    for frequency in sorted(frequencies, key=lambda hz: -_strongest(entries, hz)):
        usable = [
            e
            for e in entries
            if e.gene.kind != "amplitude" or e.schedule.modulation_frequency == frequency
        ]
        best: dict[Gene, Entry] = {}
        for entry in sorted(usable, key=lambda entry: -entry.gain):
            best.setdefault(entry.gene, entry)
        chosen = list(best.values())[:MAX_GENES]
        for count in range(len(chosen), 1, -1):
            found += [
                _merged(schedules.space, some, frequency) for some in combinations(chosen, count)
            ]
    return found


def steady(
    schedules: CommandBatch, scores: Floats, neutral_score: float, least_gain: float
) -> CommandSchedule:
    """The best constant of every channel that pays on its own; neutral if none does."""
    best: dict[Gene, Entry] = {}
    for entry in sorted(_entries(schedules, scores - neutral_score), key=lambda e: -e.gain):
        if entry.gene.kind == "constant" and entry.gain > least_gain:
            best.setdefault(entry.gene, entry)
    return _merged(schedules.space, tuple(best.values()), 1.0)


def _strongest(entries: list[Entry], frequency: float) -> float:
    gains = [
        e.gain
        for e in entries
        if e.gene.kind == "amplitude" and e.schedule.modulation_frequency == frequency
    ]
    return max(gains, default=0.0)


def _entries(schedules: CommandBatch, gains: Floats) -> list[Entry]:
    entries = []
    for row in np.flatnonzero(gene_counts(schedules) == 1):
        schedule = schedules.single(int(row))
        (gene,) = genes_of(schedule)
        entries.append(Entry(gene, schedule, float(gains[row])))
    return entries


def _merged(space: CommandSpace, entries: tuple[Entry, ...], frequency: float) -> CommandSchedule:
    """One schedule with the genes of all; each gene occurs once."""
    merged = replace(CommandSchedule.neutral(space), modulation_frequency=frequency)
    for (kind, channel), schedule, _ in entries:
        if kind == "settings":
            merged = merged.with_settings(schedule.settings)
            continue
        own, wave = merged.wave(channel), schedule.wave(channel)
        if kind == "constant":
            merged = merged.with_wave(channel, own._replace(constant=wave.constant))
        else:
            merged = merged.with_wave(channel, wave._replace(constant=own.constant))
    return merged
