"""Episodes that begin in the middle of a schedule, as if all before had been gone through.

A simulator puts every robot to the same spot, whatever the time its schedule begins at. A reward
that minds where a robot is or looks would then find it two metres short of where it is to stand.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from tabrl.control.arrays import Floats
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.embodiment import Embodiment, Led
from tabrl.control.rollout import CONTROL_DT, Rollout
from tabrl.control.staged_commands import StagedCommands


class Beginnings:
    """When in one schedule the episodes of a batch of robots began, from rollout to rollout."""

    def __init__(self, embodiment: Embodiment, schedule: CommandSchedule) -> None:
        self._embodiment = embodiment
        self._schedule = StagedCommands.stack([schedule])
        self._leads = bool(schedule.later)  # else nothing was before
        self._began: Floats | None = None  # [B], s; of the next rollout, if it is known

    def placed(self, rollout: Rollout, ends: Float[np.ndarray, "T B"]) -> Rollout:
        """The motion as if each episode had begun where the schedule had led by then.

        `rollout` goes on from the one before; `ends` is 1 in the last step of an episode.
        """
        if not self._leads:
            return rollout
        began = self._beginnings(rollout.time, ends)
        times, which = np.unique(began, return_inverse=True)
        commands = self._schedule.pick(np.zeros(len(times), np.intp))
        led = self._embodiment.led(commands, times)
        which = which.reshape(began.shape)
        nobody = np.full(began.shape, -1)
        return self._embodiment.begun_at(rollout, nobody, Led(led.turned[which], led.moved[which]))

    def _beginnings(self, time: Floats, ends: Floats) -> Float[np.ndarray, "T B"]:
        """The schedule's time, s, at which the episode of each step began."""
        before = time - np.float32(CONTROL_DT)
        known = np.full_like(before[0], np.nan) if self._began is None else self._began
        now = np.where(np.isnan(known), before[0], known)
        began = np.empty_like(time)
        for t in range(len(time)):
            began[t] = now
            if t + 1 < len(time):
                now = np.where(ends[t] > 0.0, before[t + 1], now)
        # What begins after the last step is known only from the next rollout.
        self._began = np.where(ends[-1] > 0.0, np.nan, now).astype(np.float32)
        return began
