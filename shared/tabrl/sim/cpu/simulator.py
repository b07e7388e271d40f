"""The CPU simulator: MuJoCo's own batch stepping on all cores.

The robots are shared out between two threads. Under a `GraphPolicy` each thread goes through a
chunk by itself, so that one computes physics while the other one observes, decides and buffers.
Decisions are made in numpy, in the thread itself: between two steps of physics a call of XLA, which
has threads of its own, takes two to four times as long as alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import mujoco
import numpy as np
from jaxtyping import Float
from threadpoolctl import ThreadpoolController

from tabrl.control.command_batch import CommandBatch
from tabrl.control.embodiment import Embodiment
from tabrl.control.physics import SUBSTEPS, physics_model
from tabrl.control.rollout import Rollout
from tabrl.control.staged_commands import Commands, StagedCommands
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot
from tabrl.sim.cpu import derivation
from tabrl.sim.cpu.layout import RolloutBuffer
from tabrl.sim.cpu.shard import CpuRobots
from tabrl.sim.episodes import DIFFERENCES, EpisodeConfig, RobotDifferences
from tabrl.sim.simulator import Experience, GraphPolicy, PolicyFn

SHARDS = 2  # of the robots, whatever the machine: random numbers are drawn by share


@dataclass(frozen=True)
class _Shard:
    """Some of the robots, and which ones."""

    index: int
    robots: CpuRobots
    part: slice


class CpuSimulator:
    """`Simulator` on `mujoco.batch.Batch`: `size` robots on `threads` threads (0: all cores).

    The robots may differ from their scene, and their physics be finer than everybody's `substeps`.
    Results do not depend on the number of threads. What is compiled depends
    on the robot and the size, for the rollout also on the number of steps; never on the policy.
    """

    def __init__(
        self,
        robot: Robot,
        size: int,
        *,
        threads: int = 0,
        differences: RobotDifferences | None = None,
        substeps: int = SUBSTEPS,
        coarse: bool = False,
        model: mujoco.MjModel | None = None,
        seed: int = 0,
    ) -> None:
        """`coarse` physics are for ranking, see `physics_model`; nothing is learnt on them.

        Another `model` of the robot takes its scene's place, with the same columns of `qpos`,
        `qvel` and `ctrl`, and its home keyframe first.
        """
        self._embodiment = embodiment = embodiment_of(robot)
        self._size = size
        model = model or physics_model(robot, substeps, coarse=coarse)
        threads = threads or len(os.sched_getaffinity(0))
        count = min(SHARDS, size)
        ends = [size * (i + 1) // count for i in range(count)]
        each = -(-threads // count)
        self._shards = [
            _Shard(i, CpuRobots(embodiment, model, end - begin, each), slice(begin, end))
            for i, (begin, end) in enumerate(pairwise([0, *ends]))
        ]
        self._helpers = ThreadPoolExecutor(count - 1) if min(threads, count) > 1 else None
        self._seed, self._chunks = seed, 0
        self._prepared_sizes: set[int] = set()
        self._prepared_rollouts: set[tuple[int, int]] = set()  # steps and robots
        self._blas = ThreadpoolController()
        for shard, rng in self._random(seed):
            neutral = StagedCommands.of(
                CommandBatch.neutral(embodiment.commands, shard.robots.size)
            )
            shard.robots.reset(neutral, EpisodeConfig(), rng)
            if differences is not None:
                shard.robots.differ(differences.pick(shard.part))

    @property
    def size(self) -> int:
        """Number of robots, B."""
        return self._size

    def reset(self, schedules: Commands, config: EpisodeConfig, seed: int) -> None:
        """Start all robots anew with `schedules [B]`."""
        if len(schedules) != self.size:
            raise ValueError(f"{len(schedules)} schedules for {self.size} robots")
        self._seed, self._chunks = seed, 0
        sequences = StagedCommands.of(schedules)
        for shard, rng in self._random(seed):
            shard.robots.reset(sequences.pick(shard.part), config, rng)

    def prepare(self, policy: PolicyFn, steps: int) -> None:
        """Compile now what `rollout` would compile for `steps` under policies of this kind."""
        for shard in self._shards:
            robots, size = shard.robots, shard.robots.size
            if size not in self._prepared_sizes:
                robots.look_ahead.prepare()
                derivation.poses(robots.layout, self._blank(shard, 1))
                self._prepared_sizes.add(size)
            # The rollout of all other policies is derived in numpy.
            if isinstance(policy, GraphPolicy) and (steps, size) not in self._prepared_rollouts:
                self._derive(shard, self._blank(shard, steps), dict(robots.carry))
                self._prepared_rollouts.add((steps, size))

    def rollout(
        self, policy: PolicyFn, steps: int, on_step: Callable[[], None] = lambda: None
    ) -> Experience:
        """Go on for `steps` control steps of 20 ms; `on_step` is called at every one of them."""
        chunk = _Chunk.empty(steps, self._size, self._embodiment)
        # Threads that find nothing compiled would both compile.
        self.prepare(policy, steps)
        # Each share has its thread; a matrix product that took more would take them from the other.
        with self._blas.limit(limits=1, user_api="blas"):
            if isinstance(policy, GraphPolicy):
                self._each(lambda shard: self._run(policy, shard, chunk, on_step))
            else:
                self._stepwise(policy, chunk, on_step)
        self._chunks += 1
        return chunk.rollout()

    def state(self) -> tuple[Float[np.ndarray, "B nq"], Float[np.ndarray, "B nv"]]:
        """Copies of `qpos` and `qvel`."""
        robots = [shard.robots for shard in self._shards]
        return (
            np.concatenate([some.qpos for some in robots], dtype=np.float32),
            np.concatenate([some.qvel for some in robots], dtype=np.float32),
        )

    def place(self, qpos: Float[np.ndarray, "B nq"], qvel: Float[np.ndarray, "B nv"]) -> None:
        """Put the robots into other states; their clocks go on."""
        for shard in self._shards:
            shard.robots.place(qpos[shard.part], qvel[shard.part])

    def _random(self, seed: int) -> list[tuple[_Shard, np.random.Generator]]:
        return [(shard, np.random.default_rng([seed, shard.index])) for shard in self._shards]

    def _each(self, work: Callable[[_Shard], None]) -> None:
        """Do the work for every share at the same time; returns when all is done."""
        first, *others = self._shards
        if self._helpers is None:
            for shard in self._shards:
                work(shard)
            return
        going = [self._helpers.submit(work, shard) for shard in others]
        try:
            work(first)
        finally:
            errors = [future.exception() for future in going]  # waits
        for error in errors:
            if error is not None:
                raise error

    def _stepwise(self, policy: PolicyFn, chunk: _Chunk, on_step: Callable[[], None]) -> None:
        """A chunk whose policy is asked for all robots at once."""
        buffers = {shard.index: self._new_buffer(shard, chunk.steps) for shard in self._shards}

        def observe(shard: _Shard, t: int) -> None:
            chunk.see(t, shard.part, shard.robots)

        def step(shard: _Shard, t: int) -> None:
            robots, buffer = shard.robots, buffers[shard.index]
            robots.step(robots.targets(chunk.action[t, shard.part]))
            robots.record(buffer, t)
            chunk.ended[:, t, shard.part] = robots.end(buffer, t)
            observe(shard, t + 1)

        def derive(shard: _Shard) -> None:
            robots = shard.robots
            buffer = buffers[shard.index]
            raw = buffer.steps(robots.layout, derivation.poses(robots.layout, buffer))
            chunk.keep(shard.part, self._embodiment.derive(raw, robots.carry))

        self._each(lambda shard: observe(shard, 0))
        for t in range(chunk.steps):
            on_step()
            chunk.action[t] = policy(chunk.observation[t])
            self._each(partial(step, t=t))
        self._each(derive)

    def _run(
        self, policy: GraphPolicy, shard: _Shard, chunk: _Chunk, on_step: Callable[[], None]
    ) -> None:
        """A whole chunk of one shard."""
        robots, part = shard.robots, shard.part
        buffer = self._new_buffer(shard, chunk.steps)
        seed = (abs(policy.seed), abs(self._seed), self._chunks, shard.index)
        shape = (chunk.steps, robots.size, self._embodiment.robot.nu)
        noise = np.random.default_rng(seed).standard_normal(shape, np.float32)
        for t in range(chunk.steps):
            on_step()
            observation = chunk.see(t, part, robots)
            action = chunk.action[t, part] = self._act(policy, observation, noise[t])
            robots.step(robots.targets(action))
            robots.record(buffer, t)
            chunk.ended[:, t, part] = robots.end(buffer, t)
        chunk.see(chunk.steps, part, robots)
        chunk.keep(part, self._derive(shard, buffer, robots.carry))

    def _act(
        self,
        policy: GraphPolicy,
        observation: Float[np.ndarray, "b no"],
        noise: Float[np.ndarray, "b nu"],
    ) -> Float[np.ndarray, "b nu"]:
        return policy.act(observation) if policy.noisy is None else policy.noisy(observation, noise)

    def _derive(
        self, shard: _Shard, buffer: RolloutBuffer, carry: dict[str, Float[np.ndarray, "b ..."]]
    ) -> Rollout:
        return derivation.derive(shard.robots.layout, buffer, carry)

    def _blank(self, shard: _Shard, steps: int) -> RolloutBuffer:
        """A buffer to compile with."""
        buffer = self._new_buffer(shard, steps)
        for field in vars(buffer).values():
            field[:] = 0.0
        return buffer

    def _new_buffer(self, shard: _Shard, steps: int) -> RolloutBuffer:
        return RolloutBuffer.empty(steps, shard.robots.size, shard.robots.layout)


@dataclass(frozen=True)
class _Chunk:
    """A rollout being filled in."""

    fields: dict[str, Float[np.ndarray, "T B ..."]]
    observation: Float[np.ndarray, "T+1 B no"]
    privileged: Float[np.ndarray, "T+1 B np"]
    action: Float[np.ndarray, "T B nu"]
    ended: Float[np.ndarray, "2 T B"]  # failures, and time limits

    @classmethod
    def empty(cls, steps: int, size: int, embodiment: Embodiment) -> _Chunk:
        """Room for `steps` of `size` robots."""

        def room(*shape: int) -> Float[np.ndarray, ...]:
            return np.empty(shape, np.float32)

        return cls(
            fields={name: room(steps, size, *shape) for name, shape in embodiment.schema.items()},
            observation=room(steps + 1, size, len(embodiment.observation)),
            privileged=room(steps + 1, size, len(embodiment.hidden) + len(DIFFERENCES)),
            action=room(steps, size, embodiment.robot.nu),
            ended=room(2, steps, size),
        )

    @property
    def steps(self) -> int:
        """Number of control steps, T."""
        return len(self.action)

    def see(self, t: int, part: slice, robots: CpuRobots) -> Float[np.ndarray, "b no"]:
        """Write down what some robots see before step `t`; returns what their policy sees."""
        observation, privileged = robots.observe()
        self.observation[t, part], self.privileged[t, part] = observation, privileged
        return observation

    def keep(self, part: slice, rollout: Rollout) -> None:
        """Write down the rollout of some robots."""
        for name, field in rollout.fields.items():
            self.fields[name][:, part] = field

    def rollout(self) -> Experience:
        """The filled chunk."""
        return Experience(
            Rollout(self.fields), self.observation, self.privileged, self.action, *self.ended
        )
