"""Where the time of a rollout and its update goes: the real parts, with a stopwatch around each.

What the simulator's threads do side by side counts in proportion, so that shares add up to one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabrl.control.rollout import Carry, Floats, RawSteps, Rollout, RolloutBuilder
from tabrl.robots import Robot
from tabrl.sim.cpu.layout import RolloutBuffer
from tabrl.sim.cpu.shard import CpuRobots
from tabrl.sim.cpu.simulator import SHARDS, CpuSimulator
from tabrl.sim.learning.ppo import Learner
from tabrl.sim.simulator import Experience, GraphPolicy, PolicyFn
from tabrl_trainer.rollout_reward import RolloutReward

STAGES = ("physics", "policy and observation", "rollout", "ends and resets", "reward", "update")
DECIDING, TAPE = STAGES[1:3]


class StageClock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self._lock = Lock()

    @contextmanager
    def on(self, stage: str, threads: int = 1) -> Iterator[None]:
        """Count what happens within, in one of `threads` threads that do it side by side."""
        began = time.perf_counter()
        try:
            yield
        finally:
            took = (time.perf_counter() - began) / threads
            with self._lock:
                self.seconds[stage] += took

    def reset(self) -> None:
        """Begin anew."""
        self.seconds = dict.fromkeys(STAGES, 0.0)

    def shares(self, total_s: float, *, learning: bool) -> dict[str, float]:
        """Share of every stage in `total_s`, and of the rest; without `learning` nothing updates.

        Raises `RuntimeError` if a stage took no time: then the part it stands for was renamed.
        """
        if not learning:
            del self.seconds["update"]
        silent = [stage for stage, seconds in self.seconds.items() if seconds == 0.0]
        if silent:
            raise RuntimeError(f"nothing was measured for {silent}")
        shares = {stage: seconds / total_s for stage, seconds in self.seconds.items()}
        return shares | {"rest": 1.0 - sum(shares.values())}


class TimedSimulator(CpuSimulator):
    """The CPU simulator with a stopwatch around its parts."""

    def __init__(self, robot: Robot, size: int, clock: StageClock) -> None:
        super().__init__(robot, size)
        self._clock = clock
        self._builder = _TimedBuilder(self._builder, clock)
        self._shards = [
            replace(share, robots=_TimedRobots(share.robots, clock)) for share in self._shards
        ]

    def rollout(
        self, policy: PolicyFn, steps: int, on_step: Callable[[], None] = lambda: None
    ) -> Experience:
        """As `CpuSimulator.rollout`."""
        if isinstance(policy, GraphPolicy):
            return super().rollout(policy, steps, on_step)

        def act(observation: Floats) -> Floats:
            with self._clock.on(DECIDING):
                return policy(observation)

        return super().rollout(act, steps, on_step)

    def _act(self, *arguments: Any) -> Any:
        with self._clock.on(DECIDING, SHARDS):
            return super()._act(*arguments)

    def _derive(self, *arguments: Any) -> Rollout:
        with self._clock.on(TAPE, SHARDS):
            return super()._derive(*arguments)


class _TimedRobots(CpuRobots):
    def __init__(self, robots: CpuRobots, clock: StageClock) -> None:
        self.__dict__.update(robots.__dict__)
        self._clock = clock

    def observe(self) -> Floats:
        with self._clock.on(DECIDING, SHARDS):
            return super().observe()

    def step(self, targets: Floats) -> None:
        with self._clock.on("physics", SHARDS):
            super().step(targets)

    def record(self, record: RolloutBuffer, t: int) -> None:
        with self._clock.on(TAPE, SHARDS):
            super().record(record, t)

    def end(self, record: RolloutBuffer, t: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        with self._clock.on("ends and resets", SHARDS):
            return super().end(record, t)


class _TimedBuilder(RolloutBuilder):
    def __init__(self, builder: RolloutBuilder, clock: StageClock) -> None:
        self.__dict__.update(builder.__dict__)
        self._clock = clock

    def derive(self, raw: RawSteps, carry: Carry) -> Rollout:
        with self._clock.on(TAPE, SHARDS):
            return super().derive(raw, carry)


class TimedReward(RolloutReward):
    """A reward with a stopwatch."""

    def __init__(self, reward: RolloutReward, clock: StageClock) -> None:
        self.__dict__.update(reward.__dict__)
        self._clock = clock

    def terms_of(self, rollout: Rollout) -> Floats:
        """As `RolloutReward.terms_of`."""
        with self._clock.on("reward"):
            return super().terms_of(rollout)


class TimedLearner(Learner):
    """A learner with a stopwatch around its update."""

    def __init__(self, learner: Learner, clock: StageClock) -> None:
        self.__dict__.update(learner.__dict__)
        self._clock = clock

    def update(self, *arguments: Any, **named: Any) -> Any:
        """As `Learner.update`."""
        with self._clock.on("update"):
            return super().update(*arguments, **named)
