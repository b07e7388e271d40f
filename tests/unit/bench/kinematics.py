"""Motions made by hand: a trunk that does as told, and legs that follow by inverse kinematics.

No physics: feet may slide and nobody weighs anything. What the success checks look at is exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import mujoco
import numpy as np
from bench.tasks.motion import FEET, HZ, Floats, Motion, motion_of
from bench.tasks.task import ROLLOUT_S

from tabrl.control.commands import COUNT
from tabrl.control.rollout import Carry, RawSteps, Rollout, RolloutBuilder
from tabrl.control.shapes import trunk_shapes
from tabrl.robots import get_robot, scene_xml
from tabrl.sim.cpu.simulator import physics_model

GO1 = get_robot("go1")
RADIUS = GO1.foot_radius
HIP = np.array([[0.1881, -0.04675], [0.1881, 0.04675], [-0.1881, -0.04675], [-0.1881, 0.04675]])
SIDE = np.array([-0.08, 0.08, -0.08, 0.08])  # from hip to thigh
LINK = 0.213
OFFSETS = {"trot": (0.0, 0.5, 0.5, 0.0), "pace": (0.0, 0.5, 0.0, 0.5), "hop": (0.0,) * 4}
Wave = tuple[float, float]  # amplitude, Hz; begins at zero with the reset, upwards


@dataclass(frozen=True)
class Act:
    """What the trunk and the feet do; SI units, pitch positive nose down, roll right side down."""

    vx: float = 0.0
    vy: float = 0.0
    yaw: float = 0.0
    height: float = 0.27
    pitch: float = 0.0
    roll: float = 0.0
    bob: Wave = (0.0, 1.0)
    nod: Wave = (0.0, 1.0)
    sway: Wave = (0.0, 1.0)
    gait: str | None = None
    strides: float = 2.0  # a second
    swing: float = 0.07  # m
    swing_share: float = 0.45
    held: Mapping[str, float] = field(default_factory=dict)  # foot -> clearance
    carried: tuple[str, ...] = ()  # feet that keep their place below the tilted trunk
    falls_at: float | None = None


def perform(act: Act, seconds: float = ROLLOUT_S) -> Motion:
    """The motion of an act, 50 rows a second."""
    time = np.arange(round(seconds * HZ)) / HZ
    heading = act.yaw * time
    cos, sin = np.cos(heading), np.sin(heading)
    velocity = np.stack([cos * act.vx - sin * act.vy, sin * act.vx + cos * act.vy], axis=1)
    place = np.cumsum(velocity, axis=0) / HZ
    height = act.height + _wave(act.bob, time)
    pitch, roll = act.pitch + _wave(act.nod, time), act.roll + _wave(act.sway, time)
    lift = _lifts(act, time)
    if act.gait == "hop":
        height = height + lift[:, 0]
    if act.falls_at is not None:
        down = time >= act.falls_at
        height, roll = np.where(down, 0.08, height), np.where(down, 1.5, roll)
    rotation = _rotations(roll, pitch, heading)
    trunk = np.column_stack([place, height])
    qpos = np.zeros((len(time), 19))
    qpos[:, :3], qpos[:, 3:7] = trunk, _quaternions(roll, pitch, heading)
    level = _rotations(np.zeros_like(roll), np.zeros_like(pitch), heading)
    for leg, name in enumerate(FEET):
        below = np.array([*HIP[leg], 0.0]) + np.array([0.0, SIDE[leg], 0.0])
        if name in act.carried:
            in_trunk = np.tile(below + np.array([0.0, 0.0, -0.25]), (len(time), 1))
        else:
            hip = np.einsum("tij,j->ti", rotation, below)
            # Below its hip as the trunk tilts, and on the floor unless it swings.
            flat = np.einsum("tij,tj->ti", np.swapaxes(level, 1, 2), hip)
            flat[:, 0] = np.where(abs(act.pitch) > 0.6, flat[:, 0], below[0])
            flat[:, 1] = below[1]
            foot = np.einsum("tij,tj->ti", level, flat) + trunk
            foot[:, 2] = RADIUS + lift[:, leg]
            in_trunk = np.einsum("tij,tj->ti", np.swapaxes(rotation, 1, 2), foot - trunk)
        qpos[:, 7 + 3 * leg : 10 + 3 * leg] = _leg(in_trunk, leg)
    qvel = np.zeros((len(time), 18))
    qvel[:, :3] = np.gradient(trunk, 1.0 / HZ, axis=0)
    turning = np.zeros((len(time), 3))
    turning[:, 2] = act.yaw
    qvel[:, 3:6] = np.einsum("tij,tj->ti", np.swapaxes(rotation, 1, 2), turning)
    return motion_of(time, qpos, qvel)


def simulate(targets: Floats) -> Motion:
    """What physics makes of joint targets `[T, 12]`, from the home keyframe."""
    model = mujoco.MjModel.from_xml_string(scene_xml("go1").decode())
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


def standing() -> Motion:
    """Home targets, held."""
    return simulate(np.tile(GO1.home, (round(ROLLOUT_S * HZ), 1)))


def random_motion(seed: int = 0) -> Motion:
    """New random targets at every step."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0.0, 0.8, (round(ROLLOUT_S * HZ), GO1.nu))
    return simulate(np.array(GO1.home) + noise * np.array(GO1.action_scale))


