"""From the goals of a sentence's parts to one goal with phases by time.

What has an end (so many seconds, rounds, metres or times) ends, and the robot then stands, unless
the sentence says that all of it is done again and again. A turn or a way is as long as it takes at
the speed that is asked for: the path that the policy follows arrives when the time is up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from tabrl.contracts.phases import MAX_PHASES, SHORTEST_S
from tabrl_reward_worker.generator.goal.abilities import Amounts, Table
from tabrl_reward_worker.generator.goal.goal import Begin, Goal, Phase
from tabrl_reward_worker.generator.reading.intents import Reading

ORDINALS = ("first", "second", "third")


def in_phases(
    parts: Sequence[tuple[Reading, Goal]], amounts: Amounts, *, repeats: bool = False
) -> Goal:
    """The goals one after the other. What asks for nothing is left out."""
    asked = [(reading, goal) for reading, goal in parts if not goal.empty]
    wanted = [_lasting(reading, goal) for reading, goal in asked]
    table = amounts["sequence"]
    ends = bool(asked) and not repeats and _comes_to_an_end(asked[-1][1], wanted, table)
    if len(asked) < 2 and not ends:
        return _alone(parts, asked[0][1] if asked else Goal(amounts))
    whole = Goal(amounts, repeat=repeats)
    seconds = _durations(wanted, [goal.ends for _, goal in asked], table)
    hastened = [_hastened(goal, s) for (_, goal), s in zip(asked, seconds, strict=True)]
    seconds = [_lasts(goal, s) for goal, s in zip(hastened, seconds, strict=True)]
    ends = ends and len(asked) < MAX_PHASES  # else there is no room for it
    if ends and not asked[-1][1].only_still:
        asked.append((Reading(), Goal(amounts, still=True)))
        wanted, seconds = [*wanted, None], [*seconds, 0.0]
    if not repeats:
        wanted[-1], seconds[-1] = None, rest_of(seconds[:-1], table)
    whole.phases = timed([goal for _, goal in asked], seconds, repeats)
    for ordinal, (reading, goal), lasts in zip(ORDINALS, asked, seconds, strict=False):
        words = reading.seconds_text or (goal.lasts[0] if goal.lasts else "")
        how_long = f"“{words}” → {lasts:g} s" if words else f"{lasts:g} s"
        whole.understood += [f"{ordinal} ({how_long}): {line}" for line in goal.understood]
        whole.not_understood += goal.not_understood
    for _, goal in parts:
        if goal.empty:  # "then don't turn" asks for nothing, and is said all the same
            whole.understood += goal.understood
            whole.not_understood += goal.not_understood
    if ends:
        whole.understood.append("that has an end → it stands afterwards")
    elif repeats:
        whole.understood.append(f"one after the other → a round of {whole.period:g} s, then again")
    else:
        whole.understood.append("one after the other → the last one goes on")
    whole.not_understood += _cut(wanted, whole.phases, table)
    return whole


def retimed(goal: Goal) -> tuple[Phase, ...]:
    """The phases of a goal that was changed: turns and ways take as long as they take now."""
    goals = [phase.goal for phase in goal.phases]
    seconds = [_lasts(one.goal, one.end - one.start) for one in goal.phases]
    if goals and not goal.repeat:
        seconds[-1] = rest_of(seconds[:-1], goal.amounts["sequence"])
    return timed(goals, seconds, goal.repeat)


def rest_of(before: Sequence[float], table: Table) -> float:
    """For how many seconds is looked at what goes on after the parts before it."""
    return round(max(table["total"] - sum(before), table["least"]), 2)


def timed(goals: Sequence[Goal], seconds: Sequence[float], repeats: bool) -> tuple[Phase, ...]:
    """Goals as phases of so many seconds, each told where the ones before it lead.

    Of those that come again and again nobody knows where they begin.
    """
    phases, begin = list[Phase](), Begin(0.0, 0.0, (0.0, 0.0))
    for goal, lasts in zip(goals, seconds, strict=True):
        goal.begin = None if repeats else begin
        phases.append(Phase(begin.time, round(begin.time + lasts, 2), goal))
        begin = begin.after(goal, phases[-1].end)
    for goal in goals:
        goal.turned = any(other.yaw for other in goals)
        goal.displaced = any(other.moves for other in goals)
    return tuple(phases)


def _comes_to_an_end(goal: Goal, wanted: Sequence[float | None], table: Table) -> bool:
    """Whether the last part is over while somebody looks; who is to walk for a minute walks on."""
    *before, last = wanted
    room = table["total"] - table["least"] * len(before)
    return last is not None and (goal.ends or last <= room)


def _lasting(reading: Reading, goal: Goal) -> float | None:
    """How long a part is to last, s, where the sentence says so."""
    if reading.seconds:
        goal.turn_by = goal.go_by = None
        return reading.seconds
    needed = _needed(goal)
    if needed is None:
        goal.turn_by = goal.go_by = None  # what was to go so far has given way to something else
        return goal.lasts and goal.lasts[1]
    return needed


def _needed(goal: Goal) -> float | None:
    """How long a turn or a way takes, s; None for what does not end by itself."""
    if goal.turn_by is not None and goal.yaw:
        return abs(goal.turn_by / goal.yaw)
    if goal.go_by is not None and goal.moves:
        return goal.go_by / goal.speed
    return None


def _lasts(goal: Goal, seconds: float) -> float:
    """How long a part lasts: as long as its turn or its way takes, or so many s."""
    needed = _needed(goal)
    return seconds if needed is None else round(needed, 2)


def _hastened(goal: Goal, seconds: float) -> Goal:
    """Fast enough to arrive in time."""
    if goal.lasts is None or seconds > goal.lasts[1] - 0.05:
        return goal
    if goal.turn_by is not None and goal.yaw:
        limit = goal.amounts["turn"]["limit"]
        rate = min(abs(goal.turn_by) / seconds, limit)
        goal.yaw = math.copysign(round(rate, 4), goal.turn_by)
    elif goal.go_by is not None and goal.moves:
        share = goal.go_by / seconds / goal.speed
        goal.vx = None if goal.vx is None else round(goal.vx * share, 4)
        goal.vy = None if goal.vy is None else round(goal.vy * share, 4)
    return goal


def _alone(parts: Sequence[tuple[Reading, Goal]], asked: Goal) -> Goal:
    """The only goal there is, with what was said in all parts."""
    understood = [line for _, goal in parts for line in goal.understood]
    not_understood = [line for _, goal in parts for line in goal.not_understood]
    lasting = [*(reading.seconds_text for reading, _ in parts), asked.lasts and asked.lasts[0]]
    not_understood += [f"“{text}”: it goes on all the time" for text in lasting if text]
    return replace(asked, understood=understood, not_understood=not_understood)


def _durations(wanted: Sequence[float | None], ends: Sequence[bool], table: Table) -> list[float]:
    """Seconds of each part: as the sentence says, within what an episode can show.

    What `ends` by turning or going so far takes as long as it takes: others give way to it.
    """
    usual = table["normal" if len(wanted) < 3 else "several"]
    seconds = [
        max(SHORTEST_S if by_itself else table["least"], usual if asked is None else asked)
        for asked, by_itself in zip(wanted, ends, strict=True)
    ]
    free = [index for index, by_itself in enumerate(ends) if not by_itself]
    fixed = sum(item for item, by_itself in zip(seconds, ends, strict=True) if by_itself)
    room = max(table["total"] - fixed, table["least"] * len(free))
    _fit(seconds, free, room)
    _fit(seconds, [i for i in range(len(seconds)) if i not in free], table["longest"] - room)
    return [
        round(item, 2 if by_itself else 1) for item, by_itself in zip(seconds, ends, strict=True)
    ]


def _fit(seconds: list[float], chosen: Sequence[int], room: float) -> None:
    """Shorten some parts until they last no longer than `room` s together: the longest first."""
    while chosen and sum(seconds[i] for i in chosen) > room + 1e-9:
        longest = max(seconds[i] for i in chosen)
        tied = [i for i in chosen if seconds[i] == longest]
        others = [seconds[i] for i in chosen if seconds[i] < longest]
        even = (room - sum(others)) / len(tied)
        for i in tied:
            seconds[i] = max(even, *others) if others else even


def _cut(wanted: Sequence[float | None], phases: Sequence[Phase], table: Table) -> list[str]:
    """What became of durations that were asked for and do not fit."""
    words = []
    for asked, phase in zip(wanted, phases, strict=True):
        lasts = phase.end - phase.start
        if asked is None or phase.goal.ends or abs(asked - lasts) <= 0.1:
            continue
        longer = asked < lasts
        why = (
            f"no part is shorter than {table['least']:g} s"
            if longer
            else f"all of it takes {table['total']:g} s at most"
        )
        words.append(f"{asked:.3g} s: {lasts:.3g} s, for {why}")
    return words
