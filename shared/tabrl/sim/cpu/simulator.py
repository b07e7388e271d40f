"""The CPU simulator: MuJoCo's own batch stepping on all cores.

The robots are shared out between two threads. Under a `GraphPolicy` each thread goes through a
block by itself, so that one computes physics while the other one observes, decides and records.
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
from threadpoolctl import ThreadpoolController

from tabrl.control.commands import CommandBatch
from tabrl.control.observation import Joints, observation_size
from tabrl.control.rollout import Carry, Floats, Rollout, RolloutBuilder
from tabrl.control.shapes import trunk_shapes
from tabrl.control.staged import StagedCommands
from tabrl.rewards.schema import rollout_schema
from tabrl.robots import Robot, scene_xml
from tabrl.sim.cpu import derivation
from tabrl.sim.cpu.layout import RolloutBuffer
from tabrl.sim.cpu.shard import SUBSTEPS, CpuRobots
from tabrl.sim.simulator import EpisodeConfig, Experience, GraphPolicy, PolicyFn

__all__ = ["SHARDS", "SUBSTEPS", "CpuSimulator", "physics_model"]

SHARDS = 2  # of the robots, whatever the machine: random numbers are drawn by share


def physics_model(robot: Robot) -> mujoco.MjModel:
    """The scene, but for what makes no difference to its motion and costs time.

    Visual geoms weigh and touch nothing; sensors are not read; with some ten pairs that may touch
    there is nothing to sort out before, and one robot is a single island of constraints.
    """
    spec = mujoco.MjSpec.from_string(scene_xml(robot.id).decode())
    spec.compiler.discardvisual = True
    off = mujoco.mjtDisableBit
    spec.option.disableflags |= off.mjDSBL_SENSOR | off.mjDSBL_MIDPHASE | off.mjDSBL_ISLAND
    model: mujoco.MjModel = spec.compile()
    return model


@dataclass(frozen=True)
class _Shard:
    """Some of the robots, and which ones."""

    index: int
    robots: CpuRobots
    part: slice


class CpuSimulator:
    """`Simulator` on `mujoco.batch.Batch`: `size` robots on `threads` threads (0: all cores).

    Results do not depend on the number of threads. What is compiled depends
    on the robot and the size, for the rollout also on the number of steps; never on the policy.
    """

    def __init__(
        self, robot: Robot, size: int, *, threads: int = 0, randomise: bool = False, seed: int = 0
    ) -> None:
        self._robot = robot
        self._size = size
        model = physics_model(robot)
        shapes = trunk_shapes(model)
        self._shapes = tuple((name, tuple(row.tolist())) for name, row in shapes.items())
        self._builder = RolloutBuilder(robot, shapes)
        threads = threads or len(os.sched_getaffinity(0))
        count = min(SHARDS, size)
        ends = [size * (i + 1) // count for i in range(count)]
        each = -(-threads // count)
        self._shards = [
            _Shard(i, CpuRobots(robot, model, self._builder, end - begin, each), slice(begin, end))
            for i, (begin, end) in enumerate(pairwise([0, *ends]))
        ]
        self._helpers = ThreadPoolExecutor(count - 1) if min(threads, count) > 1 else None
        self._seed, self._blocks = seed, 0
        self._prepared_sizes: set[int] = set()
        self._prepared_rollouts: set[tuple[int, int]] = set()  # steps and robots
        self._blas = ThreadpoolController()
        for shard, rng in self._random(seed):
            neutral = StagedCommands.of(CommandBatch.neutral(shard.robots.size))
            shard.robots.reset(neutral, EpisodeConfig(), rng)
            if randomise:
                shard.robots.randomise(rng)

    @property
    def size(self) -> int:
        """Number of robots, B."""
        return self._size

    def reset(
        self, schedules: CommandBatch | StagedCommands, rules: EpisodeConfig, seed: int
    ) -> None:
        """Start all robots anew with `schedules [B]`."""
        if len(schedules) != self.size:
            raise ValueError(f"{len(schedules)} schedules for {self.size} robots")
        self._seed, self._blocks = seed, 0
        sequences = StagedCommands.of(schedules)
        for shard, rng in self._random(seed):
            shard.robots.reset(sequences.pick(shard.part), rules, rng)

    def prepare(self, policy: PolicyFn, steps: int) -> None:
        """Compile now what `rollout` would compile for `steps` under policies of this kind."""
        for shard in self._shards:
            robots, size = shard.robots, shard.robots.size
            if size not in self._prepared_sizes:
                robots.look_ahead.prepare()
                derivation.poses(robots.layout, self._blank(shard, 1))
                self._prepared_sizes.add(size)
            # Any other policy's rollout is derived in numpy.
            if isinstance(policy, GraphPolicy) and (steps, size) not in self._prepared_rollouts:
                self._derive(shard, self._blank(shard, steps), robots.carry.copy())
                self._prepared_rollouts.add((steps, size))

    def rollout(
        self, policy: PolicyFn, steps: int, on_step: Callable[[], None] = lambda: None
    ) -> Experience:
        """Go on for `steps` control steps of 20 ms; `on_step` is called at every one of them."""
        block = _Chunk.empty(steps, self._size, self._robot)
        # Threads that find nothing compiled would both compile.
        self.prepare(policy, steps)
        # Each share has its thread; a matrix product that took more would take them from the other.
        with self._blas.limit(limits=1, user_api="blas"):
            if isinstance(policy, GraphPolicy):
                self._each(lambda shard: self._run(policy, shard, block, on_step))
            else:
                self._stepwise(policy, block, on_step)
        self._blocks += 1
        return block.rollout()

    def state(self) -> tuple[Floats, Floats]:
        """Copies of `qpos [B, nq]` and `qvel [B, nv]`."""
        robots = [shard.robots for shard in self._shards]
        return (
            np.concatenate([some.qpos for some in robots], dtype=np.float32),
            np.concatenate([some.qvel for some in robots], dtype=np.float32),
        )

    def place(self, qpos: Floats, qvel: Floats) -> None:
        """Put the robots into states `qpos [B, nq]`, `qvel [B, nv]`; their clocks go on."""
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

    def _stepwise(self, policy: PolicyFn, block: _Chunk, on_step: Callable[[], None]) -> None:
        """A block whose policy is asked for all robots at once."""
        records = {shard.index: self._record(shard, block.steps) for shard in self._shards}
        joints = Joints.of(self._robot)

        def observe(shard: _Shard, t: int) -> None:
            block.observation[t, shard.part] = shard.robots.observe()

        def step(shard: _Shard, t: int) -> None:
            robots, record = shard.robots, records[shard.index]
            robots.step(robots.targets(block.action[t, shard.part]))
            robots.record(record, t)
            block.ended[:, t, shard.part] = robots.end(record, t)
            observe(shard, t + 1)

        def derive(shard: _Shard) -> None:
            robots = shard.robots
            record = records[shard.index]
            raw = record.steps(robots.layout, joints, derivation.poses(robots.layout, record))
            block.keep(shard.part, self._builder.derive(raw, robots.carry))

        self._each(lambda shard: observe(shard, 0))
        for t in range(block.steps):
            on_step()
            block.action[t] = policy(block.observation[t])
            self._each(partial(step, t=t))
        self._each(derive)

    def _run(
        self, policy: GraphPolicy, shard: _Shard, block: _Chunk, on_step: Callable[[], None]
    ) -> None:
        """A whole block of one shard."""
        robots, part = shard.robots, shard.part
        record = self._record(shard, block.steps)
        seed = (abs(policy.seed), abs(self._seed), self._blocks, shard.index)
        shape = (block.steps, robots.size, self._robot.nu)
        noise = np.random.default_rng(seed).standard_normal(shape, np.float32)
        for t in range(block.steps):
            on_step()
            observation = block.observation[t, part] = robots.observe()
            action = block.action[t, part] = self._act(policy, observation, noise[t])
            robots.step(robots.targets(action))
            robots.record(record, t)
            block.ended[:, t, part] = robots.end(record, t)
        block.observation[-1, part] = robots.observe()
        block.keep(part, self._derive(shard, record, robots.carry))

    def _act(self, policy: GraphPolicy, observation: Floats, noise: Floats) -> Floats:
        return policy.act(observation) if policy.noisy is None else policy.noisy(observation, noise)

    def _derive(self, shard: _Shard, record: RolloutBuffer, carry: Carry) -> Rollout:
        return derivation.derive(self._robot, shard.robots.layout, self._shapes, record, carry)

    def _blank(self, shard: _Shard, steps: int) -> RolloutBuffer:
        """A record to compile with."""
        record = self._record(shard, steps)
        for field in vars(record).values():
            field[:] = 0.0
        return record

    def _record(self, shard: _Shard, steps: int) -> RolloutBuffer:
        return RolloutBuffer.empty(steps, shard.robots.size, self._robot, shard.robots.layout)


@dataclass(frozen=True)
class _Chunk:
    """A rollout being filled in; `ended [2, T, B]` are falls and time limits."""

    fields: dict[str, Floats]
    observation: Floats
    action: Floats
    ended: Floats

    @classmethod
    def empty(cls, steps: int, size: int, robot: Robot) -> _Chunk:
        """Room for `steps` of `size` robots."""

        def room(*shape: int) -> Floats:
            return np.empty(shape, np.float32)

        return cls(
            fields={
                name: room(steps, size, *shape) for name, shape in rollout_schema(robot).items()
            },
            observation=room(steps + 1, size, observation_size(robot)),
            action=room(steps, size, robot.nu),
            ended=room(2, steps, size),
        )

    @property
    def steps(self) -> int:
        """Number of control steps, T."""
        return len(self.action)

    def keep(self, part: slice, rollout: Rollout) -> None:
        """Write down the rollout of some robots."""
        for name, field in rollout.fields.items():
            self.fields[name][:, part] = field

    def rollout(self) -> Experience:
        """The filled block."""
        return Experience(Rollout(self.fields), self.observation, self.action, *self.ended)
