"""What a simulator is, whatever computes the physics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias, runtime_checkable

import jax
import numpy as np
from jaxtyping import Float

from tabrl.control.rollout import CONTROL_DT, Rollout
from tabrl.control.staged_commands import Commands
from tabrl.sim.episodes import EpisodeConfig

# From observation to action.
PolicyFn: TypeAlias = Callable[[Float[np.ndarray, "B no"]], Float[np.ndarray, "B nu"]]
Parameters: TypeAlias = Any  # a tree of arrays, such as the graph that they are for unpacks
# From parameters, observation and random key to action; a pure function of JAX arrays.
PolicyGraph: TypeAlias = Callable[
    [Parameters, Float[jax.Array, "B no"], jax.Array], Float[jax.Array, "B nu"]
]
# From observation and standard normal numbers to action.
NoisyPolicyFn: TypeAlias = Callable[
    [Float[np.ndarray, "B no"], Float[np.ndarray, "B nu"]], Float[np.ndarray, "B nu"]
]


@dataclass(frozen=True)
class GraphPolicy:
    """A `PolicyFn` that can also run inside a compiled rollout, and in several threads at once.

    A simulator compiles `graph` once for all policies that share it: what differs between them
    belongs into `parameters` (arrays) and `seed`, never into the function. In threads, `noisy` acts
    if there is one, given standard normal numbers to be random by; else `act` does and
    must depend on the observation alone.
    """

    graph: PolicyGraph
    parameters: Parameters
    seed: int
    act: PolicyFn
    noisy: NoisyPolicyFn | None = None

    def __call__(self, observation: Float[np.ndarray, "B no"]) -> Float[np.ndarray, "B nu"]:
        """Act from outside a graph; random policies draw other numbers here than in `graph`."""
        return self.act(observation)


@runtime_checkable
class Remembering(Protocol):
    """A `PolicyFn` that decides by what it has seen before: one call a control step."""

    def begin(self, robots: int) -> None:
        """Episodes of so many robots begin."""
        ...

    def __call__(self, observation: Float[np.ndarray, "B no"]) -> Float[np.ndarray, "B nu"]:
        """Act."""
        ...


@dataclass(frozen=True)
class Experience:
    """A block of experience, time first."""

    rollout: Rollout
    observation: Float[np.ndarray, "T+1 B no"]  # the last one follows the block
    privileged: Float[np.ndarray, "T+1 B np"]  # what a critic sees beside it
    action: Float[np.ndarray, "T B nu"]
    terminated: Float[np.ndarray, "T B"]  # 1: failed
    truncated: Float[np.ndarray, "T B"]  # 1: out of time


def _nothing() -> None:
    """What is done between two steps unless somebody wants to look in."""


class Simulator(Protocol):
    """Steps a batch of robots with a policy in the loop; rewards come later, from the rollout."""

    @property
    def size(self) -> int:
        """Number of robots, B."""
        ...

    def reset(self, schedules: Commands, config: EpisodeConfig, seed: int) -> None:
        """Start all robots anew.

        Args:
            schedules: what each robot is asked, `[B]`.
            config: how episodes begin, end and are disturbed from now on.
            seed: of all randomness until the next reset.
        """
        ...

    def prepare(self, policy: PolicyFn, steps: int) -> None:
        """Compile now what `rollout` would compile.

        Args:
            policy: any of those that share its graph and the shapes of its parameters.
            steps: as many as will be asked for.
        """
        ...

    def rollout(
        self, policy: PolicyFn, steps: int, on_step: Callable[[], None] = _nothing
    ) -> Experience:
        """Go on from where the robots are.

        Args:
            policy: decides.
            steps: control steps of 20 ms.
            on_step: called as often as the simulator can be interrupted, from any thread. It may
                raise to end the experience; then only a reset makes the robots usable again.
        """
        ...


def episode(simulator: Simulator, schedules: Commands, policy: PolicyFn,
            seconds: float,
            seed: int = 0, config: EpisodeConfig | None = None,
            on_step: Callable[[], None] = _nothing,
            block_s: float | None = None) -> Experience:  # fmt: skip
    """One episode of every robot without resets: after a failure the robot is left as it is.

    Args:
        simulator: whose robots begin anew.
        schedules: what each robot is asked, `[B]`.
        policy: decides.
        seconds: how long it lasts.
        seed: of all randomness.
        config: disturbances; when episodes end is overridden.
        on_step: see `Simulator.rollout`.
        block_s: length of the blocks that it is run in, of which the last may be cut: one length is
            compiled, however long the episode is. By default there is one block.
    """
    config = replace(config or EpisodeConfig(), auto_reset=False, episode_s=1e9)
    simulator.reset(schedules, config, seed)
    if isinstance(policy, Remembering):
        policy.begin(simulator.size)
    steps = round(seconds / CONTROL_DT)
    block = steps if block_s is None else round(block_s / CONTROL_DT)
    blocks = [simulator.rollout(policy, block, on_step) for _ in range(0, steps, block)]
    return blocks[0] if len(blocks) == 1 and block == steps else _cut(blocks, steps)


def _cut(blocks: list[Experience], steps: int) -> Experience:
    """Blocks that follow each other as one of `steps` steps."""

    def joined(fields: list[Float[np.ndarray, "_ ..."]]) -> Float[np.ndarray, "T ..."]:
        return np.concatenate(fields)[:steps]

    def seen(fields: list[Float[np.ndarray, "_ ..."]]) -> Float[np.ndarray, "T+1 ..."]:
        return np.concatenate([*(field[:-1] for field in fields), fields[-1][-1:]])[: steps + 1]

    return Experience(
        rollout=Rollout(
            {
                name: joined([block.rollout.fields[name] for block in blocks])
                for name in blocks[0].rollout
            }
        ),
        observation=seen([block.observation for block in blocks]),
        privileged=seen([block.privileged for block in blocks]),
        action=joined([block.action for block in blocks]),
        terminated=joined([block.terminated for block in blocks]),
        truncated=joined([block.truncated for block in blocks]),
    )
