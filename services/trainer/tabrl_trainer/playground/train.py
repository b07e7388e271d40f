"""Playground's way to train, brax's PPO behind its wrappers; its policies as params files."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import numpy as np
from brax.training.agents.ppo import networks as ppo_networks
from brax.training.agents.ppo import train as ppo
from mujoco_playground import wrapper

from tabrl.control.policy import Layer, PolicyWeights
from tabrl_trainer.playground.environment import EPISODE_STEPS, TabrlEnvironment
from tabrl_trainer.playground.replicated import as_brax_expects

Progress = Callable[[int, dict[str, float]], None]


@dataclass(frozen=True)
class BraxPPO:
    """What brax's PPO is told; the defaults are those that Playground trains its quadrupeds with
    (`mujoco_playground/config/locomotion_params.py`), for fewer robots at once."""

    environments: int = 512
    unroll: int = 20
    minibatches: int = 8
    passes: int = 4
    learning_rate: float = 3e-4
    entropy: float = 1e-2
    discount: float = 0.97
    clip: float = 0.2
    max_gradient: float = 1.0
    hidden: tuple[int, ...] = (128, 128, 128)
    evaluations: int = 5
    evaluated: int = 64  # episodes of each
    first_deviation: float = 0.5  # of an action, at first

    @property
    def batch(self) -> tuple[int, int]:
        """Robots of a minibatch, and how many of those an update has: brax wants them even."""
        count = math.gcd(self.minibatches, self.environments)
        return self.environments // count, count

    @property
    def steps_an_update(self) -> int:
        """Control steps that one update learns from."""
        return self.environments * self.unroll


def train(
    environment: TabrlEnvironment,
    steps: int,
    settings: BraxPPO | None = None,
    progress: Progress = lambda steps, measured: None,
    seed: int = 0,
) -> PolicyWeights:
    """Train from nothing.

    Args:
        environment: what is learnt.
        steps: control steps of 20 ms of all robots together, at least; whole updates are made.
        settings: of PPO.
        progress: called after every evaluation with the steps so far and what brax measured, the
            reward of an episode as `eval/episode_reward`.
        seed: of all randomness.

    Returns:
        The policy, whose deterministic action is the mean of what was learnt.
    """
    settings = settings or BraxPPO()
    batch, minibatches = settings.batch
    # A policy of TabRL asks for its action as it is: no squashing behind it.
    networks = partial(
        ppo_networks.make_ppo_networks,
        policy_hidden_layer_sizes=settings.hidden,
        value_hidden_layer_sizes=settings.hidden,
        distribution_type="normal",
        noise_std_type="log",
        init_noise_std=settings.first_deviation,
    )
    # A GPU's default precision of matrix products is too low for physics.
    with as_brax_expects(), jax.default_matmul_precision("highest"):
        _, (normaliser, policy, _), _ = ppo.train(
            environment=environment,
            num_timesteps=steps,
            wrap_env_fn=wrapper.wrap_for_brax_training,
            episode_length=EPISODE_STEPS,
            num_envs=settings.environments,
            batch_size=batch,
            num_minibatches=minibatches,
            unroll_length=settings.unroll,
            num_updates_per_batch=settings.passes,
            learning_rate=settings.learning_rate,
            entropy_cost=settings.entropy,
            discounting=settings.discount,
            clipping_epsilon=settings.clip,
            max_grad_norm=settings.max_gradient,
            normalize_observations=True,
            num_evals=settings.evaluations,
            num_eval_envs=settings.evaluated,
            deterministic_eval=True,
            network_factory=networks,
            progress_fn=progress,
            seed=seed,
        )
    return weights_of(normaliser, policy)


def weights_of(normaliser: Any, policy: Any) -> PolicyWeights:
    """What brax learnt, as the weights of a params file.

    Args:
        normaliser: running statistics of the observation.
        policy: the parameters of a network whose actions are normally distributed.
    """
    tree = policy["params"]
    hidden = tree["MLP_0"]
    dense = [hidden[f"hidden_{i}"] for i in range(len(hidden))]
    layers = [
        Layer(np.asarray(layer["kernel"], np.float32), np.asarray(layer["bias"], np.float32))
        for layer in (*dense, tree["Dense_0"])
    ]
    mean, deviation = (np.asarray(part, np.float32) for part in (normaliser.mean, normaliser.std))
    return PolicyWeights(mean, deviation, tuple(layers))
