"""Synthetic motions: a prescribed trunk, and legs that follow by inverse kinematics.

No physics: feet may slide and nobody weighs anything. What the success checks look at is exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import mujoco
import numpy as np
from bench.robot import FEET, ROBOT, legged_robot, scene_model
from bench.rotation import Floats, rotation_matrices
from bench.tasks.motion import HZ, Motion, forward_kinematics, motion_of
from bench.tasks.task import ROLLOUT_S

from tabrl.control.rollout import RawSteps, Rollout

OFFSETS = {"trot": (0.0, 0.5, 0.5, 0.0), "pace": (0.0, 0.5, 0.0, 0.5), "hop": (0.0,) * 4}
Sinusoid = tuple[float, float]  # amplitude, Hz; begins at zero with the reset, upwards


@dataclass(frozen=True)
class MotionSpec:
    """What the trunk and the feet do; SI units, pitch positive nose down, roll right side down."""

    vx: float = 0.0
    vy: float = 0.0
    yaw: float = 0.0
    height: float = 0.27
    pitch: float = 0.0
    roll: float = 0.0
    bob: Sinusoid = (0.0, 1.0)
    nod: Sinusoid = (0.0, 1.0)
    sway: Sinusoid = (0.0, 1.0)
    gait: str | None = None
    stride_frequency: float = 2.0  # Hz
    swing_height: float = 0.07  # m
    swing_fraction: float = 0.45
    held: Mapping[str, float] = field(default_factory=dict)  # foot -> clearance
    carried: tuple[str, ...] = ()  # feet that keep their place below the tilted trunk
    falls_at: float | None = None


@dataclass(frozen=True)
class Leg:
    """A leg's measures out of the scene, m: hip in the trunk, hip to thigh, thigh to calf."""

    hip: Floats
    side: float
    link: float

    @classmethod
    def of(cls, foot: str) -> Leg:
        """The leg that ends in this foot's site."""
        model = scene_model()
        calf = int(model.site(foot).bodyid[0])
        thigh = int(model.body_parentid[calf])
        hip = int(model.body_parentid[thigh])
        place = model.body_pos
        return cls(place[hip], float(place[thigh][1]), float(-place[calf][2]))


LEGS = tuple(Leg.of(foot) for foot in FEET)


def synthesize(spec: MotionSpec, seconds: float = ROLLOUT_S) -> Motion:
    """The specified motion, 50 rows a second."""
    time = np.arange(round(seconds * HZ)) / HZ
    heading = spec.yaw * time
    cos, sin = np.cos(heading), np.sin(heading)
    velocity = np.stack([cos * spec.vx - sin * spec.vy, sin * spec.vx + cos * spec.vy], axis=1)
    place = np.cumsum(velocity, axis=0) / HZ
    height = spec.height + _sinusoid(spec.bob, time)
    pitch, roll = spec.pitch + _sinusoid(spec.nod, time), spec.roll + _sinusoid(spec.sway, time)
    lift = _lifts(spec, time)
    if spec.gait == "hop":
        height = height + lift[:, 0]
    if spec.falls_at is not None:
        down = time >= spec.falls_at
        height, roll = np.where(down, 0.08, height), np.where(down, 1.5, roll)
    rotation = _rotations(roll, pitch, heading)
    trunk = np.column_stack([place, height])
    qpos = np.zeros((len(time), scene_model().nq))
    qpos[:, :3], qpos[:, 3:7] = trunk, _quaternions(roll, pitch, heading)
    level = _rotations(np.zeros_like(roll), np.zeros_like(pitch), heading)
    for index, (name, leg) in enumerate(zip(FEET, LEGS, strict=True)):
        below = leg.hip + np.array([0.0, leg.side, 0.0])
        if name in spec.carried:
            in_trunk = np.tile(below + np.array([0.0, 0.0, -0.25]), (len(time), 1))
        else:
            hip = np.einsum("tij,j->ti", rotation, below)
            # Below its hip as the trunk tilts, and on the floor unless it swings.
            flat = np.einsum("tij,tj->ti", np.swapaxes(level, 1, 2), hip)
            flat[:, 0] = np.where(abs(spec.pitch) > 0.6, flat[:, 0], below[0])
            flat[:, 1] = below[1]
            foot = np.einsum("tij,tj->ti", level, flat) + trunk
            foot[:, 2] = ROBOT.end_effector_radius + lift[:, index]
            in_trunk = np.einsum("tij,tj->ti", np.swapaxes(rotation, 1, 2), foot - trunk)
        qpos[:, 7 + 3 * index : 10 + 3 * index] = _leg_angles(in_trunk, leg)
    qvel = np.zeros((len(time), scene_model().nv))
    qvel[:, :3] = np.gradient(trunk, 1.0 / HZ, axis=0)
    turning = np.zeros((len(time), 3))
    turning[:, 2] = spec.yaw
    qvel[:, 3:6] = np.einsum("tij,tj->ti", np.swapaxes(rotation, 1, 2), turning)
    return motion_of(time, qpos, qvel)


