"""Synthetic motions: a prescribed trunk and prescribed feet.

No physics: feet may slide, legs are as long as they need to be, and nobody weighs anything. What
the success checks look at is exact. Amounts are those of the reference robot; others get them
scaled, as the tasks' are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import mujoco
import numpy as np
from bench.rotation import Floats, rotation_matrices
from bench.tasks.body import Body
from bench.tasks.motion import HZ, Motion, forward_kinematics, motion_of
from bench.tasks.task import ROLLOUT_S

from tabrl.control.rollout import RawSteps, Rollout
from tabrl.embodiments.legged.scale import Scale
from tabrl.embodiments.load import embodiment_of

# Of the front right, front left, rear right and rear left foot.
OFFSETS = {"trot": (0.0, 0.5, 0.5, 0.0), "pace": (0.0, 0.5, 0.0, 0.5), "hop": (0.0,) * 4}
AHEAD, ASIDE, BELOW = 0.19, 0.13, 0.25  # m, of a foot from the trunk's middle
Corner = Literal["front_right", "front_left", "rear_right", "rear_left"]
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
    held: Mapping[Corner, float] = field(default_factory=dict)  # clearance
    carried: tuple[Corner, ...] = ()  # feet that keep their place below the tilted trunk
    falls_at: float | None = None

    def scaled(self, scale: Scale) -> MotionSpec:
        """The same by a robot of another size."""
        length, hz = scale.length, scale.frequency
        return replace(
            self, vx=self.vx * scale.speed, vy=self.vy * scale.speed, yaw=self.yaw * hz,
            height=self.height * length, bob=(self.bob[0] * length, self.bob[1] * hz),
            nod=(self.nod[0], self.nod[1] * hz), sway=(self.sway[0], self.sway[1] * hz),
            stride_frequency=self.stride_frequency * hz, swing_height=self.swing_height * length,
            held={corner: clearance * length for corner, clearance in self.held.items()},
        )  # fmt: skip


def synthesize(body: Body, spec: MotionSpec, seconds: float = ROLLOUT_S) -> Motion:
    """The specified motion, 50 rows a second."""
    spec, length = spec.scaled(body.scale), body.scale.length
    time = np.arange(round(seconds * HZ)) / HZ
    heading = spec.yaw * time
    cos, sin = np.cos(heading), np.sin(heading)
    velocity = np.stack([cos * spec.vx - sin * spec.vy, sin * spec.vx + cos * spec.vy], axis=1)
    place = np.cumsum(velocity, axis=0) / HZ
    height = spec.height + _sinusoid(spec.bob, time)
    pitch, roll = spec.pitch + _sinusoid(spec.nod, time), spec.roll + _sinusoid(spec.sway, time)
    lift = _lifts(body, spec, time)
    if spec.gait == "hop":
        height = height + lift[:, 0]
    if spec.falls_at is not None:
        down = time >= spec.falls_at
        height, roll = np.where(down, 0.08, height), np.where(down, 1.5, roll)
    trunk = np.column_stack([place, height])
    rotation = _rotations(roll, pitch, heading)
    level = _rotations(np.zeros_like(roll), np.zeros_like(pitch), heading)
    feet = np.empty((len(time), 4, 3))
    for corner, name in body.feet._asdict().items():
        ahead = AHEAD if "front" in corner else -AHEAD
        aside = ASIDE if "left" in corner else -ASIDE
        below = length * np.array([ahead, aside, -BELOW])
        index = body.place(name)
        feet[:, index] = trunk + (rotation if corner in spec.carried else level) @ below
        if corner not in spec.carried:  # on the floor unless it swings
            feet[:, index, 2] = body.robot.end_effector_radius + lift[:, index]
    qpos = np.tile(np.concatenate([np.zeros(7), body.robot.home]), (len(time), 1))
    qpos[:, :3], qpos[:, 3:7] = trunk, _quaternions(roll, pitch, heading)
    qvel = np.zeros((len(time), qpos.shape[1] - 1))
    qvel[:, :3] = np.gradient(trunk, 1.0 / HZ, axis=0)
    turning = np.zeros((len(time), 3))
    turning[:, 2] = spec.yaw
    qvel[:, 3:6] = np.einsum("tij,tj->ti", np.swapaxes(rotation, 1, 2), turning)
    return Motion(body, time, qpos, qvel, feet)


def simulate(body: Body, targets: Floats) -> Motion:
    """What physics makes of joint targets `[T, nu]`, from the home keyframe."""
    model = body.model
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, 0)
    time, qpos, qvel = [], [], []
    for row in targets:
        time.append(data.time)
        qpos.append(data.qpos.copy())
        qvel.append(data.qvel.copy())
        data.ctrl[:] = row
        mujoco.mj_step(model, data, 2)
    return motion_of(body, np.array(time), np.array(qpos), np.array(qvel))


def standing_motion(body: Body) -> Motion:
    """Home targets, held."""
    return simulate(body, np.tile(body.robot.home, (round(ROLLOUT_S * HZ), 1)))


def random_motion(body: Body, seed: int = 0) -> Motion:
    """New random targets at every step."""
    rng, robot = np.random.default_rng(seed), body.robot
    noise = rng.normal(0.0, 0.8, (round(ROLLOUT_S * HZ), robot.nu))
    return simulate(body, np.array(robot.home) + noise * np.array(robot.action_scale))


def of_size(motion: Motion, body: Body) -> Motion:
    """A motion of the reference robot made as large as another robot, though as quick as it was."""
    length, radius = body.scale.length, body.robot.end_effector_radius
    qpos, qvel = motion.qpos.copy(), motion.qvel.copy()
    qpos[:, :3] *= length
    qvel[:, :3] *= length
    feet = motion.feet * length
    feet[..., 2] = motion.clearance * length + radius
    return Motion(body, motion.time, qpos, qvel, feet)


def derived_rollout(motion: Motion) -> Rollout:
    """The reward contract's rollout `[T, 1]` of a motion, by the project's own code."""
    robot, steps = motion.body.robot, len(motion)
    embodiment = embodiment_of(robot)
    none = np.zeros((steps, 1, robot.nu))
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
        body_position=forward_kinematics(motion.body, motion.qpos).bodies[:, None],
        joint_axis=np.zeros((steps, 1, robot.nu, 3)),
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


def _lifts(body: Body, spec: MotionSpec, time: Floats) -> Floats:
    """Clearance of every foot, `[T, 4]`."""
    lift = np.zeros((len(time), 4))
    places = [body.place(name) for name in body.feet]
    if spec.gait is not None:
        stride = (spec.stride_frequency * time[:, None] + np.array(OFFSETS[spec.gait])) % 1.0
        swing = np.clip((stride - 1.0 + spec.swing_fraction) / spec.swing_fraction, 0.0, 1.0)
        lift[:, places] = spec.swing_height * np.sin(np.pi * swing)
    for corner, clearance in spec.held.items():
        lift[:, body.place(getattr(body.feet, corner))] = clearance
    return lift


def _rotations(roll: Floats, pitch: Floats, heading: Floats) -> Floats:
    """Trunk to world `[T, 3, 3]` of z-y-x angles."""
    return rotation_matrices(_quaternions(roll, pitch, heading))


def _quaternions(roll: Floats, pitch: Floats, heading: Floats) -> Floats:
    quaternions = np.empty((len(roll), 4))
    for row, angles in enumerate(np.stack([heading, pitch, roll], axis=1)):
        mujoco.mju_euler2Quat(quaternions[row], angles, "zyx")
    return quaternions
