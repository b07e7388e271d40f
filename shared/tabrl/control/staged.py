"""CommandBatch whose phases follow each other by time, as batches of one shape.

Every schedule has room for `MAX_PHASES` phases, used or not, so that what is compiled for one is
compiled for all. A phase is chosen by the time since reset, modulo the period; what it asks for is
then a plain program's, whose clocks (beat and gait) run on over all switches: a reward that listens
to a beat keeps hearing the same one however often the phases begin again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from tabrl.contracts.phases import MAX_PHASES
from tabrl.control.commands import CommandBatch, CommandSchedule
from tabrl.control.rotation import Array

FOREVER_S = 1e9  # a schedule of one phase; finite, so that no rest of a division is lost
# Half a control step: clocks that add up steps miss a switch by rounding, on either side.
EARLY_S = 0.01


@dataclass(frozen=True)
class StagedCommands:
    """A batch of schedules: `phases`, whose fields are `[B, MAX_PHASES, …]`, and `duration
    [B, MAX_PHASES]` in s, 0 for phases that are not used."""

    phases: CommandBatch
    duration: Array

    @classmethod
    def stack(cls, schedules: list[CommandSchedule]) -> Self:
        """One batch of many schedules, float32."""
        phases = [
            phase
            for schedule in schedules
            for phase in (schedule.phases + schedule.phases[:1] * MAX_PHASES)[:MAX_PHASES]
        ]
        rows = CommandBatch.stack(phases).map(
            lambda field: field.reshape(len(schedules), MAX_PHASES, *field.shape[1:])
        )
        duration = np.zeros((len(schedules), MAX_PHASES), np.float32)
        duration[:, 0] = FOREVER_S
        for row, schedule in enumerate(schedules):
            duration[row, : len(schedule.phases_s)] = schedule.phases_s
        return cls(rows, duration)

    @classmethod
    def of(cls, schedules: CommandBatch | Self) -> Self:
        """A batch of single phases, each for ever; sequences are what they are."""
        if isinstance(schedules, StagedCommands):
            return schedules
        duration = np.zeros((len(schedules), MAX_PHASES), np.float32)
        duration[:, 0] = FOREVER_S
        repeated = schedules.map(lambda field: np.repeat(field[:, None], MAX_PHASES, axis=1))
        return cls(repeated, duration)

    def __len__(self) -> int:
        return int(self.duration.shape[0])

    def pick(self, index: Array | slice) -> StagedCommands:
        """The schedules at `index`."""
        return StagedCommands(self.phases.pick(index), self.duration[index])

    def replace_at(self, index: Array, others: StagedCommands) -> None:
        """Write `others` over the schedules at `index`, in place."""
        self.phases.replace_at(index, others.phases)
        self.duration[index] = others.duration

    def first(self) -> CommandBatch:
        """The phases that the schedules begin with, `[B, …]`."""
        return self._phase(0)

    def at(self, time: Array, xp: Any = np) -> CommandBatch:
        """What is asked at `time [B]` s after the reset, as schedules of one phase `[B, …]`."""
        _, _, index = self._place(time, xp)
        return self._chosen(index, xp)

    def heading(self, time: Array, xp: Any = np) -> Array:
        """How far the schedules have turned the robot by `time [B]`, rad, not wrapped.

        The integral of the yaw channel's constants over all phases so far; the swings of the
        channel, whichever phase they belong to, go to and fro about that course.
        """
        cycles, into, index = self._place(time, xp)
        rate, lasts = self.phases.course(xp), self.duration
        turned = begin = xp.zeros_like(cycles)
        before, since = turned, into
        for k in range(1, MAX_PHASES):
            turned = turned + rate[..., k - 1] * lasts[..., k - 1]
            begin = begin + lasts[..., k - 1]
            before = xp.where(index == k, turned, before)
            since = xp.where(index == k, into - begin, since)
        whole = turned + rate[..., -1] * lasts[..., -1]
        now, first = self._chosen(index, xp), self.first()
        middle = xp.where(index > 0, first.lead(xp) - now.lead(xp), 0.0)
        # In this order a single phase gets the very bits of a plain schedule.
        within = now.course(xp) * since + now.swing(time, xp)
        return within + (cycles * whole + before + middle)

    def _place(self, time: Array, xp: Any) -> tuple[Array, Array, Array]:
        """Whole periods done, seconds since the last one, and the index of the phase, `[B]`."""
        period = self.duration.sum(-1)
        cycles = xp.floor((time + EARLY_S) / period)
        into = time - cycles * period
        begin, index = xp.zeros_like(cycles), xp.zeros_like(cycles)
        for k in range(1, MAX_PHASES):
            begin = begin + self.duration[..., k - 1]
            index = xp.where((self.duration[..., k] > 0.0) & (into + EARLY_S >= begin), k, index)
        return cycles, into, index

    def _phase(self, k: int) -> CommandBatch:
        axis = self.duration.ndim - 1
        return self.phases.map(lambda field: field[(slice(None),) * axis + (k,)])

    def _chosen(self, index: Array, xp: Any) -> CommandBatch:
        """Phase `index [B]` of each schedule."""
        chosen = self._phase(0)
        for k in range(1, MAX_PHASES):
            chosen = chosen.where(index != k, self._phase(k), xp)
        return chosen
