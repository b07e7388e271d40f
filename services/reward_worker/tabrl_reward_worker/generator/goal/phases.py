"""From the goals of a sentence's parts to a plan.

What has an end (so many seconds, rounds, metres or times) ends, and the robot then stands, unless
the sentence says that all of it is done again and again. A turn or a way is as long as it takes at
the speed that is asked for: the path that the policy follows arrives when the time is up. What does
not fit into an episode is hurried or shortened, and said.
"""

from __future__ import annotations

from collections.abc import Sequence

from tabrl.contracts.motion import Duration, Hold, Reached
from tabrl.contracts.phases import MAX_PHASES, SHORTEST_S
from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.abilities import Amounts, Table, figure
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.plan import Plan, Segment, arrives, lasts
from tabrl_reward_worker.generator.reading.intents import Reading

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
_FEW = 3  # parts: more of them have more time together
_FASTEST = {  # tables of what hurries, one way and the other
    Askable.FORWARD_SPEED: ("forward", "backward"),
    Askable.LATERAL_SPEED: ("sideways", "sideways"),
    Askable.YAW_RATE: ("spin", "spin"),
}
_TURNING = (Askable.YAW_RATE,)


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
        hasten(goal, seconds)
        goal.until = goal.until if goal.ends else Duration(seconds=seconds)
    if ends and len(goals) == MAX_PHASES:
        goals[-1].not_understood.append("the last one goes on: there is no room to stand after it")
        goals[-1].until, ends = Hold(), False
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
    how = f"a round of {plan.period:.3g} s, then again" if repeats else "the last one goes on"
    told = "that has an end → it stands afterwards" if ends else f"one after the other → {how}"
    plan.understood.append(told)
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
        lasts = f"{one.end - one.start:.3g} s"
        how_long = f"“{words}” → {lasts}" if words else lasts
        plan.understood += [f"{ordinal} ({how_long}): {line}" for line in goal.understood]
        plan.not_understood += goal.not_understood


def _comes_to_an_end(goal: Goal, wanted: Sequence[float | None], table: Table) -> bool:
    """Whether the last part is over while somebody looks; who is to walk for a minute walks on."""
    *before, last = wanted
    room = _together(len(wanted), table)[0] - table["least"] * len(before)
    return last is not None and (goal.ends or last <= room)


def _lasting(reading: Reading, goal: Goal) -> float | None:
    """How long a part is to last, s, where the sentence says so."""
    needed = None if reading.seconds else arrives(goal)
    if needed is not None:
        return needed
    goal.until = Hold()  # what was to go so far has given way to something else
    return reading.seconds or (goal.lasts and goal.lasts[1])


def fit_in(parts: Sequence[Goal]) -> None:
    """Hasten what takes longer than an episode has; slow down what would be over at once."""
    for part in parts:
        others = sum(lasts(other) or 0.0 for other in parts if other is not part)
        table = part.amounts["sequence"]
        hasten(part, max(table["whole"] - others, table["least"]))


def hasten(goal: Goal, seconds: float) -> None:
    """Make it as fast as it is to arrive, as far as the robot can; what was changed is said."""
    needs, until = arrives(goal), goal.until
    if needs is None or not isinstance(until, Reached):
        return
    seconds = min(seconds, max(needs, SHORTEST_S))
    if abs(seconds - needs) < 0.05 and needs >= SHORTEST_S:
        return
    turns, words = until.quantity == Askable.HEADING, (goal.lasts and goal.lasts[0]) or "so far"
    hurry, was = needs / seconds, abs((goal.yaw if turns else goal.speed) or 0.0)
    moved = {name: v for name in _FASTEST if (name in _TURNING) is turns and (v := goal.held(name))}
    for name, value in moved.items():
        table = goal.amounts[_FASTEST[name][value < 0.0]]
        most = max(min(table["very_fast"], table["limit"]), abs(value))
        hurry = min(hurry, most / abs(value))
    for name, value in moved.items():
        goal.hold(name, round(value * hurry, 4))
    now, unit = f"{was * hurry:.3g}", "rad" if turns else "m"
    goal.say(words, f"at {now} {unit}/s instead of {was:.3g}, to be done in {seconds:.3g} s")
    reached = until.by * hurry * seconds / needs
    if abs(until.by) > 1.01 * abs(reached):
        goal.until = until.model_copy(update={"by": round(reached, 3)})
        far = f"{abs(reached):.3g} {unit} in the {seconds:.3g} s that there are"
        goal.not_understood.append(f"“{words}”: only {far}")


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
    total, longest = _together(len(wanted), table)
    usual = table["normal" if len(wanted) < _FEW else "several" if len(wanted) == _FEW else "many"]
    seconds = [
        max(SHORTEST_S if goal.ends else table["least"], usual if asked is None else asked)
        for asked, goal in zip(wanted, goals, strict=True)
    ]
    free = [index for index, goal in enumerate(goals) if not goal.ends]
    fixed = sum(item for item, goal in zip(seconds, goals, strict=True) if goal.ends)
    room = max(total - fixed, table["least"] * len(free))
    _fit(seconds, free, room)
    _fit(seconds, [i for i in range(len(seconds)) if i not in free], longest - room)
    return [round(item, 2 if goal.ends else 1) for item, goal in zip(seconds, goals, strict=True)]


def _together(count: int, table: Table) -> tuple[float, float]:
    """How long so many parts last at most, s: those that may be shorter, and all of them."""
    return (table["total"], table["longest"]) if count <= _FEW else (table["whole"],) * 2


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
    words, total = [], _together(len(wanted), table)[0]
    for asked, one in zip(wanted, segments, strict=True):
        lasts = one.end - one.start
        if asked is None or one.goal.ends or abs(asked - lasts) <= 0.1:
            continue
        longer = asked < lasts
        why = (
            f"no part is shorter than {table['least']:.3g} s"
            if longer
            else f"all of it takes {total:.3g} s at most"
        )
        words.append(f"{figure(asked)} s: {figure(lasts)} s, for {why}")
    return words
