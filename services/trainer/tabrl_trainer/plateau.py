"""When a fine-tuning no longer pays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WINDOW = 25  # updates, some ten seconds on two cores: noise of a single update is 2 to 3 %
LEAST_GAIN = 0.004  # of the reward's size, from one window to the next


@dataclass(frozen=True)
class Plateau:
    """The rewards of a fine-tuning's updates so far, oldest first.

    It is flat once the last `window` updates earned hardly more than as many before them.
    """

    window: int = WINDOW
    least_gain: float = LEAST_GAIN
    rewards: tuple[float, ...] = ()

    def added(self, reward: float) -> Plateau:
        """With the reward of a further update; what is too old to count is forgotten."""
        kept = (*self.rewards, reward)[-2 * self.window :]
        return Plateau(self.window, self.least_gain, kept)

    @property
    def flat(self) -> bool:
        """Whether it no longer rises; never before two windows are full."""
        if len(self.rewards) < 2 * self.window:
            return False
        before, last = np.mean(np.reshape(self.rewards, (2, self.window)), axis=1)
        return bool(last - before < self.least_gain * abs(before))
