"""A part of a reward's time, shown to it again and again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from tabrl.control.arrays import Floats
from tabrl.control.embodiment import NOWHERE, Embodiment, Led
from tabrl.control.rollout import Rollout


@dataclass(frozen=True)
class Window:
    """`lasts_s` seconds from `begin_s` on; all time unless told otherwise.

    `led` is where the parts before have led by then.
    """

    begin_s: float = 0.0
    lasts_s: float = np.inf
    led: Led = NOWHERE

    def at(self, time: Floats) -> Floats:
        """The times within the window at which `time` since its first begin is."""
        if not np.isfinite(self.lasts_s):
            return time
        within: Floats = (self.begin_s + np.mod(time, self.lasts_s)).astype(np.float32)
        return within

    def shown(self, rollout: Rollout, embodiment: Embodiment) -> Rollout:
        """The same motion at these times, every round of it begun where the parts before led.

        Else a turn would be right in the first round alone, and what stands in all of them.
        """
        if not np.isfinite(self.lasts_s):
            return rollout
        begins = self._begins(rollout.time)
        placed = embodiment.begun_at(rollout, begins, self.led)
        return Rollout({**placed.fields, "time": self.at(rollout.time)})

    def _begins(self, time: Float[np.ndarray, "T B"]) -> Int[np.ndarray, "T B"]:
        """In which step the round of each step began; -1 for that which began with the episode."""
        rounds = np.floor(time / self.lasts_s)
        steps = np.arange(len(time))[:, None]
        new = np.zeros(time.shape, bool)
        new[1:] = rounds[1:] != rounds[:-1]
        return np.maximum.accumulate(np.where(new, steps, -1), axis=0)
