"""From the goals of a sentence's parts to one goal with phases by time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tabrl_reward_worker.generator.goal.abilities import Amounts, Table
from tabrl_reward_worker.generator.goal.goal import Goal, Phase
from tabrl_reward_worker.generator.reading.intents import Reading

ORDINALS = ("first", "second", "third")


def in_phases(parts: Sequence[tuple[Reading, Goal]], amounts: Amounts) -> Goal:
    """The goals one after the other, again and again. What asks for nothing is left out."""
    asked = [(reading, goal) for reading, goal in parts if not goal.empty]
    if len(asked) < 2:
        return _alone(parts, asked[0][1] if asked else Goal(amounts))
    whole, table = Goal(amounts), amounts["sequence"]
    wanted = [reading.seconds or (goal.lasts and goal.lasts[1]) for reading, goal in asked]
    start, phases = 0.0, []
    for ordinal, (reading, goal), seconds in zip(
        ORDINALS, asked, _durations(wanted, table), strict=False
    ):
        phases.append(Phase(start, round(start + seconds, 2), goal))
        start = phases[-1].end
        words = reading.seconds_text or (goal.lasts[0] if goal.lasts else "")
        lasts = f"“{words}” → {seconds:g} s" if words else f"{seconds:g} s"
        whole.understood += [f"{ordinal} ({lasts}): {line}" for line in goal.understood]
        whole.not_understood += goal.not_understood
    for phase in phases:
        phase.goal.turned = any(other.goal.yaw for other in phases)
        phase.goal.displaced = any(other.goal.moves for other in phases)
    whole.phases = tuple(phases)
    whole.understood.append(f"one after the other → a round of {whole.period:g} s, then again")
    whole.not_understood += _cut(wanted, whole.phases, table)
    return whole


def _alone(parts: Sequence[tuple[Reading, Goal]], asked: Goal) -> Goal:
    """The only goal there is, with what was said in all parts."""
    understood = [line for _, goal in parts for line in goal.understood]
    not_understood = [line for _, goal in parts for line in goal.not_understood]
    lasting = [*(reading.seconds_text for reading, _ in parts), asked.lasts and asked.lasts[0]]
    not_understood += [f"“{text}”: it goes on all the time" for text in lasting if text]
    return replace(asked, understood=understood, not_understood=not_understood)


def _durations(wanted: Sequence[float | None], table: Table) -> list[float]:
    """Seconds of each part: as the sentence says, within what one episode can show."""
    usual = table["normal" if len(wanted) < len(ORDINALS) else "several"]
    seconds = [max(table["least"], usual if asked is None else asked) for asked in wanted]
    while sum(seconds) > table["total"] + 1e-9:
        # The longest gives way first, down to the next one.
        longest = max(seconds)
        others = [item for item in seconds if item < longest]
        tied = len(seconds) - len(others)
        even = (table["total"] - sum(others)) / tied
        seconds = (
            [max(even, *others) if item == longest else item for item in seconds]
            if others
            else [even] * tied
        )
    return [round(item, 1) for item in seconds]


def _cut(wanted: Sequence[float | None], phases: Sequence[Phase], table: Table) -> list[str]:
    """What became of durations that were asked for and do not fit."""
    words = []
    for asked, phase in zip(wanted, phases, strict=True):
        lasts = phase.end - phase.start
        if asked is not None and abs(asked - lasts) > 0.1:
            longer = asked < lasts
            why = (
                f"no part is shorter than {table['least']:g} s"
                if longer
                else (f"a round takes {table['total']:g} s at most")
            )
            words.append(f"{asked:.3g} s: {lasts:.3g} s, for {why}")
    return words
