"""Robots that one thread steps with MuJoCo's batches: their physics, clocks, resets and records.

Every step evicts what was in the processor's caches, so that each call between two steps costs
several times what it costs alone: there are few of them, on few large arrays.
"""

from __future__ import annotations

import mujoco
import numpy as np
from mujoco.batch import Batch
from numpy.typing import NDArray

from tabrl.control import rotation
from tabrl.control.commands import COUNT, CommandBatch
from tabrl.control.observation import FOOT_PHASES, Joints, complete_observation
from tabrl.control.rollout import CONTACT_MARGIN, CONTROL_DT, Carry, Floats, RolloutBuilder
from tabrl.control.staged import StagedCommands
from tabrl.robots import Robot
from tabrl.sim.cpu.layout import Layout, RolloutBuffer
from tabrl.sim.cpu.look_ahead import AHEAD, LookAheadCache
from tabrl.sim.simulator import EpisodeConfig

SUBSTEPS = 2
# First episodes end at multiples of it: resetting three robots at once costs hardly more than
# resetting one, and at the end of an look_ahead least of all.
TOGETHER_S = AHEAD * CONTROL_DT
EVERYONE = slice(None)
# MuJoCo puts a robot whose state is not finite back into a pose of its own; only these tell.
_BLOW_UPS = [
    int(warning)
    for warning in (
        mujoco.mjtWarning.mjWARN_BADQPOS,
        mujoco.mjtWarning.mjWARN_BADQVEL,
        mujoco.mjtWarning.mjWARN_BADQACC,
        mujoco.mjtWarning.mjWARN_BADCTRL,
    )
]


