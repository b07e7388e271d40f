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

from tabrl.control.observation import Joints, observation_size
from tabrl.control.program import Programs
from tabrl.control.sequence import Sequences
from tabrl.control.shapes import trunk_shapes
from tabrl.control.tape import Floats, Memory, Tape, TapeBuilder
from tabrl.rewards.schema import tape_schema
from tabrl.robots import Robot, scene_xml
from tabrl.sim import cpu_graph
from tabrl.sim.cpu_layout import Record
from tabrl.sim.cpu_robots import SUBSTEPS, CpuRobots
from tabrl.sim.simulator import EpisodeRules, GraphPolicy, PolicyFn, Rollout

__all__ = ["SHARES", "SUBSTEPS", "CpuSimulator", "physics_model"]

SHARES = 2  # of the robots, whatever the machine: random numbers are drawn by share


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
class _Share:
    """Some of the robots, and which ones."""

    index: int
    robots: CpuRobots
    part: slice


class CpuSimulator:
    """`Simulator` on `mujoco.batch.Batch`: `size` robots on `threads` threads (0: all cores).

    Results do not depend on the number of threads. What is compiled, the agenda and the tape,
    depends on the robot and the size, the tape also on the number of steps; never on the policy.
    """

    def __init__(
        self, robot: Robot, size: int, *, threads: int = 0, randomise: bool = False, seed: int = 0
    ) -> None:
        self._robot = robot
        self._size = size
        model = physics_model(robot)
        shapes = trunk_shapes(model)
        self._shapes = tuple((name, tuple(row.tolist())) for name, row in shapes.items())
        self._builder = TapeBuilder(robot, shapes)
        threads = threads or len(os.sched_getaffinity(0))
        count = min(SHARES, size)
        ends = [size * (i + 1) // count for i in range(count)]
        each = -(-threads // count)
        self._shares = [
            _Share(i, CpuRobots(robot, model, self._builder, end - begin, each), slice(begin, end))
            for i, (begin, end) in enumerate(pairwise([0, *ends]))
        ]
        self._helpers = ThreadPoolExecutor(count - 1) if min(threads, count) > 1 else None
        self._seed, self._blocks = seed, 0
        self._prepared_sizes: set[int] = set()
        self._prepared_tapes: set[tuple[int, int]] = set()  # steps and robots
        self._blas = ThreadpoolController()
        for share, rng in self._random(seed):
            neutral = Sequences.of(Programs.neutral(share.robots.size))
            share.robots.reset(neutral, EpisodeRules(), rng)
            if randomise:
                share.robots.randomise(rng)

    @property
    def size(self) -> int:
        """Number of robots, B."""
        return self._size

    def reset(self, programs: Programs | Sequences, rules: EpisodeRules, seed: int) -> None:
        """Start all robots anew with `programs [B]`."""
        if len(programs) != self.size:
            raise ValueError(f"{len(programs)} programs for {self.size} robots")
        self._seed, self._blocks = seed, 0
        sequences = Sequences.of(programs)
        for share, rng in self._random(seed):
            share.robots.reset(sequences.pick(share.part), rules, rng)

    def prepare(self, policy: PolicyFn, steps: int) -> None:
        """Compile now what `rollout` would compile for `steps` under policies of this kind."""
        for share in self._shares:
            robots, size = share.robots, share.robots.size
            if size not in self._prepared_sizes:
                robots.agenda.prepare()
                cpu_graph.poses(robots.layout, self._blank(share, 1))
                self._prepared_sizes.add(size)
            # Any other policy's tape is derived in numpy.
            if isinstance(policy, GraphPolicy) and (steps, size) not in self._prepared_tapes:
                self._derive(share, self._blank(share, steps), robots.memory.copy())
                self._prepared_tapes.add((steps, size))

    def rollout(
        self, policy: PolicyFn, steps: int, between: Callable[[], None] = lambda: None
    ) -> Rollout:
        """Go on for `steps` control steps of 20 ms; `between` is called at every one of them."""
        block = _Block.empty(steps, self._size, self._robot)
        # Threads that find nothing compiled would both compile.
        self.prepare(policy, steps)
        # Each share has its thread; a matrix product that took more would take them from the other.
        with self._blas.limit(limits=1, user_api="blas"):
            if isinstance(policy, GraphPolicy):
                self._each(lambda share: self._run(policy, share, block, between))
            else:
                self._stepwise(policy, block, between)
        self._blocks += 1
        return block.rollout()

    def state(self) -> tuple[Floats, Floats]:
        """Copies of `qpos [B, nq]` and `qvel [B, nv]`."""
        robots = [share.robots for share in self._shares]
        return (
            np.concatenate([some.qpos for some in robots], dtype=np.float32),
            np.concatenate([some.qvel for some in robots], dtype=np.float32),
        )

    def place(self, qpos: Floats, qvel: Floats) -> None:
        """Put the robots into states `qpos [B, nq]`, `qvel [B, nv]`; their clocks go on."""
        for share in self._shares:
            share.robots.place(qpos[share.part], qvel[share.part])

    def _random(self, seed: int) -> list[tuple[_Share, np.random.Generator]]:
        return [(share, np.random.default_rng([seed, share.index])) for share in self._shares]

    def _each(self, work: Callable[[_Share], None]) -> None:
        """Do the work for every share at the same time; returns when all is done."""
        first, *others = self._shares
        if self._helpers is None:
            for share in self._shares:
                work(share)
            return
        going = [self._helpers.submit(work, share) for share in others]
        try:
            work(first)
        finally:
            errors = [future.exception() for future in going]  # waits
        for error in errors:
            if error is not None:
                raise error

    def _stepwise(self, policy: PolicyFn, block: _Block, between: Callable[[], None]) -> None:
        """A block whose policy is asked for all robots at once."""
        records = {share.index: self._record(share, block.steps) for share in self._shares}
        joints = Joints.of(self._robot)

        def observe(share: _Share, t: int) -> None:
            block.observation[t, share.part] = share.robots.observe()

        def step(share: _Share, t: int) -> None:
            robots, record = share.robots, records[share.index]
            robots.step(robots.targets(block.action[t, share.part]))
            robots.record(record, t)
            block.ended[:, t, share.part] = robots.end(record, t)
            observe(share, t + 1)

        def derive(share: _Share) -> None:
            robots = share.robots
            record = records[share.index]
            raw = record.steps(robots.layout, joints, cpu_graph.poses(robots.layout, record))
            block.keep(share.part, self._builder.derive(raw, robots.memory))

        self._each(lambda share: observe(share, 0))
        for t in range(block.steps):
            between()
            block.action[t] = policy(block.observation[t])
            self._each(partial(step, t=t))
        self._each(derive)

    def _run(
        self, policy: GraphPolicy, share: _Share, block: _Block, between: Callable[[], None]
    ) -> None:
        """A whole block of one share."""
        robots, part = share.robots, share.part
        record = self._record(share, block.steps)
        seed = (abs(policy.seed), abs(self._seed), self._blocks, share.index)
        shape = (block.steps, robots.size, self._robot.nu)
        noise = np.random.default_rng(seed).standard_normal(shape, np.float32)
        for t in range(block.steps):
            between()
            observation = block.observation[t, part] = robots.observe()
            action = block.action[t, part] = self._act(policy, observation, noise[t])
            robots.step(robots.targets(action))
            robots.record(record, t)
            block.ended[:, t, part] = robots.end(record, t)
        block.observation[-1, part] = robots.observe()
        block.keep(part, self._derive(share, record, robots.memory))

    def _act(self, policy: GraphPolicy, observation: Floats, noise: Floats) -> Floats:
        return policy.act(observation) if policy.noisy is None else policy.noisy(observation, noise)

    def _derive(self, share: _Share, record: Record, memory: Memory) -> Tape:
        return cpu_graph.derive(self._robot, share.robots.layout, self._shapes, record, memory)

    def _blank(self, share: _Share, steps: int) -> Record:
        """A record to compile with."""
        record = self._record(share, steps)
        for field in vars(record).values():
            field[:] = 0.0
        return record

    def _record(self, share: _Share, steps: int) -> Record:
        return Record.empty(steps, share.robots.size, self._robot, share.robots.layout)


@dataclass(frozen=True)
class _Block:
    """A rollout being filled in; `ended [2, T, B]` are falls and time limits."""

    fields: dict[str, Floats]
    observation: Floats
    action: Floats
    ended: Floats

    @classmethod
    def empty(cls, steps: int, size: int, robot: Robot) -> _Block:
        """Room for `steps` of `size` robots."""

        def room(*shape: int) -> Floats:
            return np.empty(shape, np.float32)

        return cls(
            fields={name: room(steps, size, *shape) for name, shape in tape_schema(robot).items()},
            observation=room(steps + 1, size, observation_size(robot)),
            action=room(steps, size, robot.nu),
            ended=room(2, steps, size),
        )

    @property
    def steps(self) -> int:
        """Number of control steps, T."""
        return len(self.action)

    def keep(self, part: slice, tape: Tape) -> None:
        """Write down the tape of some robots."""
        for name, field in tape.fields.items():
            self.fields[name][:, part] = field

    def rollout(self) -> Rollout:
        """The filled block."""
        return Rollout(Tape(self.fields), self.observation, self.action, *self.ended)
