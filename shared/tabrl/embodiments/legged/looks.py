"""How the motion of a legged robot looks: where its feet go, how evenly and how gently it moves."""

from __future__ import annotations

import numpy as np

from tabrl.control.arrays import Floats
from tabrl.control.joints import MotorLines
from tabrl.control.looks import Look
from tabrl.control.mirror import Mirror
from tabrl.control.rollout import Rollout

HIGH_FEET, UNEVEN, SELF_CONTACT, JERK = "high_feet", "uneven", "self_contact", "jerk"
OVERSPEED = "overspeed"
LOOKS = (
    Look(HIGH_FEET, "a foot above the trunk", "%", 0.02),
    Look(UNEVEN, "left and right legs are held differently", "rad", 0.06),
    Look(SELF_CONTACT, "legs touch each other", "%", 0.01),
    Look(JERK, "jerky steps", "a step", 0.15),
    Look(OVERSPEED, "a joint turns faster than its motor can", "%", 0.02),
)


def looks(rollout: Rollout, mirror: Mirror | None, motors: MotorLines) -> dict[str, float]:
    """The numbers of `LOOKS` for a rollout `[T, B]`.

    `uneven` is the largest difference of a joint's mean angle from that of its partner in the
    mirror, rad, the mean over all robots; `jerk` the mean second difference of the actions.
    """
    above = rollout.foot_position[..., 2] > rollout.base_position[..., 2, None]
    second = rollout.action - 2.0 * rollout.previous_action + rollout.previous_previous_action
    return {
        HIGH_FEET: float(above.any(-1).mean()),
        UNEVEN: 0.0 if mirror is None else float(uneven(rollout, mirror).mean()),
        SELF_CONTACT: float(rollout.self_collision.mean()),
        JERK: float(np.abs(second[2:]).mean()),
        OVERSPEED: float((motors.overspeed(rollout.joint_velocity) > 0.0).any(-1).mean()),
    }


def uneven(rollout: Rollout, mirror: Mirror) -> Floats:
    """How differently left and right legs are held on average, rad, `[B]`."""
    mean = rollout.joint_position.mean(0)
    difference: Floats = np.abs(mean - mirror.action(mean)).max(-1)
    return difference


def cost_of_transport(rollout: Rollout, weight: float, slowest: float) -> float | None:
    """Mechanical power of all joints by weight (N) and mean speed (m/s); no unit.

    None of robots slower than `slowest`: who stands transports nothing.
    """
    speed = np.linalg.norm(rollout.base_linear_velocity, axis=-1).mean(0)
    moving = speed > slowest
    if not moving.any():
        return None
    power = np.abs(rollout.joint_torque * rollout.joint_velocity).sum(-1).mean(0)
    return float((power[moving] / (weight * speed[moving])).mean())


def action_rate(rollout: Rollout) -> float:
    """Mean change of an action from step to step, in units of action."""
    return float(np.abs(rollout.action - rollout.previous_action)[1:].mean())
