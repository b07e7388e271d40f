"""The actor and the critic: Brax's PPO networks, and how the actor becomes a policy file."""

from __future__ import annotations

from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from brax.training import networks as brax_networks
from brax.training import types
from brax.training.acme import running_statistics
from brax.training.agents.ppo import networks as ppo_networks
from brax.training.distribution import NormalDistribution
from jaxtyping import Float

from tabrl.control.policy import Layer, PolicyWeights
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot
from tabrl.sim.episodes import DIFFERENCES
from tabrl.sim.simulator import GraphPolicy

# Mean and standard deviation of observations, then kernel and bias of every layer.
DeployedParameters: TypeAlias = tuple[
    Float[jax.Array, " no"],
    Float[jax.Array, " no"],
    tuple[tuple[Float[jax.Array, "in out"], Float[jax.Array, " out"]], ...],
]
HIDDEN = (256, 128)
INITIAL_NOISE = 0.6  # standard deviation of the first exploring actions


def make_networks(robot: Robot) -> ppo_networks.PPONetworks:
    """Gaussian actor with a learnt, state-independent noise and a critic, both MLPs 256-128.

    Both take `[..., no + np]`, what a critic sees; the actor reads the first `no` columns of it.
    """
    seen = len(embodiment_of(robot).observation)

    def observed(
        observation: Float[jax.Array, "... N"], statistics: running_statistics.NestedMeanStd
    ) -> Float[jax.Array, "... no"]:
        own = running_statistics.NestedMeanStd(statistics.mean[:seen], statistics.std[:seen])
        normal: Float[jax.Array, "... no"] = running_statistics.normalize(
            observation[..., :seen], own
        )
        return normal

    distribution = NormalDistribution(event_size=robot.nu)
    return ppo_networks.PPONetworks(
        policy_network=brax_networks.make_policy_network(
            distribution.param_size,
            seen,
            preprocess_observations_fn=observed,
            hidden_layer_sizes=HIDDEN,
            activation=jax.nn.swish,
            distribution_type="normal",
            noise_std_type="log",
            init_noise_std=INITIAL_NOISE,
            mean_kernel_init=jax.nn.initializers.orthogonal(scale=0.01),
        ),
        value_network=brax_networks.make_value_network(
            critic_width(robot),
            preprocess_observations_fn=running_statistics.normalize,
            hidden_layer_sizes=HIDDEN,
            activation=jax.nn.swish,
        ),
        parametric_action_distribution=distribution,
    )


def critic_width(robot: Robot) -> int:
    """What a critic sees: the observation, what is hidden from the policy, how a robot differs."""
    embodiment = embodiment_of(robot)
    return len(embodiment.observation) + len(embodiment.hidden) + len(DIFFERENCES)


def initial_normalizer(robot: Robot) -> running_statistics.RunningStatisticsState:
    """Statistics of what a critic sees before it has seen anything."""
    return running_statistics.init_state(jnp.zeros(critic_width(robot), jnp.float32))


def policy_weights(
    policy: types.Params, normalizer: running_statistics.NestedMeanStd
) -> PolicyWeights:
    """The actor's deterministic part as plain arrays, as inference runs it.

    Args:
        policy: flax's tree of the actor that `make_networks` makes.
        normalizer: statistics of what a critic sees.
    """
    tree = policy["params"]
    hidden = tree["MLP_0"]
    seen = hidden["hidden_0"]["kernel"].shape[0]
    names = sorted(hidden, key=lambda name: int(name.rsplit("_", 1)[1]))
    dense = [hidden[name] for name in names] + [tree["Dense_0"]]
    return PolicyWeights(
        mean=np.asarray(normalizer.mean, np.float32)[:seen],
        std=np.asarray(normalizer.std, np.float32)[:seen],
        layers=tuple(
            Layer(np.asarray(layer["kernel"], np.float32), np.asarray(layer["bias"], np.float32))
            for layer in dense
        ),
    )


def deployed(weights: PolicyWeights) -> GraphPolicy:
    """The deterministic policy as inference runs it, for compiled rollouts as well.

    All robots' weights of one shape share a graph: the numbers are arguments.
    """
    layers = tuple((layer.kernel, layer.bias) for layer in weights.layers)
    return GraphPolicy(
        graph=_forward, parameters=(weights.mean, weights.std, layers), seed=0, act=weights.act
    )


def _forward(
    parameters: DeployedParameters, observation: Float[jax.Array, "B no"], _: jax.Array
) -> Float[jax.Array, "B nu"]:
    mean, std, layers = parameters
    x = (observation - mean) / std
    for kernel, bias in layers[:-1]:
        x = jax.nn.swish(x @ kernel + bias)
    kernel, bias = layers[-1]
    return x @ kernel + bias