def derived_rollout(motion: Motion) -> Rollout:
    """The reward contract's rollout `[T, 1]` of a motion, by the project's own builder."""
    model = physics_model(GO1)
    data = mujoco.MjData(model)
    steps = len(motion)
    raw = RawSteps.empty(steps, 1, GO1)
    for values in vars(raw).values():
        values[:] = 0.0
    raw.time[:, 0], raw.qpos[:, 0], raw.qvel[:, 0] = motion.time, motion.qpos, motion.qvel
    raw.foot_position[:, 0] = motion.feet
    raw.foot_velocity[:, 0] = np.gradient(motion.feet, 1.0 / HZ, axis=0)
    raw.command[:] = np.zeros(COUNT)
    raw.just_reset[0] = 1.0
    for step, pose in enumerate(motion.qpos):
        data.qpos[:] = pose
        mujoco.mj_kinematics(model, data)
        raw.body_position[step, 0] = data.xpos[1:]
    return RolloutBuilder(GO1, trunk_shapes(model)).derive(raw, Carry.zeros(1, GO1))


def _wave(wave: Wave, time: Floats) -> Floats:
    size, hz = wave
    return size * np.sin(2.0 * np.pi * hz * time)


def _lifts(act: Act, time: Floats) -> Floats:
    """Clearance of every foot, `[T, 4]`."""
    lift = np.zeros((len(time), 4))
    if act.gait is not None:
        stride = (act.strides * time[:, None] + np.array(OFFSETS[act.gait])) % 1.0
        swing = np.clip((stride - 1.0 + act.swing_share) / act.swing_share, 0.0, 1.0)
        lift = act.swing * np.sin(np.pi * swing)
    for name, clearance in act.held.items():
        lift[:, FEET.index(name)] = clearance
    return lift


def _leg(foot: Floats, leg: int) -> Floats:
    """Hip, thigh and calf angles `[T, 3]` for the foot's place in the trunk's frame `[T, 3]`."""
    x, y, z = (foot - [*HIP[leg], 0.0]).T
    side = SIDE[leg]
    down = np.sqrt(np.maximum(y**2 + z**2 - side**2, 1e-6))
    hip = np.arctan2(down * y + side * z, side * y - down * z)
    reach = np.clip((x**2 + down**2 - 2 * LINK**2) / (2 * LINK**2), -1.0, 1.0)
    calf = -np.arccos(reach)
    return np.stack([hip, np.arctan2(-x, down) - calf / 2, calf], axis=1)


def _rotations(roll: Floats, pitch: Floats, heading: Floats) -> Floats:
    """Trunk to world `[T, 3, 3]` of z-y-x angles."""
    matrices = np.empty((len(roll), 9))
    for row, quaternion in enumerate(_quaternions(roll, pitch, heading)):
        mujoco.mju_quat2Mat(matrices[row], quaternion)
    return matrices.reshape(-1, 3, 3)


def _quaternions(roll: Floats, pitch: Floats, heading: Floats) -> Floats:
    quaternions = np.empty((len(roll), 4))
    for row, angles in enumerate(np.stack([heading, pitch, roll], axis=1)):
        mujoco.mju_euler2Quat(quaternions[row], angles, "zyx")
    return quaternions
