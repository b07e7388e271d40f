"""How fast a peer steps a task of its own, without any learning."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

from pydantic import BaseModel


class SteppingRow(BaseModel):
    """Control steps a second, the median of the repeats, and the physics steps that each holds."""

    name: str
    robots: int
    repeats: int
    control_per_s: float
    substeps: int

    @property
    def physics_per_s(self) -> float:
        """Physics steps a second."""
        return self.control_per_s * self.substeps


def control_rate(
    step: Callable[[], object],
    robots: int,
    steps: int,
    repeats: int,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Control steps a second of all robots together, the median of the repeats.

    Args:
        step: one control step of all robots; called once more beforehand, unmeasured.
        robots: how many it steps.
        steps: how many it makes a repeat.
        repeats: how often these are measured.
        clock: seconds.
    """
    step()
    seconds = []
    for _ in range(repeats):
        began = clock()
        for _ in range(steps):
            step()
        seconds.append(clock() - began)
    return median(robots * steps / took for took in seconds)
