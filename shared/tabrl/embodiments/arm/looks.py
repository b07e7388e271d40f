"""How the motion of an arm looks: how gently it moves, and how near it comes to itself."""

from __future__ import annotations

import numpy as np

from tabrl.control.looks import Look
from tabrl.control.rollout import Rollout

JERK, SELF_CONTACT, CRAMPED = "jerk", "self_contact", "cramped"
CRAMPED_RAD = 0.15  # from a joint's limit
LOOKS = (
    Look(SELF_CONTACT, "the arm touches itself", "%", 0.01),
    Look(CRAMPED, "a joint is at its limit", "%", 0.02),
    Look(JERK, "jerky steps", "a step", 0.15),
)


def looks(rollout: Rollout, limits: tuple[tuple[float, float], ...]) -> dict[str, float]:
    """The numbers of `LOOKS` for a rollout `[T, B]`; `jerk` is the mean change of the actions."""
    lower, upper = np.array(limits).T
    position = rollout.joint_position
    near = np.minimum(position - lower, upper - position).min(-1) < CRAMPED_RAD
    return {
        SELF_CONTACT: float(rollout.self_contact.mean()),
        CRAMPED: float(near.mean()),
        JERK: float(np.abs(rollout.action - rollout.previous_action)[1:].mean()),
    }
