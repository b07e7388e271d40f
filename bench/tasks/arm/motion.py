"""What an arm did, read from the raw states of a recording by MuJoCo's own kinematics.

As `bench.tasks.motion`, it shares no code with what it scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from bench.rotation import Floats
from bench.tasks.arm.body import ArmBody, Tips
from bench.tasks.motion import HZ
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class ArmMotion:
    """One recording, a row every 20 ms: `time [T]` s since the reset, `qpos [T, nq]`."""

    body: ArmBody
    time: Floats
    qpos: Floats
    tips: Tips

    @classmethod
    def of(cls, body: ArmBody, time: NDArray[np.floating], qpos: NDArray[np.floating]) -> ArmMotion:
        """From raw states alone."""
        states = np.asarray(qpos, np.float64)
        return cls(body, np.asarray(time, np.float64), states, body.tips(states))

    def __len__(self) -> int:
        return len(self.time)

    def between(self, start_s: float, end_s: float) -> ArmMotion:
        """The rows of a window of time; a window that ends after the recording is cut.

        Raises `ValueError` if less than a second of it was recorded.
        """
        rows = slice(round(start_s * HZ), round(end_s * HZ))
        tips = Tips(self.tips.place[rows], self.tips.axis[rows], self.tips.touches[rows])
        part = ArmMotion(self.body, self.time[rows], self.qpos[rows], tips)
        if len(part) < HZ:
            raise ValueError(f"the recording holds less than a second of {start_s}…{end_s} s")
        return part

    @property
    def tip(self) -> Floats:
        """Where the tip is, `[T, 3]`, m: ahead, left, above the table."""
        return self.tips.place

    @cached_property
    def elevation(self) -> Floats:
        """Angle of the tool from straight down, rad."""
        axis = self.tips.axis
        return np.arctan2(np.hypot(axis[:, 0], axis[:, 1]), -axis[:, 2])

    @cached_property
    def azimuth(self) -> Floats:
        """Direction over the table that the tool points in, rad; left of ahead is positive."""
        return np.unwrap(np.arctan2(self.tips.axis[:, 1], self.tips.axis[:, 0]))

    @cached_property
    def fell(self) -> bool:
        """Whether it ever touched itself, or the table with anything but the tip."""
        return bool(self.tips.touches.any())
