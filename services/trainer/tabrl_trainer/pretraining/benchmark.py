"""A row of a model card: what is asked, what is measured of it, and which bounds that must keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from pydantic import BaseModel, ConfigDict

from tabrl.control.command_batch import CommandBatch
from tabrl.control.embodiment import Disturbance
from tabrl.control.rollout import Rollout
from tabrl.robots.abilities import Span
from tabrl.sim.episodes import EpisodeConfig
from tabrl.sim.simulator import PolicyFn

EPISODE_S = 20.0
QUIET = EpisodeConfig(reset_noise=0.5)
PUSHED = EpisodeConfig(reset_noise=0.5, push_every_s=3.0, push_speed=0.5)

Draw = Callable[[np.random.Generator, int], CommandBatch]
Measure = Callable[[Rollout, CommandBatch], dict[str, float]]


class Bound(BaseModel):
    """A limit that a measured value must keep."""

    model_config = ConfigDict(frozen=True)

    limit: float
    at_least: bool = False

    def holds(self, value: float) -> bool:
        """Whether `value` keeps the limit; what is not finite never does."""
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"


@dataclass(frozen=True)
class Benchmark:
    """What to measure: schedules from randomness, and what to read from the settled rollout.

    `most_falls` is the share of episodes that may fail; `looks` bounds what is ugly (see
    `Embodiment.looks`); `reaches` are the ranges of channels that the schedules go through, which
    the robot can follow where the row is reached. The robots may be disturbed. With a `policy`, it
    is measured instead of the one that the card is of; `robots` are then as many as it can manage.
    """

    command: str
    schedules: Draw
    measure: Measure
    must: Mapping[str, Bound]
    episodes: EpisodeConfig = field(default=QUIET)
    most_falls: float = 0.01
    looks: Mapping[str, Bound] = field(default_factory=dict)
    disturbance: Disturbance | None = None
    reaches: Mapping[str, Span] = field(default_factory=dict)
    policy: PolicyFn | None = None
    robots: int | None = None


def at_most(**limits: float) -> dict[str, Bound]:
    """Upper bounds by name."""
    return {name: Bound(limit=limit) for name, limit in limits.items()}


def at_least(**limits: float) -> dict[str, Bound]:
    """Lower bounds by name."""
    return {name: Bound(limit=limit, at_least=True) for name, limit in limits.items()}
