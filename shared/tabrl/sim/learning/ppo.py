"""PPO between two rollouts: one jitted update over a block of experience.

The loss is Brax's (`brax.training.agents.ppo.losses`); what is added is a KL anchor to a reference
policy, a learning rate steered by the measured KL divergence, and value-only updates. Graphs depend
on shapes alone: rewards, scales, rates and anchors are runtime arguments, so that a new reward
never compiles anything here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import flax.struct
import jax
import jax.numpy as jnp
import numpy as np
import optax
from brax.training import types
from brax.training.acme import running_statistics
from brax.training.agents.ppo import losses
from brax.training.agents.ppo import networks as ppo_networks

from tabrl.control.observation import observation_size
from tabrl.control.rollout import Floats
from tabrl.robots import Robot
from tabrl.sim.learning.networks import deployed, initial_normalizer, make_networks, policy_weights
from tabrl.sim.simulator import Experience, GraphPolicy


@dataclass(frozen=True)
class PPOConfig:
    """Shapes and constants of the update; `unroll` control steps of 20 ms a block."""

    unroll: int = 24
    epochs: int = 4
    minibatches: int = 4
    discount: float = 0.985
    gae_lambda: float = 0.95
    clip: float = 0.2
    max_grad_norm: float = 1.0


@flax.struct.dataclass
class TrainState:
    """All that training needs to go on: parameters, optimizer, normaliser, randomness, rate."""

    params: losses.PPONetworkParams
    optimizer: optax.OptState
    normalizer: running_statistics.RunningStatisticsState
    key: jax.Array
    learning_rate: jax.Array


@flax.struct.dataclass
class Schedule:
    """Runtime arguments of one update; changing them compiles nothing."""

    reward_scale: jax.Array
    target_kl: jax.Array
    entropy: jax.Array
    anchor: jax.Array  # weight of the KL divergence to the reference policy
    policy_weight: jax.Array  # 0 while only the value function learns
    min_rate: jax.Array
    max_rate: jax.Array
    learn_normalizer: jax.Array

    @classmethod
    def of(cls, *, reward_scale: float, target_kl: float = 0.01, entropy: float = 0.003,
           anchor: float = 0.0, policy_weight: float = 1.0, min_rate: float = 1e-5,
           max_rate: float = 1e-3, learn_normalizer: bool = False) -> Schedule:  # fmt: skip
        """A schedule from plain numbers."""
        numbers = (reward_scale, target_kl, entropy, anchor, policy_weight, min_rate, max_rate)
        return cls(*(jnp.float32(x) for x in numbers), jnp.float32(learn_normalizer))  # type: ignore[call-arg]


class Learner:
    """The update and the exploring policy of one robot, compiled once per batch shape."""

    def __init__(self, robot: Robot, config: PPOConfig) -> None:
        self.config = config
        self.networks: ppo_networks.PPONetworks = make_networks(robot)
        self._robot = robot
        self._optimizer = optax.chain(
            optax.clip_by_global_norm(config.max_grad_norm),
            optax.scale_by_adam(),
        )
        self._spread = jax.jit(self._standard_deviation)
        self._update = jax.jit(self._update_graph, donate_argnums=0)

    def init(self, seed: int, learning_rate: float = 1e-3) -> TrainState:
        """A fresh state; the same seed gives the same state."""
        key, policy_key, value_key = jax.random.split(jax.random.PRNGKey(seed), 3)
        params = losses.PPONetworkParams(
            policy=self.networks.policy_network.init(policy_key),
            value=self.networks.value_network.init(value_key),
        )
        return TrainState(
            params=params,
            optimizer=self._optimizer.init(params),
            normalizer=initial_normalizer(self._robot),
            key=key,
            learning_rate=jnp.float32(learning_rate),
        )

    def exploring(self, state: TrainState, seed: int, noise: float = 1.0) -> GraphPolicy:
        """A policy that samples actions; `noise` scales its standard deviation."""
        weights = policy_weights(state.params.policy, state.normalizer)
        spread = np.asarray(self._spread(state.params.policy, state.normalizer))
        scale = np.float32(noise) * spread
        random = np.random.default_rng(seed)

        def noisy(observation: Floats, drawn: Floats) -> Floats:
            return weights.act(observation) + scale * drawn

        def act(observation: Floats) -> Floats:
            shape = (len(observation), self._robot.nu)
            return noisy(observation, random.standard_normal(shape, np.float32))

        return GraphPolicy(
            graph=self._exploring_graph,
            parameters=(state.params.policy, state.normalizer, jnp.float32(noise)),
            seed=seed,
            act=act,
            noisy=noisy,
        )

    def deterministic(self, state: TrainState) -> GraphPolicy:
        """The policy without noise."""
        return deployed(policy_weights(state.params.policy, state.normalizer))

    def update(
        self,
        state: TrainState,
        experience: Experience,
        reward: Any,
        schedule: Schedule,
        reference: losses.PPONetworkParams,
    ) -> tuple[TrainState, dict[str, float]]:
        """Learn from a block: `reward [T, B]`, unscaled. Returns the next state and metrics."""
        state, metrics = self._update(
            state,
            experience.observation,
            experience.action,
            jnp.asarray(reward, jnp.float32),
            experience.terminated,
            experience.truncated,
            schedule,
            reference.policy,
        )
        return state, {name: float(value) for name, value in jax.device_get(metrics).items()}

    def _exploring_graph(
        self, parameters: Any, observation: jax.Array, key: jax.Array
    ) -> jax.Array:
        policy, normalizer, noise = parameters
        loc, scale = self.networks.policy_network.apply(normalizer, policy, observation)
        drawn = jax.random.normal(key, loc.shape)
        action: jax.Array = loc + noise * scale * drawn
        return action

    def _standard_deviation(self, policy: Any, normalizer: Any) -> jax.Array:
        """Of the actions `[nu]`; the same for every observation (see `make_networks`)."""
        anything = jnp.zeros((1, observation_size(self._robot)))
        _, scale = self.networks.policy_network.apply(normalizer, policy, anything)
        spread: jax.Array = jnp.broadcast_to(scale, (1, self._robot.nu))[0]
        return spread

    def _update_graph(
        self, state: TrainState, observation: jax.Array, action: jax.Array, reward: jax.Array,
        terminated: jax.Array, truncated: jax.Array, schedule: Schedule, reference: Any,
    ) -> tuple[TrainState, dict[str, jax.Array]]:  # fmt: skip
        config = self.config
        apply, heads = self.networks.policy_network.apply, self.networks
        distribution = heads.parametric_action_distribution
        old = apply(state.normalizer, state.params.policy, observation[:-1])
        anchor = apply(state.normalizer, reference, observation[:-1])
        # Time comes second from here on: minibatches are robots, each with its whole block.
        data = jax.tree.map(
            lambda x: jnp.swapaxes(x, 0, 1),
            types.Transition(
                observation=observation[:-1],
                action=action,
                reward=reward,
                discount=1.0 - terminated,
                next_observation=observation[-1:],  # the loss reads no other
                extras={
                    "state_extras": {"truncation": truncated},
                    "policy_extras": {
                        "log_prob": distribution.log_prob(old, action),
                        "raw_action": action,
                        "distribution_params": old,
                        "reference_params": anchor,
                    },
                },
            ),
        )
        robots = reward.shape[1]
        per_batch = robots // config.minibatches

        def loss(params: Any, batch: Any, key: jax.Array) -> tuple[jax.Array, dict[str, jax.Array]]:
            logits = apply(state.normalizer, params.policy, batch.observation)
            total, metrics = losses.compute_ppo_loss(
                params, state.normalizer, batch, key, _answering(heads, logits),
                entropy_cost=schedule.entropy * schedule.policy_weight,
                discounting=config.discount, reward_scaling=schedule.reward_scale,
                gae_lambda=config.gae_lambda, clipping_epsilon=config.clip,
            )  # fmt: skip
            dist = distribution.create_dist(logits)
            base = distribution.create_dist(batch.extras["policy_extras"]["reference_params"])
            drift = jnp.mean(dist.kl_divergence(base))
            policy = schedule.policy_weight * (metrics["policy_loss"] + schedule.anchor * drift)
            total = total - metrics["policy_loss"] + policy
            return total, {**metrics, "anchor_kl": drift}

        def step(carry: Any, batch_and_key: Any) -> tuple[Any, dict[str, jax.Array]]:
            params, optimizer, rate = carry
            batch, key = batch_and_key
            (_, metrics), gradient = jax.value_and_grad(loss, has_aux=True)(params, batch, key)
            direction, optimizer = self._optimizer.update(gradient, optimizer)
            # Without this, Adam's momentum would move a policy that is not to learn.
            learns = schedule.policy_weight > 0
            direction = direction.replace(
                policy=jax.tree.map(lambda d: jnp.where(learns, d, 0.0), direction.policy)
            )
            params = jax.tree.map(lambda p, d: p - rate * d, params, direction)
            # Steer the rate by the divergence from the acting policy, as rsl_rl does.
            kl = metrics["kl_mean"]
            rate = jnp.where(kl > 2.0 * schedule.target_kl, rate / 1.5, rate)
            rate = jnp.where(kl < 0.5 * schedule.target_kl, rate * 1.5, rate)
            rate = jnp.clip(rate, schedule.min_rate, schedule.max_rate)
            return (params, optimizer, rate), metrics

        def epoch(carry: Any, key: jax.Array) -> tuple[Any, dict[str, jax.Array]]:
            shuffle, use = jax.random.split(key)
            order = jax.random.permutation(shuffle, robots)[: per_batch * config.minibatches]
            index = order.reshape(config.minibatches, per_batch)
            batches = jax.tree.map(lambda x: x[index], data)
            return jax.lax.scan(step, carry, (batches, jax.random.split(use, config.minibatches)))

        key, use = jax.random.split(state.key)
        carry = (state.params, state.optimizer, state.learning_rate)
        (params, optimizer, rate), metrics = jax.lax.scan(
            epoch, carry, jax.random.split(use, config.epochs)
        )
        seen = running_statistics.update(state.normalizer, observation[:-1], std_min_value=1e-2)
        normalizer = jax.tree.map(
            lambda new, now: jnp.where(schedule.learn_normalizer > 0, new, now),
            seen,
            state.normalizer,
        )
        last = {
            name: metrics[name][-1, -1]
            for name in ("kl_mean", "anchor_kl", "v_loss", "policy_dist_mean_std")
        }
        return (
            TrainState(params, optimizer, normalizer, key, rate),
            {**last, "learning_rate": rate},
        )


def _answering(networks: ppo_networks.PPONetworks, logits: Any) -> ppo_networks.PPONetworks:
    """The networks with a policy that answers `logits [B, T, …]`, in the loss's order.

    The anchor and Brax's loss need the same answer. Asked for twice, the policy would be
    differentiated twice: nearly a third of an update.
    """
    time_first = jax.tree.map(lambda x: jnp.swapaxes(x, 0, 1), logits)
    policy = replace(networks.policy_network, apply=lambda *_: time_first)
    return networks.replace(policy_network=policy)
