"""Putting single entries together: what pays alone is tried in all combinations.

After a first generation of schedules with one entry each, the entries that improved on the neutral
schedule are combined. "Forward" and "sway" each pay a little; a mutation would have to find both in
the same child, a combination has them at once.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

from tabrl.control.commands import COUNT, CommandBatch, CommandSchedule
from tabrl.control.gait import Gait
from tabrl.control.rollout import Floats

MAX_GENES = 6  # 63 combinations a beat


class Gene(NamedTuple):
    """One entry of a schedule: `name` is constant, amplitude or gait; `channel` 0 for a gait."""

    name: str
    channel: int


class Entry(NamedTuple):
    """A schedule with one used gene, and what it gained over the neutral one."""

    gene: Gene
    schedule: CommandSchedule
    gain: float


def genes_of(schedule: CommandSchedule) -> tuple[Gene, ...]:
    """Where a schedule differs from the neutral one."""
    genes = [
        Gene(name, channel)
        for name in ("constant", "amplitude")
        for channel, value in enumerate(getattr(schedule, name))
        if abs(value) > 1e-3
    ]
    if schedule.gait != Gait.TROT or schedule.gait_frequency > 0.0:
        genes.append(Gene("gait", 0))
    return tuple(genes)


def ablated(schedule: CommandSchedule, gene: Gene) -> CommandSchedule:
    """The schedule with one gene set back to neutral."""
    if gene.name == "gait":
        return schedule.model_copy(update={"gait": Gait.TROT, "gait_frequency": 0.0})
    values = getattr(schedule, gene.name)
    kept = (*values[: gene.channel], 0.0, *values[gene.channel + 1 :])
    return schedule.model_copy(update={gene.name: kept})


def crossovers(
    schedules: CommandBatch, scores: Floats, neutral_score: float, least_gain: float
) -> list[CommandSchedule]:
    """All combinations of the best entry of every gene, for each beat that pays; best gains first.

    `scores [B]` belong to `schedules`; only those with exactly one used gene count.
    """
    entries = [e for e in _entries(schedules, scores - neutral_score) if e.gain > least_gain]
    beats = {e.schedule.beat_frequency for e in entries if e.gene.name == "amplitude"} or {1.0}
    found: list[CommandSchedule] = []
    for beat in sorted(beats, key=lambda beat: -_strongest(entries, beat)):
        usable = [
            e for e in entries if e.gene.name != "amplitude" or e.schedule.beat_frequency == beat
        ]
        best: dict[Gene, Entry] = {}
        for entry in sorted(usable, key=lambda entry: -entry.gain):
            best.setdefault(entry.gene, entry)
        genes = list(best.values())[:MAX_GENES]
        for count in range(len(genes), 1, -1):
            found += [_merged(chosen, beat) for chosen in combinations(genes, count)]
    return found


def steady(
    schedules: CommandBatch, scores: Floats, neutral_score: float, least_gain: float
) -> CommandSchedule:
    """The best constant of every channel that pays on its own; neutral if none does."""
    best: dict[Gene, Entry] = {}
    for entry in sorted(_entries(schedules, scores - neutral_score), key=lambda e: -e.gain):
        if entry.gene.name == "constant" and entry.gain > least_gain:
            best.setdefault(entry.gene, entry)
    return _merged(tuple(best.values()), 1.0)


def _strongest(entries: list[Entry], beat: float) -> float:
    gains = [
        e.gain for e in entries if e.gene.name == "amplitude" and e.schedule.beat_frequency == beat
    ]
    return max(gains, default=0.0)


def _entries(schedules: CommandBatch, gains: Floats) -> list[Entry]:
    entries = []
    for row in range(len(schedules)):
        schedule = schedules.single(row)
        genes = genes_of(schedule)
        if len(genes) == 1:
            entries.append(Entry(genes[0], schedule, float(gains[row])))
    return entries


def _merged(entries: tuple[Entry, ...], beat: float) -> CommandSchedule:
    """One schedule with the genes of all; each gene occurs once."""
    values = {name: [0.0] * COUNT for name in ("constant", "amplitude", "phase")}
    gait, frequency = Gait.TROT, 0.0
    for (name, channel), schedule, _ in entries:
        if name == "gait":
            gait, frequency = schedule.gait, schedule.gait_frequency
            continue
        values[name][channel] = getattr(schedule, name)[channel]
        if name == "amplitude":
            values["phase"][channel] = schedule.phase[channel]
    return CommandSchedule(
        constant=tuple(values["constant"]),
        amplitude=tuple(values["amplitude"]),
        phase=tuple(values["phase"]),
        beat_frequency=beat,
        gait=gait,
        gait_frequency=frequency,
    )
