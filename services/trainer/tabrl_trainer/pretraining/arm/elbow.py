"""On which side of an arm its elbow is, in a rollout."""

from __future__ import annotations

from tabrl.control.arrays import Floats
from tabrl.control.rollout import Rollout
from tabrl.embodiments.arm.elbow import ELBOW, SHOULDER, WRIST, height
from tabrl.embodiments.arm.embodiment import ArmRobot


def elbow_height(embodiment: ArmRobot, rollout: Rollout) -> Floats:
    """How far the elbow is above the line from shoulder to wrist, m `[T, B]`."""
    bodies = embodiment.chain.bodies
    shoulder, elbow, wrist = (
        rollout.body_position[..., bodies[joint] - 1, :] for joint in (SHOULDER, ELBOW, WRIST)
    )
    found: Floats = height(shoulder, elbow, wrist)
    return found
