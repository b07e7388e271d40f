"""Brax PPO on MJX on the task, on this CPU: `python -m bench.speed.peers.brax_mjx --help`."""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from bench.robot import ROBOT, legged_robot
from bench.speed.race import Race
from bench.speed.walk_task import (
    COMMAND_SCHEDULE,
    EPISODE_STEPS,
    has_fallen,
    trunk_boxes,
    walk_reward,
)
from brax import envs
from brax.training.agents.ppo import networks as ppo_networks
from brax.training.agents.ppo import train as ppo
from mujoco import mjx

from tabrl.control import rotation
from tabrl.control.command_batch import CommandBatch
from tabrl.control.physics import SUBSTEPS, physics_model

SAMPLES_PER_UPDATE = 8192


class _RaceOverError(Exception):
    """The race is over: Brax's training has no other way out."""


class WalkEnv(envs.Env):  # type: ignore[misc]
    """One robot, to be vmapped by Brax: the same control step, observation, reward and ends."""

    def __init__(self) -> None:
        model = physics_model(ROBOT)
        self._model = mjx.put_model(model)
        self._template = mjx.make_data(model)
        self._home = jnp.asarray(model.key_qpos[0], jnp.float32)
        self._embodiment = legged_robot()
        self._joints = self._embodiment.joints
        self._boxes = jnp.asarray(trunk_boxes())
        self._schedules = CommandBatch.stack([COMMAND_SCHEDULE])

    def reset(self, rng: jax.Array) -> envs.State:
        """Stand at home with the usual noise."""
        joints, height, speed = jax.random.split(rng, 3)
        qpos = self._home.at[7:].add(0.1 * jax.random.normal(joints, (ROBOT.nu,)))
        qpos = qpos.at[2].add(jax.random.uniform(height, maxval=0.03))
        qvel = jnp.zeros(6 + ROBOT.nu).at[:6].add(0.15 * jax.random.normal(speed, (6,)))
        ctrl = jnp.asarray(self._joints.home)
        # Every step begins with a forward pass; one here would only be compiled a second time.
        data = self._template.replace(qpos=qpos, qvel=qvel, ctrl=ctrl)
        zero = jnp.zeros(())
        return envs.State(
            pipeline_state=data, obs=self._observe(data), reward=zero, done=zero, metrics={}
        )

    def step(self, state: envs.State, action: jax.Array) -> envs.State:
        """One control step of 20 ms."""
        before = state.pipeline_state
        # At a reset the targets are home, which is the action zero.
        previous = self._joints.action(before.ctrl)
        data = before.replace(ctrl=self._joints.aimed(action, before.qpos, before.qvel, jnp))
        data, _ = jax.lax.scan(
            lambda d, _: (mjx.step(self._model, d), None), data, None, length=SUBSTEPS
        )
        velocity = rotation.rotate_inverse(data.qpos[3:7], data.qvel[0:3], jnp)
        done_action = self._joints.action(data.ctrl)
        reward = walk_reward(velocity, data.qvel[3:6], done_action, previous, jnp)
        fallen = has_fallen(data.qpos[3:7], data.qpos[2], self._boxes, jnp)
        diverged = ~(jnp.isfinite(data.qpos).all() & jnp.isfinite(data.qvel).all())
        return state.replace(
            pipeline_state=data,
            obs=jnp.nan_to_num(self._observe(data)),
            reward=jnp.nan_to_num(reward),
            done=(fallen | diverged).astype(jnp.float32),
        )

    @property
    def observation_size(self) -> int:
        """Length of the observation."""
        return len(self._embodiment.observation)

    @property
    def action_size(self) -> int:
        """Length of the action."""
        return ROBOT.nu

    @property
    def backend(self) -> str:
        """The physics."""
        return "mjx"

    def _observe(self, data: Any) -> jax.Array:
        # Every reset of Brax brings back the first state, whose time is zero.
        observation: jax.Array = self._embodiment.observe(
            data.time[None],
            data.qpos[None],
            data.qvel[None],
            data.ctrl[None],
            self._schedules,
            xp=jnp,
        )[0]
        return observation


def _device_put_replicated(tree: Any, devices: list[Any]) -> Any:
    """What JAX had under this name until 0.10, and Brax 0.14 still calls."""
    return jax.tree.map(lambda leaf: jnp.stack([leaf] * len(devices)), tree)


def learn(race: Race, robots: int) -> None:
    """Brax's own training with our batch, epochs, networks and constants, until it is over."""

    def on_update(step: int, make_policy: Any, params: Any) -> None:
        if step == 0:
            return
        policy = make_policy(params, deterministic=True)
        key = jax.random.PRNGKey(0)
        act = jax.jit(lambda observation: policy(observation, key)[0])
        if not race.record_update(step, lambda observation: np.asarray(act(observation))):
            raise _RaceOverError

    max_updates = 100_000
    try:
        ppo.train(
            environment=WalkEnv(), num_timesteps=max_updates * SAMPLES_PER_UPDATE,
            num_evals=max_updates + 1, run_evals=False, policy_params_fn=on_update,
            num_envs=robots, episode_length=EPISODE_STEPS,
            unroll_length=SAMPLES_PER_UPDATE // robots, batch_size=robots // 4, num_minibatches=4,
            num_updates_per_batch=4, discounting=0.985, gae_lambda=0.95, clipping_epsilon=0.2,
            entropy_cost=0.005, reward_scaling=0.1, max_grad_norm=1.0, normalize_observations=True,
            learning_rate=1e-3, learning_rate_schedule="ADAPTIVE_KL", desired_kl=0.015,
            learning_rate_schedule_max_lr=1e-3,
            network_factory=partial(
                ppo_networks.make_ppo_networks, policy_hidden_layer_sizes=(256, 128),
                value_hidden_layer_sizes=(256, 128), distribution_type="normal",
                noise_std_type="log", init_noise_std=0.6,
                mean_kernel_init_fn=jax.nn.initializers.orthogonal,
                mean_kernel_init_kwargs={"scale": 0.01},
            ),
        )  # fmt: skip
    except _RaceOverError:
        return


def main() -> None:
    """Entry point: writes the race's result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--robots", type=int, default=256)
    parser.add_argument("--cap-s", type=float, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    # Before JAX begins: with a pool of two threads XLA's CPU program waits for itself for ever.
    os.environ.setdefault("NPROC", str(2 * max(os.cpu_count() or 1, 2)))
    setattr(jax, "device_put_replicated", _device_put_replicated)  # noqa: B010
    jax.config.update("jax_default_matmul_precision", "highest")  # type: ignore[no-untyped-call]
    race = Race(
        "Brax PPO on MJX",
        f"{options.robots} robots, our batch and epochs",
        cap_s=options.cap_s,
        result_path=options.out,
    )
    learn(race, options.robots)


if __name__ == "__main__":
    main()
