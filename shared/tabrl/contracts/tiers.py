"""Tiers: the three budgets that one kind of training job may have."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from tabrl.contracts.checks import Identifier

MIN_MINUTES, MAX_MINUTES = 5, 60
USUAL_MINUTES = 10
MAX_POINTS = 200  # of a history; an hour of learning has some sixty

Minutes = Annotated[int, Field(ge=MIN_MINUTES, le=MAX_MINUTES)]


class Tier(StrEnum):
    """How long a training may take: the search alone, a minute, or minutes that are asked for."""

    COMMAND = "command"
    FINE_TUNE = "fine-tune"
    FULL = "full"

    @property
    def next(self) -> Tier:
        """What a result of this tier goes on with unless told otherwise."""
        return Tier.FINE_TUNE if self is Tier.COMMAND else Tier.FULL

    @property
    def takes_minutes(self) -> bool:
        """Whether its length is asked for in minutes."""
        return self is Tier.FULL


class EvaluationPoint(BaseModel):
    """One evaluation on the way: a policy without noise, undisturbed, from starts kept for this.

    `minutes` and `samples` count from the first training of a chain on: whatever goes on from a
    result adds to one curve. `reward` is the mean weighted reward a step, `reward_ci95` half the
    width of its 95 % interval over the episodes; `checks` are measured values by the check's id,
    None where one could not be measured. `best`: the policy to deliver had it ended here.
    """

    model_config = ConfigDict(frozen=True)

    minutes: float
    update: int
    samples: int
    reward: float
    reward_ci95: float
    fall_rate: float
    checks: dict[Identifier, float | None]
    passed: int
    best: bool


def followed_by(
    history: tuple[EvaluationPoint, ...], point: EvaluationPoint
) -> tuple[EvaluationPoint, ...]:
    """A training's evaluations with one more: an attempt that goes on repeats what it measured."""
    return (*(one for one in history if one.update < point.update), point)


def thinned(points: tuple[EvaluationPoint, ...]) -> tuple[EvaluationPoint, ...]:
    """At most `MAX_POINTS` of a history, its first and its last among them."""
    if len(points) <= MAX_POINTS:
        return points
    step = (len(points) - 1) / (MAX_POINTS - 1)
    return tuple(points[round(index * step)] for index in range(MAX_POINTS))