class CpuRobots:
    """`size` robots of one model on `threads` threads, the caller's included."""

    def __init__(
        self, robot: Robot, model: mujoco.MjModel, builder: RolloutBuilder, size: int, threads: int
    ) -> None:
        self._robot = robot
        self._batch = batch = Batch(model, size, threads)
        self._builder = builder
        self._joints = Joints.of(robot)
        self._rng = np.random.default_rng(0)
        self._rules = EpisodeConfig()
        self._schedules = StagedCommands.of(CommandBatch.neutral(size))
        self._age = np.zeros(size, np.float32)
        self._just_reset = np.ones(size, np.bool_)
        self._diverged = np.zeros(size, np.bool_)
        self.carry = Carry.zeros(size, robot)
        self.layout = layout = Layout.of(robot, model)
        # All that a decision depends on, kept up to date: see `Layout`.
        self.state_row = np.zeros((size, layout.width), np.float32)
        self.look_ahead = LookAheadCache(layout, self.state_row)
        self._time = self.state_row[:, layout.time]
        self._heading_origin = self.state_row[:, layout.heading_origin]
        # Live views; asking the batch for them costs more than reading them.
        self.qpos, self.qvel, self.ctrl = batch.qpos, batch.qvel, batch.ctrl
        self._motion = batch.state[:, 1 : 1 + model.nq + model.nv]  # after the time
        self._warnings = batch.warning
        self._qfrc_actuator, self._qfrc_constraint = batch.qfrc_actuator, batch.qfrc_constraint

    @property
    def size(self) -> int:
        """Number of robots, B."""
        return len(self._time)

    def reset(
        self, schedules: StagedCommands, rules: EpisodeConfig, rng: np.random.Generator
    ) -> None:
        """Start all robots anew with `schedules [B]`."""
        self._rules, self._rng = rules, rng
        everyone = np.arange(self.size)
        self._follow(everyone, schedules)
        self._reset(everyone)
        self._look()
        if rules.auto_reset:
            # Else all episodes would end in the same block, and the next one see only starts.
            left = np.ceil(self._rng.uniform(0.0, rules.episode_s, self.size) / TOGETHER_S)
            age = np.maximum(rules.episode_s - left * TOGETHER_S, 0.0)
            self._age = age.astype(np.float32)

    def place(self, qpos: Floats, qvel: Floats) -> None:
        """Put the robots into states `qpos [B, nq]`, `qvel [B, nv]`; their clocks go on."""
        self.qpos[:], self.qvel[:] = qpos, qvel
        self._look()

    def observe(self) -> Floats:
        """The observation `[B, no]`."""
        observation: Floats = complete_observation(
            self.look_ahead.now(),
            *self.layout.parts(self.state_row),
            self._joints,
            self._heading_origin,
        )
        return observation

    def targets(self, action: Floats) -> Floats:
        """Joint angles `[B, nu]` that an action stands for."""
        targets: Floats = self._joints.targets(action)
        return targets

    def step(self, targets: Floats) -> None:
        """A control step of 20 ms towards joint angles `targets [B, nu]`."""
        self.ctrl[:] = targets
        self._batch.step(nstep=SUBSTEPS)
        self._time += CONTROL_DT
        self.look_ahead.go_on()
        self._age += CONTROL_DT

    def record(self, record: RolloutBuffer, t: int) -> None:
        """Write down the step just made as the block's step `t`."""
        self._look()
        record.rows[t] = self.state_row[:, self.layout.recorded]
        asked = self.look_ahead.latest()
        record.command[t], record.gait_phase[t] = asked[:, :COUNT], asked[:, FOOT_PHASES]
        record.qfrc_actuator[t] = self._qfrc_actuator
        record.qfrc_constraint[t] = self._qfrc_constraint
        record.just_reset[t] = self._just_reset
        self._just_reset[:] = False
        self._diverged[:] = False
        if self._warnings.any():
            self._diverged = self._warnings[:, _BLOW_UPS, 1].any(1)
            # In the floor: a fall for the rollout too.
            record.rows[t, self._diverged, self.layout.moving] = 0.0

    def end(self, record: RolloutBuffer, t: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Who has fallen, whose time is up in step `t`; then pushes, new schedules, resets."""
        terminated = self._fallen(record.rows[t]) | self._diverged
        truncated = ~terminated & (self._age >= self._rules.episode_s - 1e-4)
        self._between(terminated | truncated)
        return terminated, truncated

    def randomise(self, rng: np.random.Generator) -> None:
        """Friction 0.5-1.1, trunk mass ±0.8 kg, motor gains ±10 %, fixed per robot."""
        size, batch = self.size, self._batch
        friction = batch.expand("geom_friction")
        friction[:, :, 0] = rng.uniform(0.5, 1.1, (size, 1))
        strength = rng.uniform(0.9, 1.1, (size, 1))
        batch.expand("actuator_gainprm")[:, :, 0] *= strength
        batch.expand("actuator_biasprm")[:, :, 1] *= strength
        mass = batch.expand("body_mass")
        mass[:, 1] += rng.uniform(-0.8, 0.8, size)
        batch.set_const()

    def _fallen(self, rows: Floats) -> NDArray[np.bool_]:
        """Whose trunk touches the floor or is upside down."""
        tilt = rows[:, 4:6]
        leaning = np.einsum("ij,ij->i", tilt, tilt)  # half of one minus the up direction's z
        fallen: NDArray[np.bool_] = leaning > 0.5
        # Most robots are too high up to touch anything however the trunk is turned about z.
        low = np.flatnonzero(rows[:, 2] < self._builder.trunk_reach(leaning) + CONTACT_MARGIN)
        if len(low):
            up = rotation.up_in_body(rows[low, 3:7])
            gap = self._builder.trunk_clearance(rows[low, 2], up)
            fallen[low] |= gap < CONTACT_MARGIN
        return fallen

    def _look(self, ids: NDArray[np.intp] | slice = EVERYONE) -> None:
        """Bring `state_row` up to date with the physics."""
        self.state_row[ids, self.layout.motion] = self._motion[ids]
        self.state_row[ids, self.layout.ctrl] = self.ctrl[ids]

    def _between(self, done: NDArray[np.bool_]) -> None:
        rules = self._rules
        if rules.push_every_s > 0.0:
            pushed = np.flatnonzero(self._rng.random(self.size) < CONTROL_DT / rules.push_every_s)
            if len(pushed):
                angle = self._rng.uniform(0.0, 2.0 * np.pi, len(pushed))
                kick = rules.push_speed * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
                self.qvel[pushed, :2] += kick
                self._look(pushed)
        if rules.sampler is not None and rules.resample_s > 0.0:
            chosen = np.flatnonzero(self._rng.random(self.size) < CONTROL_DT / rules.resample_s)
            if len(chosen):
                self._follow(chosen, StagedCommands.of(rules.sampler(self._rng, len(chosen))))
                self._start_clock(chosen)
        if rules.auto_reset and done.any():
            ended = np.flatnonzero(done)
            self._reset(ended)
            self._look(ended)

    def _follow(self, ids: NDArray[np.intp], schedules: StagedCommands) -> None:
        """Give robots other schedules."""
        self._schedules.replace_at(ids, schedules)
        self.state_row[ids, self.layout.schedules] = self.layout.columns(schedules)

    def _start_clock(self, ids: NDArray[np.intp]) -> None:
        """Begin the schedules at a random time within the spread, heading where the robot looks."""
        start = self._rng.random(len(ids)) * self._rules.start_spread_s
        self._time[ids] = np.round(start / CONTROL_DT) * CONTROL_DT
        turned = self._schedules.pick(ids).heading(self._time[ids])
        self._heading_origin[ids] = rotation.yaw(self.qpos[ids, 3:7]) - turned
        self.look_ahead.change(ids)

    def _reset(self, ids: NDArray[np.intp]) -> None:
        rules, rng, count = self._rules, self._rng, len(ids)
        if rules.sampler is not None:
            self._follow(ids, StagedCommands.of(rules.sampler(rng, count)))
        self._batch.reset(ids, keyframe=0, stage=int(mujoco.mjtStage.mjSTAGE_NONE))
        self.ctrl[ids] = self._joints.home
        if rules.start is not None:
            self._pose(ids, rules.start(rng, self._schedules.pick(ids).first()))
        if rules.reset_noise > 0.0:
            joints = rng.normal(0.0, 0.1, (count, self._robot.nu))
            speeds = rng.normal(0.0, 0.15, (count, 6))
            self.qpos[ids, 7:] += joints * rules.reset_noise
            self.qpos[ids, 2] += rng.uniform(0.0, 0.03, count) * rules.reset_noise
            self.qvel[ids, :6] += speeds * rules.reset_noise
        self._age[ids] = 0.0
        self._just_reset[ids] = True
        self._start_clock(ids)

    def _pose(self, ids: NDArray[np.intp], poses: Floats) -> None:
        """Put robots into `poses [B, nq]` and let their motors hold these; NaN leaves them."""
        chosen = np.isfinite(poses).all(-1)
        self.qpos[ids[chosen]] = poses[chosen]
        self.ctrl[ids[chosen]] = np.clip(poses[chosen, 7:], self._joints.lower, self._joints.upper)
