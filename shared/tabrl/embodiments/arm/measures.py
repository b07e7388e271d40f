"""Quantities of arms that are no fields of the rollout, for success checks.

In double precision and written apart from what rewards read: an error in one is no error in both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from tabrl.control.measures import GENERAL, Floats, Measures


class ArmMeasures(Measures):
    """Speeds and angles of the tool."""

    @property
    def touches(self) -> Mapping[str, Float[np.ndarray, "T B"]]:
        return {"table": self.rollout["table_contact"], "itself": self.rollout["self_contact"]}

    def doubles(self, field: str) -> Floats:
        """A field of the rollout in double precision."""
        return np.asarray(self.rollout[field], np.float64)

    @property
    def azimuth(self) -> Float[np.ndarray, "T B"]:
        """Direction over the table, within ±π."""
        axis = self.doubles("tool_axis")
        azimuth: Floats = np.arctan2(axis[..., 1], axis[..., 0])
        return azimuth

    @property
    def elevation(self) -> Float[np.ndarray, "T B"]:
        """Angle from straight down; half angles are exact near 0, arccos is not."""
        axis = self.doubles("tool_axis")
        aside: Floats = np.hypot(axis[..., 0], axis[..., 1])
        return np.arctan2(aside, -axis[..., 2])


_DERIVED: dict[str, Callable[[ArmMeasures], NDArray[Any]]] = {
    "tool_travel": lambda m: m.doubles("tool_position") - m.doubles("initial_tool_position"),
    "tool_height": lambda m: m.doubles("tool_position")[..., 2] - m.robot.end_effector_radius,
    "tool_speed": lambda m: np.linalg.norm(m.doubles("tool_velocity"), axis=-1),
    "tool_azimuth": lambda m: m.azimuth,
    "tool_elevation": lambda m: m.elevation,
}
ArmMeasures.derived = {**GENERAL, **_DERIVED}
