"""The numbers of a goal that follow-ups change, and how one of them changes: `numbers.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.abilities import Amounts
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.limits import limited, ranges


@dataclass(frozen=True)
class Number:
    """What a quantity is held at, or how far it swings; see the file."""

    quantity: Askable
    channel: str  # "" for what is held
    least: float
    compared: str
    lowest: float = 0.0
    told: str = ""
    scale: str = ""
    paced: bool = False
    of: str = ""
    what: str = ""
    example: str = ""

    def get(self, goal: Goal) -> float | None:
        """What it is, with its sign; None where it is nothing."""
        if not self.channel:
            return goal.held(self.quantity) or None
        swing = goal.swings.get(self.channel)
        return swing.amplitude if swing else None

    def scaled(self, goal: Goal, factor: float) -> str:
        """Make it so many times as much, within the robot's limits, and say so."""
        was = self.get(goal) or 0.0
        least, limit = self._of_robot(self.least, goal.amounts), self._limit(goal, was)
        now = within(was * factor, least, limit)
        self._put(goal, now)
        return self.compared.format(now=abs(now), was=abs(was), cm=abs(now) * 100.0)

    def set(self, goal: Goal, size: float) -> str:
        """Make it so much, with the sign that it has, as far as the robot can, and say so."""
        was, unit = self.get(goal) or 0.0, ranges(goal.amounts)[self.quantity].unit
        lowest = self._of_robot(self.lowest, goal.amounts)
        size = max(lowest, limited(size, self._limit(goal, was), unit, goal))
        now = round(size, 3)
        self._put(goal, -now if was < 0.0 else now)
        return self.told.format(now=now, cm=now * 100.0, said=size * 100.0)

    def _limit(self, goal: Goal, value: float) -> float:
        one = ranges(goal.amounts)[self.quantity]
        return one.swing if self.channel else one.limit(value)

    def _put(self, goal: Goal, value: float) -> None:
        if self.channel:
            goal.swing(self.channel, value)
        else:
            goal.hold(self.quantity, value)

    def _of_robot(self, reference: float, amounts: Amounts) -> float:
        grows = {"speed": amounts.speed, "rate": amounts.rate, "length": amounts.length}
        return grows[self.scale](reference) if self.scale else reference


def within(value: float, least: float, limit: float) -> float:
    """The value no smaller and no larger than that, with its sign; to what a sentence says."""
    size = max(least, min(abs(value), limit))
    return round(size if value > 0.0 else -size, 3)


@cache
def numbers() -> Mapping[str, Number]:
    """By the names that comparisons have for them."""
    data: dict[str, Any] = tomllib.loads(
        files(__package__).joinpath("numbers.toml").read_text("utf-8")
    )
    swings: dict[str, dict[str, Any]] = data.pop("swing")
    rows = [(name, "", row) for name, row in data.items()]
    rows += [(amplitude_of(channel), channel, row) for channel, row in swings.items()]
    return {
        name: Number(**{**row, "quantity": Askable(row["quantity"]), "channel": channel})
        for name, channel, row in rows
    }


def amplitude_of(channel: str) -> str:
    """The name of the number that says how far a channel swings."""
    return f"amplitude of {channel}"
