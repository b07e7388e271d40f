"""What a reward may remember of an episode: a few numbers, each moved on by a fixed rule.

A reward stays a pure function of one step. It names the number that is to be remembered; the rule
is applied along time by whoever has the rollout, from the begin of every episode on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import numpy as np
from jaxtyping import Bool, Float
from pydantic import BaseModel, ConfigDict, Field, model_validator

from tabrl.rewards.state import DT, Array

MEMORY = "memory"  # the artifact's argument beside the rollout's fields
MAX_MEMORY = 8  # numbers of a robot
MAX_SECONDS = 60.0


class Rule(StrEnum):
    """How a number is remembered, by the name of the helper that asks for it."""

    RUNNING_MEAN = "running_mean"
    BEST_SO_FAR = "best_so_far"
    BEST_BEFORE = "best_before"


class Remembered(BaseModel):
    """One number that is remembered; `seconds` is the time constant of a running mean."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: Rule
    seconds: Annotated[float, Field(ge=DT, le=MAX_SECONDS, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _seconds_of_a_mean(self) -> Remembered:
        if (self.seconds is None) == (self.rule is Rule.RUNNING_MEAN):
            raise ValueError("a running mean has a time constant, and nothing else has")
        return self

    def moved(
        self, before: Float[Array, "*B"], value: Float[Array, "*B"], xp: Any = np
    ) -> tuple[Float[Array, "*B"], Float[Array, "*B"]]:
        """One step on: what the reward sees in it, and what is remembered after it.

        Args:
            before: what was remembered; in an episode's first step that step's own `value`.
            value: the step's number.
            xp: numpy or jax.numpy.
        """
        if self.rule is Rule.RUNNING_MEAN and self.seconds is not None:
            rate = np.float32(1.0 - math.exp(-DT / self.seconds))
            mean = before + rate * (value - before)
            return mean, mean
        best = xp.maximum(before, value)
        return (before if self.rule is Rule.BEST_BEFORE else best), best


class RewardCarry:
    """What is remembered of robots from one block of an episode to the next.

    It is moved on block by block, and begins with episodes that begin.
    """

    def __init__(self) -> None:
        self._values: Float[np.ndarray, "M B"] | None = None
        self._begins: Bool[np.ndarray, " B"] | None = None

    def move_on(
        self,
        memory: Sequence[Remembered],
        values: Float[np.ndarray, "T B M"],
        ends: Float[np.ndarray, "T B"] | None = None,
    ) -> Float[np.ndarray, "T B 8"]:
        """What the reward sees in every step of a block.

        Args:
            memory: how each number is remembered.
            values: the numbers, step by step; finite.
            ends: 1 in the last step of an episode; None if none ends.
        """
        steps, size, count = values.shape
        known = np.zeros((count, size), np.float32) if self._values is None else self._values
        begins = np.ones(size, bool) if self._begins is None else self._begins
        seen = np.zeros((steps, size, MAX_MEMORY), np.float32)
        for t in range(steps):
            following = []
            for column, remembered in enumerate(memory):
                value = values[t, :, column]
                before = np.where(begins, value, known[column])
                seen[t, :, column], after = remembered.moved(before, value)
                following.append(after)
            known = np.stack(following)
            begins = np.zeros(size, bool) if ends is None else ends[t] > 0.5
        self._values, self._begins = known, begins
        return seen
