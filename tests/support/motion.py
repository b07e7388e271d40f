"""Made-up motion: rollouts of a four-legged body that does exactly what it is told, without
physics."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.rollout import CONTROL_DT, Rollout
from tabrl.embodiments.legged.embodiment import LeggedRobot
from tabrl.embodiments.legged.gait import DUTY_FACTOR, Gait
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot

Floats = NDArray[np.float64]
RAMP_S = 0.6
USUAL_STEP = 0.06  # m, clearance of plain walking


@dataclass(frozen=True)
class Motion:
    """What the body does: constants and rhythms `channel -> (amplitude, Hz)`, SI units."""

    vx: float = 0.0
    vy: float = 0.0
    yaw: float = 0.0
    height: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    rhythms: dict[str, tuple[float, float]] = field(default_factory=dict)
    gait: Gait = Gait.TROT
    steps: float | None = None  # clearance of stepping feet; makes a robot without speed march
    cadence: float = 0.0  # Hz of each foot's steps; 0 leaves it to the speed
    lift: tuple[str, float] | None = None  # a foot and how high it is held
    limp: str | None = None  # a foot that is on the ground for a short time only
    hop: tuple[float, float] | None = None  # rise and Hz
    rear: float = 0.0  # nose up on the hind legs
    falls_at: float | None = None
    noise: float = 0.0


STAND = Motion()
WALK = Motion(vx=0.5)
RANDOM = Motion(noise=1.0)


def rollout_of(motion: Motion, robot: Robot, seconds: float = 10.0, seed: int = 0) -> Rollout:
    """The rollout `[T, 1]` of a motion."""
    rng = np.random.default_rng(seed)
    time = (np.arange(round(seconds / CONTROL_DT)) + 1) * CONTROL_DT
    ramp = np.clip(time / RAMP_S, 0.0, 1.0)

    def channel(name: str, constant: float) -> Floats:
        amplitude, hz = motion.rhythms.get(name, (0.0, 1.0))
        asked: Floats = ramp * (constant + amplitude * np.sin(2 * np.pi * hz * time))
        size = 0.02 if name == "height" else 0.1
        return asked + motion.noise * _wander(rng, len(time), size)

    stepping = motion.vx != 0 or motion.vy != 0 or motion.yaw != 0
    jitter = 0.02 * np.sin(2 * np.pi * 2.2 * time) if stepping else 0.0
    roll = channel("roll", motion.roll) + jitter
    pitch = channel("pitch", motion.pitch - motion.rear)
    phase = _phases(motion, robot, time)
    swing_share = np.clip((phase - DUTY_FACTOR) / (1.0 - DUTY_FACTOR), 0.0, 1.0)
    swing, hz = motion.rhythms.get("heading", (0.0, 1.0))
    heading = np.cumsum(ramp * motion.yaw) * CONTROL_DT
    heading = heading + ramp * swing * np.sin(2 * np.pi * hz * time)
    heading = heading + motion.noise * _wander(rng, len(time), 0.3)
    height = (
        robot.characteristic_length + channel("height", motion.height) + 0.1 * motion.rear * ramp
    )
    clearance = (motion.steps or USUAL_STEP) * np.sin(np.pi * swing_share)
    if motion.limp is not None:
        spared = robot.end_effectors.index(motion.limp)
        for foot, stance in ((spared, 0.25), (spared ^ 1, 0.75)):
            share = np.clip((phase[:, foot] - stance) / (1.0 - stance), 0.0, 1.0)
            clearance[:, foot] = USUAL_STEP * np.sin(np.pi * share)
    if motion.hop is not None:
        flight = motion.hop[0] * 4.0 * swing_share * (1.0 - swing_share)
        height, clearance = height + flight[:, 0], flight
    if motion.lift is not None:
        foot = robot.end_effectors.index(motion.lift[0])
        clearance[:, foot] = motion.lift[1] * ramp + channel("paw", 0.0)
    if motion.rear:
        clearance[:, :2] = 0.3 * motion.rear * ramp[:, None]
    if motion.falls_at is not None:
        down = time >= motion.falls_at
        roll, height = np.where(down, 1.6, roll), np.where(down, 0.08, height)
    else:
        down = np.zeros(len(time), bool)
    forward = np.where(down, 0.0, ramp * motion.vx) + motion.noise * _wander(rng, len(time), 0.2)
    left = np.where(down, 0.0, ramp * motion.vy) + motion.noise * _wander(rng, len(time), 0.2)
    velocity = np.stack(
        [
            np.cos(heading) * forward - np.sin(heading) * left,
            np.sin(heading) * forward + np.cos(heading) * left,
            np.gradient(height, CONTROL_DT),
        ],
        axis=-1,
    )
    position = np.cumsum(velocity, axis=0) * CONTROL_DT
    position[:, 2] = height
    quaternion, rotation = _attitude(roll, pitch, heading)
    body_velocity = np.einsum("tij,ti->tj", rotation, velocity)
    rates = _body_rates(roll, pitch, heading)
    fields: dict[str, Floats] = {
        name: np.zeros((len(time), *shape)) for name, shape in embodiment_of(robot).schema.items()
    }
    legs = 3.0 * motion.noise * rng.normal(size=(len(time), robot.nu))
    moved: dict[str, Any] = {
        "time": time,
        "base_position": position,
        "initial_position": np.tile([0.0, 0.0, robot.characteristic_length], (len(time), 1)),
        "base_quaternion": quaternion,
        "base_linear_velocity": body_velocity,
        "base_linear_velocity_filtered": body_velocity,
        "base_angular_velocity": rates,
        "gravity": -rotation[:, 2, :],
        "joint_velocity": legs,
        "joint_torque": legs,
        "action": legs,
        "previous_action": np.roll(legs, 1, axis=0),
        **_feet(clearance, robot),
        "gait_phase": phase,
        "fallen": down.astype(np.float64),
    }
    fields |= moved
    return Rollout({name: value[:, None].astype(np.float32) for name, value in fields.items()})


def sequence_of(phases: list[tuple[float, Motion]], robot: Robot, seconds: float = 10.0) -> Rollout:
    """The rollout `[T, 1]` of motions one after the other, each from one time (s) to the next; the
    last one ends the round, and then the first begins again.

    `phases` are (end, motion) within a round. Every phase goes on from where the last one ended.
    """
    period = phases[-1][0]
    rollouts = [rollout_of(motion, robot, seconds).fields for _, motion in phases]
    time = rollouts[0]["time"][:, 0]
    turn = np.searchsorted([end for end, _ in phases], np.mod(time, period), side="right")
    turn = np.minimum(turn, len(phases) - 1)
    fields = {
        name: np.stack([rollout[name] for rollout in rollouts])[turn, np.arange(len(time))]
        for name in rollouts[0]
    }
    w, x, y, z = np.moveaxis(fields["base_quaternion"], -1, 0)
    yaw = np.unwrap(np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)), axis=0)
    same = np.append(False, turn[1:] == turn[:-1])[:, None]
    offset = np.cumsum(np.where(same, 0.0, np.append(yaw[:1], yaw[:-1] - yaw[1:], axis=0)), axis=0)
    offset -= yaw[:1]
    half = offset / 2
    fields["base_quaternion"] = np.stack(
        [
            np.cos(half) * w - np.sin(half) * z,
            np.cos(half) * x - np.sin(half) * y,
            np.cos(half) * y + np.sin(half) * x,
            np.cos(half) * z + np.sin(half) * w,
        ],
        axis=-1,
    ).astype(np.float32)
    moved = np.diff(fields["base_position"][..., :2], axis=0, prepend=0.0)
    moved = np.where(same[..., None], moved, 0.0)
    cos, sin = np.cos(offset), np.sin(offset)
    along = np.stack(
        [cos * moved[..., 0] - sin * moved[..., 1], sin * moved[..., 0] + cos * moved[..., 1]],
        axis=-1,
    )
    position = fields["base_position"].copy()
    position[..., :2] = np.cumsum(along, axis=0)
    return Rollout(fields | {"base_position": position})


def _phases(motion: Motion, robot: Robot, time: Floats) -> Floats:
    """The gait clocks `[T, 4]` of such a motion."""
    embodiment = embodiment_of(robot)
    assert isinstance(embodiment, LeggedRobot)
    hop, hz = motion.hop or (0.0, 0.0)
    marches = motion.steps is not None and not (motion.vx or motion.vy or motion.yaw)
    schedule = CommandSchedule.asking(
        embodiment.commands, vx=motion.vx, vy=motion.vy, yaw=motion.yaw, gait=motion.gait,
        gait_frequency=hz or motion.cadence or (2.0 if marches else 0.0),
        **({"jump": hop} if hop else {}),  # not every robot hops
    )  # fmt: skip
    phases: Floats = embodiment.clock.phase(CommandBatch.stack([schedule] * len(time)), time)
    return phases


def _feet(clearance: Floats, robot: Robot) -> dict[str, Floats]:
    """All fields of feet from their clearance `[T, 4]`."""
    up = clearance > 0.003
    air, last, peak = (np.zeros(clearance.shape) for _ in range(3))
    touchdown = np.zeros(clearance.shape)
    for t in range(1, len(clearance)):
        landed = up[t - 1] & ~up[t]
        air[t] = np.where(up[t], air[t - 1] + CONTROL_DT, 0.0)
        last[t] = np.where(landed, air[t - 1], last[t - 1])
        rising = up[t] & ~up[t - 1]
        peak[t] = np.where(up[t], np.maximum(np.where(rising, 0.0, peak[t - 1]), clearance[t]),
                           peak[t - 1])  # fmt: skip
        touchdown[t] = landed
    position = np.zeros((*clearance.shape, 3))
    position[..., 2] = clearance + robot.end_effector_radius
    return {
        "foot_contact": 1.0 - up,
        "foot_position": position,
        "foot_velocity": np.gradient(position, CONTROL_DT, axis=0),
        "foot_touchdown": touchdown,
        "foot_air_time": air,
        "foot_last_air_time": last,
        "foot_peak_height": peak,
    }


def _wander(rng: np.random.Generator, steps: int, size: float) -> Floats:
    """Smooth noise of a standard deviation near `size`."""
    kernel = np.hanning(25)
    kernel /= np.sqrt(np.sum(kernel**2))
    return size * np.convolve(rng.normal(size=steps), kernel, mode="same")


def _attitude(roll: Floats, pitch: Floats, yaw: Floats) -> tuple[Floats, Floats]:
    """Quaternion wxyz and body-to-world matrix of z-y-x angles."""
    sr, cr, sp, cp, sy, cy = (
        wave(angle / 2) for angle in (roll, pitch, yaw) for wave in (np.sin, np.cos)
    )
    quaternion = np.stack(
        [
            cr * cp * cy + sr * sp * sy,
            sr * cp * cy - cr * sp * sy,
            cr * sp * cy + sr * cp * sy,
            cr * cp * sy - sr * sp * cy,
        ],
        axis=-1,
    )
    w, x, y, z = quaternion.T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return quaternion, np.moveaxis(np.array(rows), -1, 0)


def _body_rates(roll: Floats, pitch: Floats, yaw: Floats) -> Floats:
    """Angular velocity in the body frame from the angles' rates."""
    dr, dp, dy = (np.gradient(angle, CONTROL_DT) for angle in (roll, pitch, np.unwrap(yaw)))
    return np.stack(
        [
            dr - np.sin(pitch) * dy,
            np.cos(roll) * dp + np.sin(roll) * np.cos(pitch) * dy,
            -np.sin(roll) * dp + np.cos(roll) * np.cos(pitch) * dy,
        ],
        axis=-1,
    )
