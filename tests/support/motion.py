"""Made-up motion: rollouts of a four-legged body that does exactly what it is told, without
physics."""

from __future__ import annotations

from dataclasses import dataclass, field

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
    time = (np.arange(round(seconds / CONTROL_DT)) + 1) * CONTROL_DT
    take = _Take(motion, robot, time, np.random.default_rng(seed))
    phase = _phases(motion, robot, time)
    swing_share = _share(phase, DUTY_FACTOR)
    # In this order: each of them draws its noise.
    roll, pitch, heading = _angles(take)
    height = _height(take, swing_share)
    clearance = _clearance(take, phase, swing_share)
    velocity = _velocity(take, heading, height)
    position = np.cumsum(velocity, axis=0) * CONTROL_DT
    position[:, 2] = height
    fields: dict[str, Floats] = {
        name: np.zeros((len(time), *shape)) for name, shape in embodiment_of(robot).schema.items()
    }
    fields |= {
        "time": time,
        "base_position": position,
        "initial_position": np.tile([0.0, 0.0, robot.characteristic_length], (len(time), 1)),
        **_trunk(roll, pitch, heading, velocity),
        **_joints(take),
        **_feet(clearance, robot),
        "gait_phase": phase,
        "fallen": take.down.astype(np.float64),
    }
    return Rollout({name: value[:, None].astype(np.float32) for name, value in fields.items()})


def sequence_of(
    phases: list[tuple[float, Motion]], robot: Robot, seconds: float = 10.0, *, repeat: bool = True
) -> Rollout:
    """The rollout `[T, 1]` of motions one after the other, each from one time (s) to the next; the
    last one ends the round, and then the first begins again, or without `repeat` the last goes on.

    `phases` are (end, motion) within a round. Every phase goes on from where the last one ended.
    """
    period = phases[-1][0]
    rollouts = [rollout_of(motion, robot, seconds).fields for _, motion in phases]
    time = rollouts[0]["time"][:, 0]
    into = np.mod(time, period) if repeat else time
    turn = np.searchsorted([end for end, _ in phases], into, side="right")
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
    turned = (yaw + offset).astype(np.float32)
    return Rollout(fields | {"base_position": position, "heading": turned})


@dataclass(frozen=True)
class _Take:
    """A motion as it is played: when, and with which random numbers."""

    motion: Motion
    robot: Robot
    time: Floats  # `[T]`, s
    rng: np.random.Generator

    @property
    def ramp(self) -> Floats:
        """How much of the motion there is already."""
        ramp: Floats = np.clip(self.time / RAMP_S, 0.0, 1.0)
        return ramp

    @property
    def down(self) -> NDArray[np.bool_]:
        """When the robot lies on its side."""
        falls_at = np.inf if self.motion.falls_at is None else self.motion.falls_at
        down: NDArray[np.bool_] = self.time >= falls_at
        return down

    def noise(self, size: float) -> Floats:
        """Smooth noise, where the motion has any."""
        return self.motion.noise * _wander(self.rng, len(self.time), size)

    def channel(self, name: str, constant: float) -> Floats:
        """What a channel does: constant, rhythm and noise."""
        amplitude, hz = self.motion.rhythms.get(name, (0.0, 1.0))
        asked: Floats = self.ramp * (constant + amplitude * np.sin(2 * np.pi * hz * self.time))
        return asked + self.noise(0.02 if name == "height" else 0.1)


def _share(phase: Floats, stance: float) -> Floats:
    """How much of their swing feet have done; 0 in their stance."""
    share: Floats = np.clip((phase - stance) / (1.0 - stance), 0.0, 1.0)
    return share


def _angles(take: _Take) -> tuple[Floats, Floats, Floats]:
    """Roll, pitch and heading of the trunk, rad."""
    motion, time, ramp = take.motion, take.time, take.ramp
    stepping = motion.vx != 0 or motion.vy != 0 or motion.yaw != 0
    jitter = 0.02 * np.sin(2 * np.pi * 2.2 * time) if stepping else 0.0
    roll = np.where(take.down, 1.6, take.channel("roll", motion.roll) + jitter)
    pitch = take.channel("pitch", motion.pitch - motion.rear)
    swing, hz = motion.rhythms.get("heading", (0.0, 1.0))
    heading = np.cumsum(ramp * motion.yaw) * CONTROL_DT
    heading = heading + ramp * swing * np.sin(2 * np.pi * hz * time)
    return roll, pitch, heading + take.noise(0.3)


def _height(take: _Take, swing_share: Floats) -> Floats:
    """The trunk's height, m."""
    motion, length = take.motion, take.robot.characteristic_length
    height = length + take.channel("height", motion.height) + 0.1 * motion.rear * take.ramp
    if motion.hop is not None:
        height = height + _flight(motion.hop, swing_share)[:, 0]
    return np.where(take.down, 0.08, height)


def _flight(hop: tuple[float, float], swing_share: Floats) -> Floats:
    """How high a hop has every foot, m."""
    return hop[0] * 4.0 * swing_share * (1.0 - swing_share)


def _clearance(take: _Take, phase: Floats, swing_share: Floats) -> Floats:
    """How far each foot is above the ground `[T, 4]`, m."""
    motion, robot = take.motion, take.robot
    clearance: Floats = (motion.steps or USUAL_STEP) * np.sin(np.pi * swing_share)
    if motion.limp is not None:
        spared = robot.end_effectors.index(motion.limp)
        for foot, stance in ((spared, 0.25), (spared ^ 1, 0.75)):
            clearance[:, foot] = USUAL_STEP * np.sin(np.pi * _share(phase[:, foot], stance))
    if motion.hop is not None:
        clearance = _flight(motion.hop, swing_share)
    if motion.lift is not None:
        foot = robot.end_effectors.index(motion.lift[0])
        clearance[:, foot] = motion.lift[1] * take.ramp + take.channel("paw", 0.0)
    if motion.rear:
        clearance[:, :2] = 0.3 * motion.rear * take.ramp[:, None]
    return clearance


def _velocity(take: _Take, heading: Floats, height: Floats) -> Floats:
    """The trunk's velocity in the world `[T, 3]`, m/s."""
    motion, ramp, down = take.motion, take.ramp, take.down
    forward = np.where(down, 0.0, ramp * motion.vx) + take.noise(0.2)
    left = np.where(down, 0.0, ramp * motion.vy) + take.noise(0.2)
    return np.stack(
        [
            np.cos(heading) * forward - np.sin(heading) * left,
            np.sin(heading) * forward + np.cos(heading) * left,
            np.gradient(height, CONTROL_DT),
        ],
        axis=-1,
    )


def _trunk(roll: Floats, pitch: Floats, heading: Floats, velocity: Floats) -> dict[str, Floats]:
    """Fields of the trunk's attitude and velocity in its own frame."""
    quaternion, rotation = _attitude(roll, pitch, heading)
    body_velocity = np.einsum("tij,ti->tj", rotation, velocity)
    return {
        "base_quaternion": quaternion,
        "heading": heading,
        "base_linear_velocity": body_velocity,
        "base_linear_velocity_filtered": body_velocity,
        "base_angular_velocity": _body_rates(roll, pitch, heading),
        "gravity": -rotation[:, 2, :],
    }


def _joints(take: _Take) -> dict[str, Floats]:
    """Fields of joints and actions: they are still but for noise."""
    legs = 3.0 * take.motion.noise * take.rng.normal(size=(len(take.time), take.robot.nu))
    return {
        "joint_velocity": legs,
        "joint_torque": legs,
        "action": legs,
        "previous_action": np.roll(legs, 1, axis=0),
    }


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
