"""Schedules whose stages follow each other by time, as batches of one shape.

Every schedule has room for `MAX_PHASES` stages, used or not, so that what is compiled for one is
compiled for all. A stage is chosen by the time since reset, modulo the period where stages repeat;
what it asks for is then a plain schedule's, whose clocks (modulation and gait) run on over all
switches: a reward that listens to a rhythm keeps hearing the same one however often they begin
again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import DTypeLike

from tabrl.contracts.phases import MAX_PHASES
from tabrl.control.arrays import Array, Xp
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule

FOREVER_S = 1e9  # a stage that nothing follows; finite, so that no rest of a division is lost
# Half a control step: clocks that add up steps miss a switch by rounding, on either side.
EARLY_S = 0.01


class Place(NamedTuple):
    """Where in their schedules robots are: whole periods done, seconds since, the stage."""

    periods: Float[Array, "*B"]
    into_s: Float[Array, "*B"]
    stage: Int[Array, "*B"]


@dataclass(frozen=True)
class StagedCommands:
    """A batch of schedules: `stages`, whose arrays are `[B, S, …]`, and `duration [B, S]` in s,
    0 for stages that are not used."""

    stages: CommandBatch
    duration: Float[Array, "*B S"]

    @classmethod
    def stack(cls, schedules: Sequence[CommandSchedule], dtype: DTypeLike = np.float32) -> Self:
        """One batch of many schedules."""
        stages = [
            stage
            for schedule in schedules
            for stage in (schedule.stages + schedule.stages[:1] * MAX_PHASES)[:MAX_PHASES]
        ]
        rows = CommandBatch.stack(stages, dtype).map(
            lambda values: values.reshape(len(schedules), MAX_PHASES, *values.shape[1:])
        )
        duration = np.zeros((len(schedules), MAX_PHASES), dtype)
        duration[:, 0] = FOREVER_S
        for row, schedule in enumerate(schedules):
            duration[row, : len(schedule.stages_s)] = schedule.stages_s
            if not schedule.repeat:
                duration[row, len(schedule.stages_s) - 1] = FOREVER_S
        return cls(rows, duration)

    @classmethod
    def of(cls, commands: CommandBatch | Self) -> Self:
        """A batch of single stages, each for ever; staged commands are what they are."""
        if not isinstance(commands, CommandBatch):
            return commands
        duration = np.zeros((len(commands), MAX_PHASES), np.float32)
        duration[:, 0] = FOREVER_S
        repeated = commands.map(lambda values: np.repeat(values[:, None], MAX_PHASES, axis=1))
        return cls(repeated, duration)

    def __len__(self) -> int:
        return int(self.duration.shape[0])

    def pick(self, index: Int[Array, " N"] | slice) -> Self:
        """The schedules at `index`."""
        return type(self)(self.stages.pick(index), self.duration[index])

    def joined(self, other: Self) -> Self:
        """These schedules, then the other ones."""
        duration = np.concatenate([self.duration, other.duration])
        return type(self)(self.stages.joined(other.stages), duration)

    def replace_at(self, index: Int[Array, " N"], others: Self) -> None:
        """Write `others` over the schedules at `index`, in place."""
        self.stages.replace_at(index, others.stages)
        self.duration[index] = others.duration

    def arrays(self) -> list[Array]:
        """All arrays, always in the same order: those of the stages, then the durations."""
        return [*self.stages.arrays(), self.duration]

    def first(self) -> CommandBatch:
        """The stages that the schedules begin with, `[B, …]`."""
        return self.stage(0)

    def at(self, time: Float[Array, "*B"], xp: Xp = np) -> CommandBatch:
        """What is asked at `time` s after the reset, as schedules of one stage `[B, …]`."""
        place = self.place(time, xp)
        now = self.chosen(place.stage, xp)
        return now.begun(time - place.into_s + self._begins(place.stage, xp), xp)

    def place(self, time: Float[Array, "*B"], xp: Xp = np) -> Place:
        """Where in its schedule every robot is at `time` s after the reset."""
        period = self.duration.sum(-1)
        periods = xp.floor((time + EARLY_S) / period)
        into = time - periods * period
        begin, index = xp.zeros_like(periods), xp.zeros_like(periods)
        for k in range(1, MAX_PHASES):
            begin = begin + self.duration[..., k - 1]
            index = xp.where((self.duration[..., k] > 0.0) & (into + EARLY_S >= begin), k, index)
        return Place(periods, into, index)

    def _begins(self, stage: Int[Array, "*B"], xp: Xp) -> Float[Array, "*B"]:
        """When in its period a stage begins, s."""
        begin = after = xp.zeros_like(self.duration[..., 0])
        for k in range(1, MAX_PHASES):
            after = after + self.duration[..., k - 1]
            begin = xp.where(stage >= k, after, begin)
        return begin

    def lasting(self, xp: Xp = np) -> Float[Array, "*B S"]:
        """How long the stages last, s; nothing for schedules that never begin again."""
        return xp.where(self.duration[..., 1:2] > 0.0, self.duration, 0.0)

    def stage(self, k: int) -> CommandBatch:
        """Stage `k` of every schedule."""
        axis = self.duration.ndim - 1
        return self.stages.map(lambda values: values[(slice(None),) * axis + (k,)])

    def chosen(self, index: Int[Array, "*B"], xp: Xp = np) -> CommandBatch:
        """Stage `index` of each schedule."""
        chosen = self.stage(0)
        for k in range(1, MAX_PHASES):
            chosen = chosen.where(index != k, self.stage(k), xp)
        return chosen


Commands = CommandBatch | StagedCommands
