"""What a simulator is, whatever computes the physics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from tabrl.control.commands import CommandBatch
from tabrl.control.rollout import CONTROL_DT, Floats, Rollout
from tabrl.control.staged import StagedCommands

# Observation [B, no] -> action [B, nu]
PolicyFn = Callable[[Floats], Floats]
# Parameters, observation [B, no], random key -> action [B, nu]; a pure function of JAX arrays
PolicyGraph = Callable[[Any, Any, Any], Any]
CommandSampler = Callable[[np.random.Generator, int], CommandBatch | StagedCommands]
# CommandBatch of robots that are reset -> their poses qpos [B, nq], NaN for the home keyframe
StartPoses = Callable[[np.random.Generator, CommandBatch], Floats]


@dataclass(frozen=True)
class EpisodeConfig:
    """How episodes begin, end and are disturbed.

    Times in s, `reset_noise` scales the random start pose; a push adds `push_speed` m/s in a random
    direction, every `push_every_s` on average. With `start_spread_s` a robot starts at a random
    time of its schedule, so that a batch sees all phases at once. With a `sampler`, schedules are
    drawn at resets and every `resample_s`; `start` may choose other poses than the home keyframe.
    """

    episode_s: float = 10.0
    reset_noise: float = 1.0
    start_spread_s: float = 0.0
    push_every_s: float = 0.0
    push_speed: float = 0.0
    sampler: CommandSampler | None = None
    resample_s: float = 0.0
    auto_reset: bool = True
    start: StartPoses | None = None


@dataclass(frozen=True)
class GraphPolicy:
    """A `PolicyFn` that can also run inside a compiled rollout, and in several threads at once.

    A simulator compiles `graph` once for all policies that share it: what differs between them
    belongs into `parameters` (arrays) and `seed`, never into the function. In threads, `noisy` acts
    if there is one, given standard normal numbers `[B, nu]` to be random by; else `act` does and
    must depend on the observation alone.
    """

    graph: PolicyGraph
    parameters: Any
    seed: int
    act: PolicyFn
    noisy: Callable[[Floats, Floats], Floats] | None = None

    def __call__(self, observation: Floats) -> Floats:
        """Act from outside a graph; random policies draw other numbers here than in `graph`."""
        return self.act(observation)


@dataclass(frozen=True)
class Experience:
    """A block of experience, time first.

    `observation [T + 1, B, no]` (the last one follows the block), `action [T, B, nu]`,
    `terminated` and `truncated [T, B]` 0 or 1: fallen, and out of time.
    """

    rollout: Rollout
    observation: Floats
    action: Floats
    terminated: Floats
    truncated: Floats


def _nothing() -> None:
    """What is done between two steps unless somebody wants to look in."""


class Simulator(Protocol):
    """Steps a batch of robots with a policy in the loop; rewards come later, from the rollout."""

    @property
    def size(self) -> int:
        """Number of robots, B."""
        ...

    def reset(
        self, schedules: CommandBatch | StagedCommands, rules: EpisodeConfig, seed: int
    ) -> None:
        """Start all robots anew with `schedules [B]`."""
        ...

    def prepare(self, policy: PolicyFn, steps: int) -> None:
        """Compile now what `rollout` would compile for `steps` under policies of this kind."""
        ...

    def rollout(
        self, policy: PolicyFn, steps: int, on_step: Callable[[], None] = _nothing
    ) -> Experience:
        """Go on for `steps` control steps of 20 ms.

        `on_step` is called as often as the simulator can be interrupted, from any thread, and may
        raise to end the experience; then only a reset makes the robots usable again.
        """
        ...


def episode(simulator: Simulator, schedules: CommandBatch | StagedCommands, policy: PolicyFn,
            seconds: float,
            seed: int = 0, rules: EpisodeConfig | None = None,
            on_step: Callable[[], None] = _nothing,
            block_s: float | None = None) -> Experience:  # fmt: skip
    """One episode of every robot without resets: after a fall the robot is left as it is.

    In blocks of `block_s` seconds, if given, of which the last may be cut: one length is compiled,
    however long the episode is.
    """
    rules = replace(rules or EpisodeConfig(), auto_reset=False, episode_s=1e9)
    simulator.reset(schedules, rules, seed)
    steps = round(seconds / CONTROL_DT)
    block = steps if block_s is None else round(block_s / CONTROL_DT)
    blocks = [simulator.rollout(policy, block, on_step) for _ in range(0, steps, block)]
    return blocks[0] if len(blocks) == 1 and block == steps else _cut(blocks, steps)


def _cut(blocks: list[Experience], steps: int) -> Experience:
    """Blocks that follow each other as one of `steps` steps."""

    def joined(fields: list[Floats]) -> Floats:
        return np.concatenate(fields)[:steps]

    firsts = [block.observation[:-1] for block in blocks]
    return Experience(
        rollout=Rollout(
            {
                name: joined([block.rollout.fields[name] for block in blocks])
                for name in blocks[0].rollout
            }
        ),
        observation=np.concatenate([*firsts, blocks[-1].observation[-1:]])[: steps + 1],
        action=joined([block.action for block in blocks]),
        terminated=joined([block.terminated for block in blocks]),
        truncated=joined([block.truncated for block in blocks]),
    )
