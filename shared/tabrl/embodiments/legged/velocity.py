"""How fast the trunk of a legged robot moves over the floor."""

from __future__ import annotations

import numpy as np

from tabrl.control import rotation
from tabrl.control.arrays import Floats
from tabrl.control.rollout import Rollout


def heading_velocity(rollout: Rollout) -> tuple[Floats, Floats]:
    """Forward and leftward speed `[T, B]`, m/s, along the heading: pitch and roll do not count."""
    world = world_velocity(rollout)
    yaw = rotation.yaw(rollout.base_quaternion)
    cos: Floats = np.cos(yaw)
    sin: Floats = np.sin(yaw)
    x, y = world[..., 0], world[..., 1]
    return cos * x + sin * y, cos * y - sin * x


def world_velocity(rollout: Rollout) -> Floats:
    """The trunk's velocity `[T, B, 3]` in the world, m/s."""
    inverse = rollout.base_quaternion * np.array([1.0, -1.0, -1.0, -1.0], np.float32)
    velocity: Floats = rotation.rotate_inverse(inverse, rollout.base_linear_velocity)
    return velocity
