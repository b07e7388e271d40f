"""On which side of an arm its elbow is."""

from __future__ import annotations

from tabrl.control.arrays import Floats
from tabrl.control.rollout import Rollout
from tabrl.embodiments.arm.embodiment import ArmRobot

SHOULDER, ELBOW, WRIST = 1, 2, 3  # of a limb's joints


def elbow_height(embodiment: ArmRobot, rollout: Rollout) -> Floats:
    """How far the elbow is above the middle of shoulder and wrist, m `[T, B]`."""
    bodies = embodiment.chain.bodies
    shoulder, elbow, wrist = (
        rollout.body_position[..., bodies[joint] - 1, 2] for joint in (SHOULDER, ELBOW, WRIST)
    )
    height: Floats = elbow - 0.5 * (shoulder + wrist)
    return height
