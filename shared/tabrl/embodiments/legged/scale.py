"""How much larger a legged robot is than the one for which amounts were found.

Others get amounts by dynamic similarity (Alexander and Jayes, 1983): lengths by the standing
height h, speeds by sqrt(g h), frequencies by sqrt(g / h).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tabrl.robots import Robot

REFERENCE_HEIGHT = 0.28  # m, standing height of the robot for which amounts were found


@dataclass(frozen=True)
class Scale:
    """How much larger lengths, speeds and frequencies of a robot are than the reference's."""

    length: float
    speed: float
    frequency: float

    @classmethod
    def of(cls, robot: Robot) -> Scale:
        """By the standing height."""
        length = robot.characteristic_length / REFERENCE_HEIGHT
        return cls(length, math.sqrt(length), 1.0 / math.sqrt(length))
