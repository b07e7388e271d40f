"""Where the time of a rollout and its update goes: the real classes, with a timer around each.

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
from bench.robot import ROBOT, legged_robot
from numpy.typing import NDArray

from tabrl.control.arrays import Floats
from tabrl.control.rollout import RawSteps, Rollout
from tabrl.embodiments.legged.embodiment import LeggedRobot
from tabrl.rewards.memory import RewardCarry
from tabrl.sim.cpu.layout import RolloutBuffer
from tabrl.sim.cpu.shard import CpuRobots
from tabrl.sim.cpu.simulator import SHARDS, CpuSimulator
from tabrl.sim.learning.ppo import Learner
from tabrl.sim.simulator import Experience, GraphPolicy, PolicyFn
from tabrl_trainer.rollout_reward import RolloutReward

SECTIONS = ("physics", "policy and observation", "rollout", "ends and resets", "reward", "update")
POLICY, ROLLOUT = SECTIONS[1:3]


class SectionTimer:
    """Seconds by section."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(SECTIONS, 0.0)
        self._lock = Lock()

    @contextmanager
    def section(self, name: str, threads: int = 1) -> Iterator[None]:
        """Count what happens within, in one of `threads` threads that do it side by side."""
        began = time.perf_counter()
        try:
            yield
        finally:
            took = (time.perf_counter() - began) / threads
            with self._lock:
                self.seconds[name] += took

    def reset(self) -> None:
        """Begin anew."""
        self.seconds = dict.fromkeys(SECTIONS, 0.0)

    def shares(self, total_s: float, *, learning: bool) -> dict[str, float]:
        """Share of every section in `total_s`, and of the rest; without `learning` nothing updates.

        Raises `RuntimeError` if a section took no time: then the method it stands for was renamed.
        """
        if not learning:
            del self.seconds["update"]
        silent = [name for name, seconds in self.seconds.items() if seconds == 0.0]
        if silent:
            raise RuntimeError(f"nothing was measured for {silent}")
        shares = {name: seconds / total_s for name, seconds in self.seconds.items()}
        return shares | {"rest": 1.0 - sum(shares.values())}


class TimedSimulator(CpuSimulator):
    """The CPU simulator with a timer around its parts."""

    def __init__(self, size: int, timer: SectionTimer, *, coarse: bool = False) -> None:
        super().__init__(ROBOT, size, coarse=coarse)
        self._timer = timer
        self._embodiment = _TimedRobot(legged_robot(), timer)
        self._shards = [
            replace(shard, robots=_TimedRobots(shard.robots, timer)) for shard in self._shards
        ]

    def rollout(
        self, policy: PolicyFn, steps: int, on_step: Callable[[], None] = lambda: None
    ) -> Experience:
        """As `CpuSimulator.rollout`."""
        if isinstance(policy, GraphPolicy):
            return super().rollout(policy, steps, on_step)

        def act(observation: Floats) -> Floats:
            with self._timer.section(POLICY):
                return policy(observation)

        return super().rollout(act, steps, on_step)

    def _act(self, *arguments: Any) -> Any:
        with self._timer.section(POLICY, SHARDS):
            return super()._act(*arguments)

    def _derive(self, *arguments: Any) -> Rollout:
        with self._timer.section(ROLLOUT, SHARDS):
            return super()._derive(*arguments)


class _TimedRobots(CpuRobots):
    def __init__(self, robots: CpuRobots, timer: SectionTimer) -> None:
        self.__dict__.update(robots.__dict__)
        self._timer = timer

    def observe(self) -> tuple[Floats, Floats]:
        with self._timer.section(POLICY, SHARDS):
            return super().observe()

    def step(self, targets: Floats) -> None:
        with self._timer.section("physics", SHARDS):
            super().step(targets)

    def record(self, buffer: RolloutBuffer, t: int) -> None:
        with self._timer.section(ROLLOUT, SHARDS):
            super().record(buffer, t)

    def end(self, buffer: RolloutBuffer, t: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        with self._timer.section("ends and resets", SHARDS):
            return super().end(buffer, t)


class _TimedRobot(LeggedRobot):
    def __init__(self, robot: LeggedRobot, timer: SectionTimer) -> None:
        self.__dict__.update(robot.__dict__)
        self._timer = timer

    def derive(self, raw: RawSteps, carry: dict[str, Floats]) -> Rollout:
        with self._timer.section(ROLLOUT, SHARDS):
            return super().derive(raw, carry)


class TimedReward(RolloutReward):
    """A reward with a timer."""

    def __init__(self, reward: RolloutReward, timer: SectionTimer) -> None:
        self.__dict__.update(reward.__dict__)
        self._timer = timer

    def terms_of(
        self, rollout: Rollout, carry: RewardCarry | None = None, ends: Floats | None = None
    ) -> Floats:
        """As `RolloutReward.terms_of`."""
        with self._timer.section("reward"):
            return super().terms_of(rollout, carry, ends)


class TimedLearner(Learner):
    """A learner with a timer around its update."""

    def __init__(self, learner: Learner, timer: SectionTimer) -> None:
        self.__dict__.update(learner.__dict__)
        self._timer = timer

    def update(self, *arguments: Any, **named: Any) -> Any:
        """As `Learner.update`."""
        with self._timer.section("update"):
            return super().update(*arguments, **named)
