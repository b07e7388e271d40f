"""From the goals of a sentence's parts to a plan.

What has an end (so many seconds, rounds, metres or times) ends, and the robot then stands, unless
the sentence says that all of it is done again and again. A turn or a way is as long as it takes at
the speed that is asked for: the path that the policy follows arrives when the time is up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from tabrl.contracts.motion import Duration, Hold
from tabrl.contracts.phases import MAX_PHASES, SHORTEST_S
from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.abilities import Amounts, Table
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.plan import Plan, Segment, arrives
from tabrl_reward_worker.generator.reading.intents import Reading

ORDINALS = ("first", "second", "third")


def in_phases(
    parts: Sequence[tuple[Reading, Goal]], amounts: Amounts, *, repeats: bool = False
) -> Plan:
    """The goals one after the other. What asks for nothing is left out."""
    asked = [(reading, goal) for reading, goal in parts if not goal.empty]
    goals = [goal for _, goal in asked]
    wanted = [_lasting(reading, goal) for reading, goal in asked]
    table = amounts["sequence"]
    ends = bool(asked) and not repeats and _comes_to_an_end(goals[-1], wanted, table)
    if not goals or (len(goals) == 1 and (not ends or goals[0].only_still)):
        return _alone(parts, goals[0] if goals else Goal(amounts))
    for goal, seconds in zip(goals, _durations(wanted, goals, table), strict=True):
        _hasten(goal, seconds)
        goal.until = goal.until if goal.ends else Duration(seconds=seconds)
    ends = ends and len(goals) < MAX_PHASES  # else there is no room for it
    if ends and not goals[-1].only_still:
        goals.append(standing(amounts))
        asked.append((Reading(), goals[-1]))
        wanted.append(None)
    if not repeats:
        wanted[-1] = None
        goals[-1].until = goals[-1].until if goals[-1].ends else Hold()
    plan = Plan(goals, repeats)
    segments = plan.segments()
    _tell(plan, asked, segments)
    for goal in (goal for _, goal in parts if goal.empty):
        # "then don't turn" asks for nothing, and is said all the same
        plan.understood += goal.understood
        plan.not_understood += goal.not_understood
    afterwards = f"a round of {plan.period:g} s, then again" if repeats else "the last one goes on"
    plan.understood.append(
        "that has an end → it stands afterwards" if ends else f"one after the other → {afterwards}"
    )
    plan.not_understood += _cut(wanted, segments, table)
    return plan


def standing(amounts: Amounts) -> Goal:
    """A goal of standing still."""
    goal = Goal(amounts)
    goal.still = True
    return goal


def _tell(plan: Plan, asked: Sequence[tuple[Reading, Goal]], segments: Sequence[Segment]) -> None:
    """What was understood of each part, and how long it takes."""
    for ordinal, (reading, goal), one in zip(ORDINALS, asked, segments, strict=False):
        words = reading.seconds_text or (goal.lasts[0] if goal.lasts else "")
        lasts = f"{one.end - one.start:.4g} s"
        how_long = f"“{words}” → {lasts}" if words else lasts
        plan.understood += [f"{ordinal} ({how_long}): {line}" for line in goal.understood]
        plan.not_understood += goal.not_understood


def _comes_to_an_end(goal: Goal, wanted: Sequence[float | None], table: Table) -> bool:
    """Whether the last part is over while somebody looks; who is to walk for a minute walks on."""
    *before, last = wanted
    room = table["total"] - table["least"] * len(before)
    return last is not None and (goal.ends or last <= room)


def _lasting(reading: Reading, goal: Goal) -> float | None:
    """How long a part is to last, s, where the sentence says so."""
    needed = None if reading.seconds else arrives(goal)
    if needed is not None:
        return needed
    goal.until = Hold()  # what was to go so far has given way to something else
    return reading.seconds or (goal.lasts and goal.lasts[1])


def _hasten(goal: Goal, seconds: float) -> None:
    """Make it fast enough to arrive in time."""
    if goal.lasts is None or seconds > goal.lasts[1] - 0.05:
        return
    turn, way = goal.ends_by(Askable.HEADING), goal.ends_by(Askable.WAY)
    if turn is not None:
        rate = min(abs(turn) / seconds, goal.amounts["turn"]["limit"])
        goal.yaw = math.copysign(round(rate, 4), turn)
    elif way is not None:
        share = way / seconds / goal.speed
        goal.vx = None if goal.vx is None else round(goal.vx * share, 4)
        goal.vy = None if goal.vy is None else round(goal.vy * share, 4)


def _alone(parts: Sequence[tuple[Reading, Goal]], asked: Goal) -> Plan:
    """The only goal there is, with what was said in all parts."""
    understood = [line for _, goal in parts for line in goal.understood]
    not_understood = [line for _, goal in parts for line in goal.not_understood]
    lasting = [*(reading.seconds_text for reading, _ in parts), asked.lasts and asked.lasts[0]]
    not_understood += [f"“{text}”: it goes on all the time" for text in lasting if text]
    asked.until = Hold()
    return Plan([asked], understood=understood, not_understood=not_understood)


def _durations(wanted: Sequence[float | None], goals: Sequence[Goal], table: Table) -> list[float]:
    """Seconds of each part: as the sentence says, within what an episode can show.

    What ends by turning or going so far takes as long as it takes: others give way to it.
    """
    usual = table["normal" if len(wanted) < 3 else "several"]
    seconds = [
        max(SHORTEST_S if goal.ends else table["least"], usual if asked is None else asked)
        for asked, goal in zip(wanted, goals, strict=True)
    ]
    free = [index for index, goal in enumerate(goals) if not goal.ends]
    fixed = sum(item for item, goal in zip(seconds, goals, strict=True) if goal.ends)
    room = max(table["total"] - fixed, table["least"] * len(free))
    _fit(seconds, free, room)
    _fit(seconds, [i for i in range(len(seconds)) if i not in free], table["longest"] - room)
    return [round(item, 2 if goal.ends else 1) for item, goal in zip(seconds, goals, strict=True)]


def _fit(seconds: list[float], chosen: Sequence[int], room: float) -> None:
    """Shorten some parts until they last no longer than `room` s together: the longest first."""
    while chosen and sum(seconds[i] for i in chosen) > room + 1e-9:
        longest = max(seconds[i] for i in chosen)
        tied = [i for i in chosen if seconds[i] == longest]
        others = [seconds[i] for i in chosen if seconds[i] < longest]
        even = (room - sum(others)) / len(tied)
        for i in tied:
            seconds[i] = max(even, *others) if others else even


def _cut(wanted: Sequence[float | None], segments: Sequence[Segment], table: Table) -> list[str]:
    """What became of durations that were asked for and do not fit."""
    words = []
    for asked, one in zip(wanted, segments, strict=True):
        lasts = one.end - one.start
        if asked is None or one.goal.ends or abs(asked - lasts) <= 0.1:
            continue
        longer = asked < lasts
        why = (
            f"no part is shorter than {table['least']:g} s"
            if longer
            else f"all of it takes {table['total']:g} s at most"
        )
        words.append(f"{asked:.3g} s: {lasts:.3g} s, for {why}")
    return words
