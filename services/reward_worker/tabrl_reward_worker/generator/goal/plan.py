"""Goals one after the other: when each is asked for, and where the ones before it lead."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tabrl.contracts.motion import Duration, Reached
from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.abilities import Amounts, Table
from tabrl_reward_worker.generator.goal.goal import Goal


class Begin(NamedTuple):
    """Where a part of a plan begins: after so many s, facing and standing there.

    rad and m from where the robot began; None where the parts before it do not say.
    """

    time: float
    heading: float | None
    at: tuple[float, float] | None

    def after(self, goal: Goal, time: float) -> Begin:
        """Where what follows `goal` begins, at `time` s."""
        vx, vy, yaw, seconds = goal.vx or 0.0, goal.vy or 0.0, goal.yaw or 0.0, time - self.time
        known = goal.ends_by(Askable.HEADING) is not None or not goal.yaw
        heading = self.heading + yaw * seconds if self.heading is not None and known else None
        if not goal.moves:
            return Begin(time, heading, self.at)
        goes = goal.ends_by(Askable.WAY) is not None
        if not goes or heading is None or self.heading is None or self.at is None:
            return Begin(time, heading, None)
        half = yaw * seconds / 2.0
        chord = seconds * (math.sin(half) / half if half else 1.0)
        cos, sin = math.cos(self.heading + half), math.sin(self.heading + half)
        x, y = self.at
        at = (x + chord * (cos * vx - sin * vy), y + chord * (sin * vx + cos * vy))
        return Begin(time, heading, at)


@dataclass(frozen=True)
class Segment:
    """A goal in its time: s from when to when, at first or within one round.

    `begin` is where it begins, None where nobody knows: all that is asked for begins at the
    reset, and what comes again and again anywhere. Whoever has `turned` or been `displaced` in
    another part of the plan does not keep the heading or the place of the reset.
    """

    goal: Goal
    start: float = 0.0
    end: float = 0.0
    begin: Begin | None = None
    turned: bool = False
    displaced: bool = False


@dataclass
class Plan:
    """What is asked for: goals one after the other, or a single one that goes on.

    After the last of several the first begins again if it is to `repeat`; else that one goes on.
    """

    parts: list[Goal]
    repeat: bool = False
    understood: list[str] = field(default_factory=list)
    not_understood: list[str] = field(default_factory=list)

    @property
    def amounts(self) -> Amounts:
        """Those of the robot that it is for."""
        return self.parts[0].amounts

    @property
    def sequence(self) -> bool:
        """Whether there is more than one thing to do."""
        return len(self.parts) > 1

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for."""
        return not self.sequence and self.parts[0].empty

    @property
    def period(self) -> float:
        """How long all of a sequence takes, s; 0 for what goes on."""
        return self.segments()[-1].end

    def segments(self) -> list[Segment]:
        """The parts in their times, each told where the ones before it lead."""
        if not self.sequence:
            return [Segment(self.parts[0])]
        turned = any(part.yaw for part in self.parts)
        displaced = any(part.moves for part in self.parts)
        segments, begin = list[Segment](), Begin(0.0, 0.0, (0.0, 0.0))
        for part, seconds in zip(self.parts, self._seconds(), strict=True):
            known = None if self.repeat else begin
            end = round(begin.time + seconds, 2)
            segments.append(Segment(part, begin.time, end, known, turned, displaced))
            begin = begin.after(part, end)
        return segments

    def _seconds(self) -> list[float]:
        seconds = [lasts(part) or 0.0 for part in self.parts]
        if not self.repeat:
            seconds[-1] = rest_of(seconds[:-1], self.amounts["sequence"])
        return seconds


def lasts(goal: Goal) -> float | None:
    """How long a goal takes, s; None for what goes on."""
    until = goal.until
    if isinstance(until, Duration):
        return until.seconds
    if not isinstance(until, Reached):
        return None
    needed = arrives(goal)
    return round(min(until.within_s if needed is None else needed, until.within_s), 2)


def arrives(goal: Goal) -> float | None:
    """After how many s it has turned or gone as far as it is to; None where it never does."""
    turn, way = goal.ends_by(Askable.HEADING), goal.ends_by(Askable.WAY)
    if turn is not None and goal.yaw and turn / goal.yaw > 0.0:
        return turn / goal.yaw
    if way is not None and goal.moves and way > 0.0:
        return way / goal.speed
    return None


def rest_of(before: Sequence[float], table: Table) -> float:
    """For how many seconds is looked at what goes on after the parts before it."""
    return round(max(table["total"] - sum(before), table["least"]), 2)
