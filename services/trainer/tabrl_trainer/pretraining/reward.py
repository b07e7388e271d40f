"""The base policy's reward: follow the command, step to the gait clock, move gently.

Term shapes after "Walk These Ways" (Margolis and Agrawal, 2022), constants tuned here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tabrl.control import rotation
from tabrl.control.commands import (
    HEIGHT,
    HOPPING,
    JUMP,
    LIFT,
    LIFTED,
    PITCH,
    REAR,
    REARED,
    ROLL,
    SWING_HEIGHT,
    VX,
    VY,
    YAW,
    CommandBatch,
)  # fmt: skip
from tabrl.control.gait import DUTY_FACTOR
from tabrl.control.rollout import Floats, Rollout
from tabrl.robots import Robot

USUAL_SWING_HEIGHT = 0.07  # m, clearance of a swing foot at its highest, unless commanded
HEADING_GAIN = 1.5  # rad/s of extra yaw rate a rad of heading error
REAR_CLEARANCE = 0.2  # m, at least, of both front feet of a robot that has reared


@dataclass(frozen=True)
class BaseWeights:
    """Weights of the tracking terms; a curriculum puts velocity first."""

    velocity: float = 2.5
    yaw: float = 1.3
    orientation: float = 1.6
    height: float = 1.2
    feet: float = 1.5
    schedule: float = 1.0
    clearance: float = 100.0
    fall: float = 10.0


def base_terms(
    rollout: Rollout, heading_error: Floats, stepping: Floats, robot: Robot, weights: BaseWeights
) -> dict[str, Floats]:
    """Weighted terms `[T, B]` from `heading_error` (rad) and `stepping` (0 or 1), both `[T, B]`."""
    roll, pitch = rotation.roll_pitch(rollout.base_quaternion)
    forward, left = heading_velocity(rollout)
    command = rollout.command
    rearing = np.clip(command[..., REAR], 0.0, 1.0)
    hopping = (command[..., JUMP] > HOPPING).astype(np.float32)
    error = (forward - command[..., VX]) ** 2 + (left - command[..., VY]) ** 2
    rate = command[..., YAW] + HEADING_GAIN * heading_error
    yaw_error = (rollout.base_angular_velocity[..., 2] - rate) ** 2
    nose = command[..., PITCH] + rearing_pose(rearing)[1]
    lean = (roll - command[..., ROLL]) ** 2 + (pitch - nose) ** 2
    phase, contact = rollout.gait_phase, rollout.foot_contact
    swing = (phase > DUTY_FACTOR).astype(np.float32)
    stance = 1.0 - swing
    clearance = rollout.foot_position[..., 2] - robot.foot_radius
    slip = np.sum(rollout.foot_velocity[..., :2] ** 2, axis=-1)
    hips = rollout.joint_position[..., 0::3]
    still = 1.0 - stepping
    action_change = rollout.action - rollout.previous_action
    jerk = rollout.action - 2.0 * rollout.previous_action + rollout.previous_previous_action
    return {
        "velocity": weights.velocity * (0.7 * np.exp(-error / 0.2) + 0.3 * np.exp(-error / 0.02)),
        "yaw": weights.yaw * (0.7 * np.exp(-yaw_error / 0.25) + 0.3 * np.exp(-yaw_error / 0.03)),
        "orientation": weights.orientation
        * (0.6 * np.exp(-lean / (0.03 + 0.3 * rearing)) + 0.4 * np.exp(-lean / 0.004)),
        "height": weights.height * _height(rollout, robot, hopping, rearing),
        "pose": 2.0 * rearing * _pose(rollout, rearing, robot),
        "feet": weights.feet * _held_feet(command, clearance, rearing),
        "swing": -1.4 * weights.schedule * np.mean(swing * contact, axis=-1) * (1.0 + hopping),
        "stance": -1.0 * weights.schedule * np.mean(stance * (1.0 - contact), axis=-1),
        "slip": -0.7 * np.mean(stance * contact * (1.0 - np.exp(-slip / 0.1)), axis=-1) * 2.0,
        "clearance": -weights.clearance * _clearance_error(command, phase, clearance),
        "hips": -0.3 * np.sum(hips**2, axis=-1),
        "still": -0.004 * still * np.sum(rollout.joint_velocity**2, axis=-1) * 0.1,
        "smooth": -0.010 * np.sum(action_change**2, axis=-1) - 0.004 * np.sum(jerk**2, axis=-1),
        "torque": -1e-4 * np.sum(rollout.joint_torque**2, axis=-1),
        "bounce": -0.2 * (1.0 - hopping) * _world_velocity(rollout)[..., 2] ** 2,
        "knees": -0.5 * np.sum(rollout.body_contact[..., 3::3] * (1.0 - contact), axis=-1),
        "fall": -weights.fall * rollout.fallen,
    }


def _height(rollout: Rollout, robot: Robot, hopping: Floats, rearing: Floats) -> Floats:
    """How well the trunk's height follows, 0..1: in flight along the hop's parabola."""
    command = rollout.command
    airborne = np.clip((rollout.gait_phase[..., 0] - DUTY_FACTOR) / (1.0 - DUTY_FACTOR), 0.0, 1.0)
    flight = hopping * 4.0 * airborne * (1.0 - airborne)
    wanted = command[..., HEIGHT] + command[..., JUMP] * flight + rearing_pose(rearing)[2]
    rise = (rollout.base_position[..., 2] - robot.standing_height - wanted) ** 2
    # On the ground a hopper bends its legs to take off and to land: only roughly at its height.
    loose = np.maximum(hopping * (airborne == 0.0), 0.5 * rearing)
    follow: Floats = 0.6 * np.exp(-rise / (0.003 + 0.006 * loose)) + 0.4 * np.exp(
        -rise / (0.0003 + 0.003 * loose)
    )
    return follow


def rearing_pose(rearing: Floats) -> tuple[Floats, Floats, Floats]:
    """The way up: joint angles of a front and a hind leg `[..., 4]` (thigh and calf each, rad),
    pitch (rad) and rise (m) of the trunk `[...]`, for `rearing [...]` from 0 to 1.

    From standing to sitting on flat hind shanks, front legs stretched; then the trunk rises over
    the shanks, which carry it, and the front legs fold. At both ends the joint targets alone hold
    the robot: found by dropping robots in random poses.
    """
    pose = [np.interp(rearing, _REAR_AT, values) for values in np.array(_REAR_POSES).T]
    return np.stack(pose[:4], axis=-1), pose[4], pose[5]


_REAR_AT = (0.0, REARED, 1.0)
_REAR_POSES = (
    # front thigh, calf; hind thigh, calf; pitch, rise
    (0.9, -1.8, 0.9, -1.8, 0.0, 0.0),
    (0.5, -0.95, 1.2, -2.7, -0.5, -0.04),
    (0.93, -2.42, 0.66, -1.07, -1.0, 0.09),
)


def reared_starts(rng: np.random.Generator, schedules: CommandBatch, robot: Robot) -> Floats:
    """Poses `qpos [B, nq]` in which half of the rearing schedules begin; NaN for the others.

    Without them, being up there is never met, so nothing is learnt about it.
    """
    rearing = schedules.constant[:, REAR]
    legs, pitch, rise = rearing_pose(rearing)
    poses = np.full((len(schedules), 7 + robot.nu), np.nan, np.float32)
    chosen = np.flatnonzero((rearing > 0.0) & (rng.random(len(schedules)) < 0.5))
    joints = np.zeros((len(chosen), len(robot.foot_names), 3))
    joints[:, :2, 1:], joints[:, 2:, 1:] = legs[chosen, None, :2], legs[chosen, None, 2:]
    poses[chosen, :7] = 0.0
    poses[chosen, 2] = robot.standing_height + rise[chosen] + 0.01
    poses[chosen, 3], poses[chosen, 5] = np.cos(pitch[chosen] / 2), np.sin(pitch[chosen] / 2)
    poses[chosen, 7:] = joints.reshape(len(chosen), robot.nu)
    return poses


def _pose(rollout: Rollout, rearing: Floats, robot: Robot) -> Floats:
    """How close the legs are to the way up, 0..1."""
    legs = rollout.joint_position.reshape(*rearing.shape, len(robot.foot_names), 3)[..., 1:]
    wanted = rearing_pose(rearing)[0]
    front = legs[..., :2, :] - wanted[..., None, :2]
    hind = legs[..., 2:, :] - wanted[..., None, 2:]
    error = (front**2).sum((-2, -1)) + (hind**2).sum((-2, -1))
    close: Floats = 0.5 * np.exp(-error / 3.0) + 0.5 * np.exp(-error / 0.5)
    return close


def _held_feet(command: Floats, clearance: Floats, rearing: Floats) -> Floats:
    """How well lifted feet are held up, 0..1; 1 if none is to be."""
    lift = command[..., LIFT]
    lifted = lift > LIFTED
    error = (clearance - lift) ** 2
    close = 0.6 * np.exp(-error / 0.004) + 0.4 * np.exp(-error / 0.0004)
    # Front feet of a rearing robot only need to be high enough.
    due = REAR_CLEARANCE * np.clip((rearing - REARED) / (1.0 - REARED), 0.0, 1.0)
    low = np.maximum(due[..., None] - clearance[..., :2], 0.0)
    reared = np.exp(-(low**2).sum(-1) / 0.02)
    held: Floats = np.where(lifted, close, 1.0).min(-1) * reared
    return held


def _clearance_error(command: Floats, phase: Floats, clearance: Floats) -> Floats:
    """Squared distance of swinging feet from their arcs, m², summed over the feet."""
    progress = np.clip((phase - DUTY_FACTOR) / (1.0 - DUTY_FACTOR), 0.0, 1.0)
    height = USUAL_SWING_HEIGHT + command[..., SWING_HEIGHT, None]
    arc = height * np.sin(np.pi * progress)
    lift = command[..., LIFT]
    wanted = np.where(lift > LIFTED, lift, arc)
    swinging = phase > DUTY_FACTOR
    swinging[..., :2] &= command[..., REAR, None] <= 0.05
    error: Floats = np.sum(swinging * (clearance - wanted) ** 2, axis=-1)
    return error


def heading_velocity(rollout: Rollout) -> tuple[Floats, Floats]:
    """Forward and leftward speed `[T, B]`, m/s, along the heading: pitch and roll do not count."""
    world = _world_velocity(rollout)
    yaw = rotation.yaw(rollout.base_quaternion)
    cos: Floats = np.cos(yaw)
    sin: Floats = np.sin(yaw)
    x, y = world[..., 0], world[..., 1]
    return cos * x + sin * y, cos * y - sin * x


def _world_velocity(rollout: Rollout) -> Floats:
    inverse = rollout.base_quaternion * np.array([1.0, -1.0, -1.0, -1.0], np.float32)
    return rotation.rotate_inverse(inverse, rollout.base_linear_velocity)  # type: ignore[no-any-return]
