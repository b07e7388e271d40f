"""The CPU simulator: MuJoCo's own batch stepping on all cores.

The robots are shared out between two threads. Under a `GraphPolicy` each thread goes through a
block by itself, so that one computes physics while the other one observes, decides and records.
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
    """The scene without its visual geoms: they weigh and touch nothing, but cost kinematics."""
    spec = mujoco.MjSpec.from_string(scene_xml(robot.id).decode())
    spec.compiler.discardvisual = True
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

    Results do not depend on the number of threads. A `GraphPolicy` is compiled once for every
    robot, size and policy graph, its tape also for every number of steps.
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
        self._prepared: set[object] = set()
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
        if not isinstance(policy, GraphPolicy):
            return
        for share in self._shares:
            size = share.robots.size
            if (policy.graph, size) not in self._prepared:
                self._decide(policy, share, self._draws(policy, share, (0,), 1)[0])
            if (steps, size) not in self._prepared:
                record = self._record(share, steps)
                for field in vars(record).values():
                    field[:] = 0.0
                self._derive(share, record, share.robots.memory.copy())
            self._prepared |= {(policy.graph, size), (steps, size)}

    def rollout(
        self, policy: PolicyFn, steps: int, between: Callable[[], None] = lambda: None
    ) -> Rollout:
        """Go on for `steps` control steps of 20 ms; `between` is called at every one of them."""
        block = _Block.empty(steps, self._size, self._robot)
        if isinstance(policy, GraphPolicy):
            # Threads that find nothing compiled would both compile.
            self.prepare(policy, steps)
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
            raw = records[share.index].steps(robots.layout, joints)
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
        draws = self._draws(policy, share, seed, block.steps + 1)
        for t in range(block.steps):
            between()
            decision = self._decide(policy, share, draws[t])
            robots.step(decision.targets)
            block.observation[t, part] = decision.observation
            block.action[t, part] = decision.action
            robots.record(record, t)
            block.ended[:, t, part] = robots.end(record, t)
        block.observation[-1, part] = self._decide(policy, share, draws[-1]).observation
        block.keep(part, self._derive(share, record, robots.memory))

    def _draws(
        self, policy: GraphPolicy, share: _Share, seed: tuple[int, ...], steps: int
    ) -> cpu_graph.Draws:
        return cpu_graph.draws(policy, seed, (steps, share.robots.size, self._robot.nu))

    def _decide(
        self, policy: GraphPolicy, share: _Share, draw: cpu_graph.Draws
    ) -> cpu_graph.Decision:
        robots = share.robots
        return cpu_graph.decide(self._robot, robots.layout, policy, robots.moment, draw)

    def _derive(self, share: _Share, record: Record, memory: Memory) -> Tape:
        return cpu_graph.derive(self._robot, share.robots.layout, self._shapes, record, memory)

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
