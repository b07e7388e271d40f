"""Robots that one thread steps with MuJoCo's batches: their physics, clocks, resets and buffers.

Every step evicts what was in the processor's caches, so that each call between two steps costs
several times what it costs alone: there are few of them, on few large arrays.
"""

from __future__ import annotations

import mujoco
import numpy as np
from jaxtyping import Bool, Float, Int
from mujoco.batch import Batch

from tabrl.control.command_batch import CommandBatch
from tabrl.control.embodiment import Embodiment
from tabrl.control.rollout import CONTROL_DT
from tabrl.control.staged_commands import StagedCommands
from tabrl.sim import episodes
from tabrl.sim.cpu.layout import Layout, RolloutBuffer
from tabrl.sim.cpu.look_ahead import AHEAD, LookAheadCache
from tabrl.sim.episodes import EpisodeConfig, RobotDifferences

# First episodes end at multiples of it: resetting three robots at once costs hardly more than
# resetting one, and where the look-ahead is due anyway least of all.
TOGETHER_S = AHEAD * CONTROL_DT
EVERYONE = slice(None)
# MuJoCo puts a robot whose state is not finite back into a pose of its own; only these tell.
_DIVERGENCES = [
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
        self,
        embodiment: Embodiment,
        model: mujoco.MjModel,
        size: int,
        threads: int,
    ) -> None:
        self._embodiment = embodiment
        self._batch = batch = Batch(model, size, threads)
        self._model = model
        self._substeps = round(CONTROL_DT / model.opt.timestep)
        self._rng = np.random.default_rng(0)
        self._config = EpisodeConfig()
        self._schedules = StagedCommands.of(CommandBatch.neutral(embodiment.commands, size))
        self._age = np.zeros(size, np.float32)
        self._just_reset = np.ones(size, np.bool_)
        self._diverged = np.zeros(size, np.bool_)
        self._differences: RobotDifferences | None = None
        self._told = RobotDifferences.no_columns(size)
        self._decided = np.zeros((size, embodiment.robot.nu), np.float32)  # targets, rad
        self._last_ctrl = np.zeros_like(self._decided)  # those in force before the step
        self.carry = embodiment.carry(size)
        self.layout = layout = Layout(embodiment)
        # All that a decision depends on, kept up to date: see `Layout`.
        self.state = np.zeros((size, layout.width), np.float32)
        self.look_ahead = LookAheadCache(layout, self.state)
        self._time = self.state[:, layout.time]
        self._origin = self.state[:, layout.origin]
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
        self, schedules: StagedCommands, config: EpisodeConfig, rng: np.random.Generator
    ) -> None:
        """Start all robots anew.

        Args:
            schedules: what each robot is asked, `[B]`.
            config: how episodes begin, end and are disturbed from now on.
            rng: of all randomness from now on.
        """
        self._config, self._rng = config, rng
        everyone = np.arange(self.size)
        self._follow(everyone, schedules)
        self._reset(everyone)
        self._look()
        if config.auto_reset:
            # Else all episodes would end in the same chunk, and the next one see only starts.
            left = np.ceil(self._rng.uniform(0.0, config.episode_s, self.size) / TOGETHER_S)
            age = np.maximum(config.episode_s - left * TOGETHER_S, 0.0)
            self._age = age.astype(np.float32)

    def place(self, qpos: Float[np.ndarray, "B nq"], qvel: Float[np.ndarray, "B nv"]) -> None:
        """Put the robots into other states; their clocks go on."""
        self.qpos[:], self.qvel[:] = qpos, qvel
        self._look()

    def observe(self) -> tuple[Float[np.ndarray, "B no"], Float[np.ndarray, "B np"]]:
        """What the policy sees now, and what a critic sees beside it."""
        qpos, qvel, ctrl = self.layout.parts(self.state)
        clean: Float[np.ndarray, "B no"] = self._embodiment.complete_observation(
            self.look_ahead.now(), qpos, qvel, ctrl, self._origin
        )
        seen = observation = clean
        differences = self._differences
        if differences is not None:
            seen = clean * differences.known
            noise = self._rng.standard_normal(clean.shape, np.float32)
            noise *= differences.noise
            observation = seen + noise
        hidden = self._embodiment.privileged(clean, seen, qpos)
        return observation, np.concatenate([hidden, self._told], axis=1)

    def targets(self, action: Float[np.ndarray, "B nu"]) -> Float[np.ndarray, "B nu"]:
        """Joint angles that an action stands for, rad."""
        qpos, qvel, last = self.layout.parts(self.state)
        joints = self._embodiment.joints
        targets: Float[np.ndarray, "B nu"] = joints.aimed(action, qpos, qvel, last=last)
        return targets

    def step(self, targets: Float[np.ndarray, "B nu"]) -> None:
        """A control step of 20 ms towards joint angles in rad."""
        differences = self._differences
        if self._embodiment.joints.integrated:
            self._last_ctrl[:] = self.ctrl
        if differences is None:
            self.ctrl[:] = targets
        else:
            self.ctrl[:] = np.where(differences.late[:, None], self._decided, targets)
            self._decided[:] = targets
        self._batch.step(nstep=self._substeps)
        self._time += CONTROL_DT
        self.look_ahead.go_on()
        self._age += CONTROL_DT

    def record(self, buffer: RolloutBuffer, t: int) -> None:
        """Write down the step just made as the chunk's step `t`."""
        self._look()
        buffer.rows[t] = self.state[:, self.layout.buffered]
        buffer.commanded[t] = self.look_ahead.latest()[:, self._embodiment.recorded]
        buffer.qfrc_actuator[t] = self._qfrc_actuator
        buffer.qfrc_constraint[t] = self._qfrc_constraint
        buffer.just_reset[t] = self._just_reset
        integrated = self._embodiment.joints.integrated
        if integrated:
            buffer.last_ctrl[t] = self._last_ctrl
        self._just_reset[:] = False
        self._diverged[:] = False
        if self._warnings.any():
            self._diverged = self._warnings[:, _DIVERGENCES, 1].any(1)
            # All zero, which is in the floor for what floats: a failure for the rollout too.
            buffer.rows[t, self._diverged, self.layout.moving] = 0.0
            if integrated:
                buffer.last_ctrl[t, self._diverged] = 0.0

    def end(
        self, buffer: RolloutBuffer, t: int
    ) -> tuple[Bool[np.ndarray, " B"], Bool[np.ndarray, " B"]]:
        """What happens between two steps: pushes, new schedules, resets.

        Args:
            buffer: where the step just made is written down.
            t: the step's place in it.

        Returns:
            Who has failed in the step, and whose time was up.
        """
        failed = self._embodiment.failed(buffer.rows[t, :, : self.layout.nq])
        terminated: Bool[np.ndarray, " B"] = failed | self._diverged
        truncated = episodes.truncated(terminated, self._age, self._config.episode_s)
        self._disturb(terminated | truncated)
        return terminated, truncated

    def differ(self, differences: RobotDifferences) -> None:
        """Make robots differ from the scene, once."""
        batch = self._batch
        batch.expand("geom_friction")[:, :, 0] *= differences.friction[:, None]
        batch.expand("actuator_gainprm")[:, :, 0] *= differences.stiffness[:, None]
        bias = batch.expand("actuator_biasprm")
        bias[:, :, 1] *= differences.stiffness[:, None]
        bias[:, :, 2] *= differences.damping[:, None]
        if differences.body is not None:
            body = self._model.body(differences.body).id
            batch.expand("body_mass")[:, body] *= differences.body_mass
            batch.expand("body_ipos")[:, body] += differences.body_offset
        batch.set_const()
        self._differences, self._told = differences, differences.columns()
        self._decided = self.ctrl.astype(np.float32)

    def _look(self, ids: Int[np.ndarray, " N"] | slice = EVERYONE) -> None:
        """Bring `state` up to date with the physics."""
        self.state[ids, self.layout.motion] = self._motion[ids]
        ctrl = self.ctrl[ids]
        if self._differences is not None:
            decided = self._differences.sees_decision[ids, None]
            ctrl = np.where(decided, self._decided[ids], ctrl)
        self.state[ids, self.layout.ctrl] = ctrl

    def _disturb(self, done: Bool[np.ndarray, " B"]) -> None:
        """What happens between two steps: pushes, new schedules, resets of those that are done."""
        config, rng, noise = self._config, self._rng, self._embodiment.push_noise
        if config.push_every_s > 0.0 and noise:
            pushed = np.flatnonzero(rng.random(self.size) < episodes.chance(config.push_every_s))
            if len(pushed):
                drawn = episodes.draw(noise, len(pushed), rng)
                self.qvel[pushed] += self._embodiment.push(drawn, config.push_speed)
                self._look(pushed)
        if config.sampler is not None and config.resample_s > 0.0:
            chosen = np.flatnonzero(rng.random(self.size) < episodes.chance(config.resample_s))
            if len(chosen):
                self._follow(chosen, StagedCommands.of(config.sampler(rng, len(chosen))))
                self._start_clock(chosen)
        if config.auto_reset and done.any():
            ended = np.flatnonzero(done)
            self._reset(ended)
            self._look(ended)

    def _follow(self, ids: Int[np.ndarray, " N"], schedules: StagedCommands) -> None:
        """Give robots other schedules."""
        self._schedules.replace_at(ids, schedules)
        self.state[ids, self.layout.schedules] = self.layout.columns(schedules)

    def _start_clock(self, ids: Int[np.ndarray, " N"]) -> None:
        """Begin the schedules at a random time within the spread, and fix the origin there."""
        share = self._rng.random(len(ids))
        self._time[ids] = episodes.start_time(share, self._config.start_spread_s, np)
        followed = self._schedules.pick(ids)
        self._origin[ids] = self._embodiment.origin(self.qpos[ids], self._time[ids], followed)
        self.look_ahead.change(ids)

    def _reset(self, ids: Int[np.ndarray, " N"]) -> None:
        config, rng, count = self._config, self._rng, len(ids)
        if config.sampler is not None:
            self._follow(ids, StagedCommands.of(config.sampler(rng, count)))
        self._batch.reset(ids, keyframe=0, stage=int(mujoco.mjtStage.mjSTAGE_NONE))
        self.ctrl[ids] = self._embodiment.joints.home
        if config.start is not None:
            self._pose(ids, config.start(rng, self._schedules.pick(ids).first()))
        self._decided[ids] = self.ctrl[ids]
        if config.reset_noise > 0.0:
            noise = episodes.draw(self._embodiment.reset_noise, count, rng)
            qpos, qvel = self._embodiment.reset_offset(noise)
            self.qpos[ids] += qpos * config.reset_noise
            self.qvel[ids] += qvel * config.reset_noise
        self._age[ids] = 0.0
        self._just_reset[ids] = True
        self._start_clock(ids)

    def _pose(self, ids: Int[np.ndarray, " N"], poses: Float[np.ndarray, "N nq"]) -> None:
        """Put robots into poses and let their motors hold these; NaN leaves them."""
        chosen = np.isfinite(poses).all(-1)
        self.qpos[ids[chosen]] = poses[chosen]
        self.ctrl[ids[chosen]] = episodes.held_pose(self._embodiment, poses[chosen], np)
