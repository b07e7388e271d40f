"""The physics alone, and the update alone: what the parts of a training could reach."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from bench.gpu.results import Stepping, Update
from bench.robot import ROBOT, legged_robot

from tabrl.control.rollout import Rollout
from tabrl.sim.learning.networks import critic_width
from tabrl.sim.learning.ppo import Learner, Schedule
from tabrl.sim.mjx.physics import Motion
from tabrl.sim.mjx.simulator import MjxSimulator
from tabrl.sim.simulator import Experience
from tabrl_trainer.sizes import Batch


def measure_stepping(
    robots: Sequence[int], impl: str, steps: int, repeats: int
) -> Iterator[Stepping]:
    """Robots that twitch about home, one compiled scan over `steps` control steps each time."""
    for size in robots:
        simulator, rng = MjxSimulator(ROBOT, size, impl=impl), np.random.default_rng(0)
        joints = legged_robot().joints
        twitch = rng.normal(0.0, 0.1, (steps, size, ROBOT.nu)).astype(np.float32)
        targets = jnp.asarray(np.clip(joints.home + twitch, joints.lower, joints.upper))
        bare, compile_s = compiled_scan(simulator, steps)
        qpos, qvel = map(jnp.asarray, simulator.state())
        motion, seconds = Motion(qpos, qvel, jnp.zeros_like(qvel)), []
        for _ in range(repeats + 1):  # the first one is not counted
            began = time.perf_counter()
            motion = bare(simulator.physics.model, motion, targets)
            motion.qpos.block_until_ready()
            seconds.append(time.perf_counter() - began)
        yield Stepping(
            robots=size, impl=impl, per_s=size * steps / median(seconds[1:]), compile_s=compile_s
        )


def compiled_scan(simulator: MjxSimulator, steps: int) -> tuple[Any, float]:
    """The compiled scan of the physics alone over targets `[T, B, nu]`, and its seconds."""
    physics = simulator.physics

    def replay(model: Any, motion: Motion, targets: jax.Array) -> Motion:
        def step(motion: Motion, ctrl: jax.Array) -> tuple[Motion, None]:
            return physics.bare_step(model, motion, ctrl), None

        after: Motion = jax.lax.scan(step, motion, targets)[0]
        return after

    qpos, qvel = map(jnp.asarray, simulator.state())
    targets = jnp.zeros((steps, simulator.size, ROBOT.nu))
    began = time.perf_counter()
    lowered = jax.jit(replay).lower(physics.model, Motion(qpos, qvel, qvel), targets)
    compiled = lowered.compile()
    return compiled, time.perf_counter() - began


def measure_updates(batches: Sequence[Batch], repeats: int) -> Iterator[Update]:
    """Updates from made-up blocks that lie on the host, as those of a training do."""
    for batch in batches:
        learner = Learner(ROBOT, batch.config)
        state, schedule = learner.init(0), Schedule.of(reward_scale=1.0)
        experience = _made_up(batch)
        reward, seconds = np.ones_like(experience.terminated), []
        for _ in range(repeats + 1):  # the first one compiles
            reference = jax.tree.map(jnp.copy, state.params)
            began = time.perf_counter()
            state, _ = learner.update(state, experience, reward, schedule, reference)
            seconds.append(time.perf_counter() - began)
        usual = median(seconds[1:])
        yield Update(
            robots=batch.robots,
            steps=batch.config.unroll,
            minibatches=batch.config.minibatches,
            epochs=batch.config.epochs,
            seconds=usual,
            compile_s=seconds[0] - usual,
        )


def _made_up(batch: Batch) -> Experience:
    """Random observations and small actions; the rollout is empty."""
    rng, steps, size = np.random.default_rng(0), batch.config.unroll, batch.robots
    seen = len(legged_robot().observation)
    hidden = critic_width(ROBOT) - seen
    zeros = np.zeros((steps, size), np.float32)
    return Experience(
        rollout=Rollout({}),
        observation=rng.standard_normal((steps + 1, size, seen), np.float32),
        privileged=rng.standard_normal((steps + 1, size, hidden), np.float32),
        action=0.5 * rng.standard_normal((steps, size, ROBOT.nu), np.float32),
        terminated=zeros,
        truncated=zeros,
    )
