"""A part of a reward's time, shown to it again and again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tabrl.control.arrays import Floats
from tabrl.control.rollout import Rollout


@dataclass(frozen=True)
class Window:
    """`lasts_s` seconds from `begin_s` on; all time unless told otherwise."""

    begin_s: float = 0.0
    lasts_s: float = np.inf

    def at(self, time: Floats) -> Floats:
        """The times within the window at which `time` since its first begin is."""
        if not np.isfinite(self.lasts_s):
            return time
        within: Floats = (self.begin_s + np.mod(time, self.lasts_s)).astype(np.float32)
        return within

    def shown(self, rollout: Rollout) -> Rollout:
        """The same motion, at these times."""
        return Rollout({**rollout.fields, "time": self.at(rollout.time)})