def simulate(targets: Floats) -> Motion:
    """What physics makes of joint targets `[T, 12]`, from the home keyframe."""
    model = scene_model()
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, 0)
    time, qpos, qvel = [], [], []
    for row in targets:
        time.append(data.time)
        qpos.append(data.qpos.copy())
        qvel.append(data.qvel.copy())
        data.ctrl[:] = row
        mujoco.mj_step(model, data, 2)
    return motion_of(np.array(time), np.array(qpos), np.array(qvel))


def standing_motion() -> Motion:
    """Home targets, held."""
    return simulate(np.tile(ROBOT.home, (round(ROLLOUT_S * HZ), 1)))


def random_motion(seed: int = 0) -> Motion:
    """New random targets at every step."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0.0, 0.8, (round(ROLLOUT_S * HZ), ROBOT.nu))
    return simulate(np.array(ROBOT.home) + noise * np.array(ROBOT.action_scale))


def derived_rollout(motion: Motion) -> Rollout:
    """The reward contract's rollout `[T, 1]` of a motion, by the project's own code."""
    embodiment, steps = legged_robot(), len(motion)
    none = np.zeros((steps, 1, ROBOT.nu))
    recorded = embodiment.recorded.stop - embodiment.recorded.start
    just_reset = np.zeros((steps, 1))
    just_reset[0] = 1.0
    raw = RawSteps(
        time=motion.time[:, None],
        qpos=motion.qpos[:, None],
        qvel=motion.qvel[:, None],
        action=none,
        joint_torque=none,
        constraint_force=none,
        body_position=forward_kinematics(motion.qpos).bodies[:, None],
        joint_axis=np.zeros((steps, 1, ROBOT.nu, 3)),
        end_position=motion.feet[:, None],
        end_velocity=np.gradient(motion.feet, 1.0 / HZ, axis=0)[:, None],
        commanded=np.zeros((steps, 1, recorded)),
        just_reset=just_reset,
    )
    single = RawSteps(**{name: field.astype(np.float32) for name, field in vars(raw).items()})
    return embodiment.derive(single, embodiment.carry(1))


def _sinusoid(sinusoid: Sinusoid, time: Floats) -> Floats:
    amplitude, hz = sinusoid
    return amplitude * np.sin(2.0 * np.pi * hz * time)


def _lifts(spec: MotionSpec, time: Floats) -> Floats:
    """Clearance of every foot, `[T, 4]`."""
    lift = np.zeros((len(time), 4))
    if spec.gait is not None:
        stride = (spec.stride_frequency * time[:, None] + np.array(OFFSETS[spec.gait])) % 1.0
        swing = np.clip((stride - 1.0 + spec.swing_fraction) / spec.swing_fraction, 0.0, 1.0)
        lift = spec.swing_height * np.sin(np.pi * swing)
    for name, clearance in spec.held.items():
        lift[:, FEET.index(name)] = clearance
    return lift


def _leg_angles(foot: Floats, leg: Leg) -> Floats:
    """Hip, thigh and calf angles `[T, 3]` for the foot's place in the trunk's frame `[T, 3]`."""
    x, y, z = (foot - leg.hip).T
    side, link = leg.side, leg.link
    down = np.sqrt(np.maximum(y**2 + z**2 - side**2, 1e-6))
    hip = np.arctan2(down * y + side * z, side * y - down * z)
    reach = np.clip((x**2 + down**2 - 2 * link**2) / (2 * link**2), -1.0, 1.0)
    calf = -np.arccos(reach)
    return np.stack([hip, np.arctan2(-x, down) - calf / 2, calf], axis=1)


def _rotations(roll: Floats, pitch: Floats, heading: Floats) -> Floats:
    """Trunk to world `[T, 3, 3]` of z-y-x angles."""
    return rotation_matrices(_quaternions(roll, pitch, heading))


def _quaternions(roll: Floats, pitch: Floats, heading: Floats) -> Floats:
    quaternions = np.empty((len(roll), 4))
    for row, angles in enumerate(np.stack([heading, pitch, roll], axis=1)):
        mujoco.mju_euler2Quat(quaternions[row], angles, "zyx")
    return quaternions
