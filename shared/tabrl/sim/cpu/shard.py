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
        self, embodiment: Embodiment, model: mujoco.MjModel, size: int, threads: int
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

    def observe(self) -> Float[np.ndarray, "B no"]:
        """What the policy sees now."""
        observation: Float[np.ndarray, "B no"] = self._embodiment.complete_observation(
            self.look_ahead.now(), *self.layout.parts(self.state), self._origin
        )
        return observation

    def targets(self, action: Float[np.ndarray, "B nu"]) -> Float[np.ndarray, "B nu"]:
        """Joint angles that an action stands for, rad."""
        targets: Float[np.ndarray, "B nu"] = self._embodiment.joints.targets(action)
        return targets

    def step(self, targets: Float[np.ndarray, "B nu"]) -> None:
        """A control step of 20 ms towards joint angles in rad."""
        self.ctrl[:] = targets
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
        self._just_reset[:] = False
        self._diverged[:] = False
        if self._warnings.any():
            self._diverged = self._warnings[:, _DIVERGENCES, 1].any(1)
            # All zero, which is in the floor for what floats: a failure for the rollout too.
            buffer.rows[t, self._diverged, self.layout.moving] = 0.0

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

    def randomise(self, rng: np.random.Generator) -> None:
        """Give every robot a friction, motors and a mass of its own; see `Randomisation`."""
        batch, randomisation = self._batch, self._embodiment.randomisation
        drawn = RobotDifferences.draw(randomisation, self.size, rng)
        batch.expand("geom_friction")[:, :, 0] = drawn.friction[:, None]
        batch.expand("actuator_gainprm")[:, :, 0] *= drawn.motor_gain[:, None]
        batch.expand("actuator_biasprm")[:, :, 1] *= drawn.motor_gain[:, None]
        if drawn.body_mass is not None:
            body = self._model.body(randomisation.body).id
            batch.expand("body_mass")[:, body] += drawn.body_mass
        batch.set_const()

    def _look(self, ids: Int[np.ndarray, " N"] | slice = EVERYONE) -> None:
        """Bring `state` up to date with the physics."""
        self.state[ids, self.layout.motion] = self._motion[ids]
        self.state[ids, self.layout.ctrl] = self.ctrl[ids]

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
