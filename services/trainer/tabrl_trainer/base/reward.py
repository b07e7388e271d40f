"""The base policy's reward: follow the command, step to the gait clock, move gently.

Term shapes after "Walk These Ways" (Margolis and Agrawal, 2022), constants tuned here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tabrl.control import rotation
from tabrl.control.program import HEIGHT, PITCH, ROLL, STANCE_SHARE, VX, VY, YAW
from tabrl.control.tape import Floats, Tape
from tabrl.robots import Robot

SWING_HEIGHT = 0.07  # m, clearance of a swing foot at its highest
HEADING_GAIN = 1.5  # rad/s of extra yaw rate a rad of heading error


@dataclass(frozen=True)
class BaseWeights:
    """Weights of the tracking terms; a curriculum puts velocity first."""

    velocity: float = 2.5
    yaw: float = 1.3
    orientation: float = 1.6
    height: float = 1.2


def base_terms(
    tape: Tape, heading_error: Floats, walking: Floats, robot: Robot, weights: BaseWeights
) -> dict[str, Floats]:
    """Weighted terms `[T, B]` from `heading_error` (rad) and `walking` (0 or 1), both `[T, B]`."""
    roll, pitch = rotation.roll_pitch(tape.base_quaternion)
    forward, left = heading_velocity(tape)
    command = tape.command
    error = (forward - command[..., VX]) ** 2 + (left - command[..., VY]) ** 2
    rate = command[..., YAW] + HEADING_GAIN * heading_error
    yaw_error = (tape.base_angular_velocity[..., 2] - rate) ** 2
    lean = (roll - command[..., ROLL]) ** 2 + (pitch - command[..., PITCH]) ** 2
    rise = (tape.base_position[..., 2] - robot.standing_height - command[..., HEIGHT]) ** 2
    moving, phase = walking[..., None], tape.gait_phase
    swing = moving * (phase > STANCE_SHARE)
    progress = np.clip((phase - STANCE_SHARE) / (1.0 - STANCE_SHARE), 0.0, 1.0)
    wanted = SWING_HEIGHT * np.sin(np.pi * progress)
    clearance = tape.foot_position[..., 2] - robot.foot_radius
    contact = tape.foot_contact
    slip = np.sum(tape.foot_velocity[..., :2] ** 2, axis=-1)
    stance = 1.0 - swing
    hips = tape.joint_position[..., 0::3]
    still = 1.0 - walking
    action_change = tape.action - tape.previous_action
    jerk = tape.action - 2.0 * tape.previous_action + tape.previous_previous_action
    return {
        "velocity": weights.velocity * (0.7 * np.exp(-error / 0.2) + 0.3 * np.exp(-error / 0.02)),
        "yaw": weights.yaw * (0.7 * np.exp(-yaw_error / 0.25) + 0.3 * np.exp(-yaw_error / 0.03)),
        "orientation": weights.orientation
        * (0.6 * np.exp(-lean / 0.03) + 0.4 * np.exp(-lean / 0.004)),
        "height": weights.height * (0.6 * np.exp(-rise / 0.003) + 0.4 * np.exp(-rise / 0.0003)),
        "swing": -0.7 * np.mean(swing * contact, axis=-1) * 2.0,
        "stance": -0.5 * np.mean(stance * (1.0 - contact), axis=-1) * 2.0,
        "slip": -0.7 * np.mean(stance * contact * (1.0 - np.exp(-slip / 0.1)), axis=-1) * 2.0,
        "clearance": -30.0 * np.sum(swing * (clearance - wanted) ** 2, axis=-1),
        "hips": -0.3 * np.sum(hips**2, axis=-1),
        "still": -0.004 * still * np.sum(tape.joint_velocity**2, axis=-1) * 0.1,
        "smooth": -0.010 * np.sum(action_change**2, axis=-1) - 0.004 * np.sum(jerk**2, axis=-1),
        "torque": -1e-4 * np.sum(tape.joint_torque**2, axis=-1),
        "bounce": -0.2 * _world_velocity(tape)[..., 2] ** 2,
        "knees": -0.5 * np.sum(tape.body_contact[..., 3::3] * (1.0 - contact), axis=-1),
        "fall": -10.0 * tape.fallen,
    }


def heading_velocity(tape: Tape) -> tuple[Floats, Floats]:
    """Forward and leftward speed `[T, B]`, m/s, along the heading: pitch and roll do not count."""
    world = _world_velocity(tape)
    yaw = rotation.yaw(tape.base_quaternion)
    cos: Floats = np.cos(yaw)
    sin: Floats = np.sin(yaw)
    x, y = world[..., 0], world[..., 1]
    return cos * x + sin * y, cos * y - sin * x


def _world_velocity(tape: Tape) -> Floats:
    inverse = tape.base_quaternion * np.array([1.0, -1.0, -1.0, -1.0], np.float32)
    return rotation.rotate_inverse(inverse, tape.base_linear_velocity)  # type: ignore[no-any-return]
