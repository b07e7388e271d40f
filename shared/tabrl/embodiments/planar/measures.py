"""Success checks of planar robots: what is not a field of the rollout by the same name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from tabrl.control.measures import GENERAL, Measures, feet_on_ground


class PlanarMeasures(Measures):
    """Quantities of a planar robot's rollout."""

    @property
    def touches(self) -> Mapping[str, Float[np.ndarray, "T B"]]:
        feet = feet_on_ground(self.rollout, self.robot)
        return {**feet, "trunk": self.rollout["fallen"]}


_DERIVED: dict[str, Callable[[PlanarMeasures], NDArray[Any]]] = {
    "displacement": lambda m: m.rollout["base_position"][..., 0],
    "height": lambda m: m.rollout["base_position"][..., 2],
    "uprightness": lambda m: np.cos(np.asarray(m.rollout["pitch"], np.float64)),
    "feet_in_air": lambda m: np.sum(m.rollout["foot_contact"] < 0.5, axis=-1),
    "on_feet": lambda m: (
        m.rollout["body_contact"].sum(-1) - m.rollout["foot_contact"].sum(-1) < 0.5
    ),
}
PlanarMeasures.derived = {**GENERAL, **_DERIVED}
