"""What JAX compiles, counted through its own monitoring, by the stage it happened in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import jax.monitoring

from tabrl.control.arrays import Floats
from tabrl.control.rollout import Rollout
from tabrl.rewards.memory import RewardCarry
from tabrl_trainer.rollout_reward import RolloutReward

EVENT = "/jax/core/compile/backend_compile_duration"
ELSEWHERE = "elsewhere"
REWARD = "reward"


class Compilation(NamedTuple):
    """One graph handed to XLA; `function` is the jitted function's name."""

    stage: str
    function: str
    seconds: float


class Compilations:
    """Hears of every graph that is compiled while it listens.

    A graph found in the persistent cache counts too: it had to be traced and loaded. Compilation
    happens in the thread that calls, so the stage entered last is the one that compiles.
    """

    def __init__(self) -> None:
        self.heard: list[Compilation] = []
        self._stage = ELSEWHERE

    @contextmanager
    def listening(self) -> Iterator[Compilations]:
        """Count until the block ends."""
        jax.monitoring.register_event_duration_secs_listener(self._hear)
        try:
            yield self
        finally:
            jax.monitoring.unregister_event_duration_listener(self._hear)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """What is compiled within belongs to `name`."""
        before, self._stage = self._stage, name
        try:
            yield
        finally:
            self._stage = before

    def outside(self, stage: str) -> list[Compilation]:
        """What was compiled in any other stage."""
        return [compilation for compilation in self.heard if compilation.stage != stage]

    def within(self, stage: str) -> list[Compilation]:
        """What was compiled in this stage."""
        return [compilation for compilation in self.heard if compilation.stage == stage]

    def _hear(self, event: str, duration_secs: float, **kwargs: str | int) -> None:
        if event == EVENT:
            function = str(kwargs.get("fun_name", "?"))
            self.heard.append(Compilation(self._stage, function, duration_secs))


class StagedReward(RolloutReward):
    """A reward whose own compilations are told apart: a new artifact has to be compiled once."""

    def __init__(self, reward: RolloutReward, compilations: Compilations) -> None:
        self.__dict__.update(reward.__dict__)
        self._compilations = compilations

    def terms_of(
        self, rollout: Rollout, carry: RewardCarry | None = None, ends: Floats | None = None
    ) -> Floats:
        """As `RolloutReward.terms_of`, in a stage of its own."""
        with self._compilations.stage(REWARD):
            return super().terms_of(rollout, carry, ends)
