"""Where the time of a rollout and its update goes: the real parts, with a stopwatch around each."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabrl.control.tape import Floats, Memory, RawSteps, Tape, TapeBuilder
from tabrl.robots import Robot
from tabrl.sim.cpu import CpuSimulator
from tabrl.sim.ppo import Learner
from tabrl.sim.simulator import PolicyFn, Rollout
from tabrl_trainer.scoring import TapeReward

STAGES = ("physics", "policy", "observation", "tape", "ends and resets", "reward", "update")


class StageClock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(STAGES, 0.0)

    @contextmanager
    def on(self, stage: str) -> Iterator[None]:
        """Count what happens within."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] += time.perf_counter() - began

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

    def rollout(self, policy: PolicyFn, steps: int) -> Rollout:
        """As `CpuSimulator.rollout`."""

        def act(observation: Floats) -> Floats:
            with self._clock.on("policy"):
                return policy(observation)

        return super().rollout(act, steps)

    def _observe(self) -> Floats:
        with self._clock.on("observation"):
            return super()._observe()

    def _step(self, action: Floats) -> None:
        with self._clock.on("physics"):
            super()._step(action)

    def _record(self, raw: RawSteps, t: int) -> None:
        with self._clock.on("tape"):
            super()._record(raw, t)

    def _ends(self, qpos: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        with self._clock.on("ends and resets"):
            return super()._ends(qpos)

    def _between(self, done: NDArray[np.bool_]) -> None:
        with self._clock.on("ends and resets"):
            super()._between(done)


class _TimedBuilder(TapeBuilder):
    def __init__(self, builder: TapeBuilder, clock: StageClock) -> None:
        self.__dict__.update(builder.__dict__)
        self._clock = clock

    def derive(self, raw: RawSteps, memory: Memory) -> Tape:
        with self._clock.on("tape"):
            return super().derive(raw, memory)


class TimedReward(TapeReward):
    """A reward with a stopwatch."""

    def __init__(self, reward: TapeReward, clock: StageClock) -> None:
        self.__dict__.update(reward.__dict__)
        self._clock = clock

    def terms_of(self, tape: Tape) -> Floats:
        """As `TapeReward.terms_of`."""
        with self._clock.on("reward"):
            return super().terms_of(tape)


class TimedLearner(Learner):
    """A learner with a stopwatch around its update."""

    def __init__(self, learner: Learner, clock: StageClock) -> None:
        self.__dict__.update(learner.__dict__)
        self._clock = clock

    def update(self, *arguments: Any, **named: Any) -> Any:
        """As `Learner.update`."""
        with self._clock.on("update"):
            return super().update(*arguments, **named)
