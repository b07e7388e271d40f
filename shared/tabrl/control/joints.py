"""From actions to joint targets and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tabrl.control.arrays import Array, Floats, Xp
from tabrl.robots import Robot


@dataclass(frozen=True)
class Joints:
    """The robot's joint constants `[nu]`, rad: home, action scale, lower and upper limit."""

    home: Floats
    scale: Floats
    lower: Floats
    upper: Floats

    @classmethod
    def of(cls, robot: Robot) -> Joints:
        """Constants of a robot, float32."""
        limits = np.array(robot.joint_range, np.float32)
        return cls(
            np.array(robot.home, np.float32),
            np.array(robot.action_scale, np.float32),
            limits[:, 0],
            limits[:, 1],
        )

    def targets(self, action: Float[Array, "... nu"], xp: Xp = np) -> Float[Array, "... nu"]:
        """Actuator targets (rad) of an action: home + scale * action, within limits."""
        return xp.clip(self.home + self.scale * action, self.lower, self.upper)

    def action(self, ctrl: Float[Array, "... nu"]) -> Float[Array, "... nu"]:
        """The action that stands behind actuator targets."""
        return (ctrl - self.home) / self.scale
