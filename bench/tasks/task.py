"""What a task is: a sentence, the reward a good author would write, and when it is learnt."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.contracts.motion import MotionSpec
from tabrl.embodiments.legged.catalogue import Quantity

SETTLE_S = 2.0  # from the home pose into the motion; not scored
SCORED_S = 10.0
ROLLOUT_S = SETTLE_S + SCORED_S
MINUTE_S = 60.0


class Recording(Protocol):
    """What a robot did, of whatever kind."""

    @property
    def fell(self) -> bool:
        """Whether the robot failed as its kind does: fell over, or touched what it must not."""
        ...

    def between(self, start_s: float, end_s: float) -> Recording:
        """The rows of a window of time."""
        ...


@dataclass(frozen=True)
class Bound:
    """One number of a motion and the range it must be in."""

    name: str
    unit: str
    measure: Callable[[Any], float]  # of a motion of the robot's kind
    at_least: float | None = None
    at_most: float | None = None

    def holds(self, value: float) -> bool:
        """Whether a measured value is within the range; NaN never is."""
        return self.margin(value) >= 0.0

    def margin(self, value: float) -> float:
        """How far inside the range a value is (outside: negative; NaN: minus infinity)."""
        if math.isnan(value):
            return -math.inf
        above = math.inf if self.at_least is None else value - self.at_least
        below = math.inf if self.at_most is None else self.at_most - value
        return min(above, below)

    @property
    def target(self) -> str:
        """The range in words."""
        if self.at_least is not None and self.at_most is not None:
            text = f"{self.at_least:g} … {self.at_most:g}"
        elif self.at_least is not None:
            text = f"≥ {self.at_least:g}"
        else:
            text = f"≤ {self.at_most:g}"
        return f"{text} {self.unit}".strip()


@dataclass(frozen=True)
class Task:
    """One task of the suite.

    `reward` is source under the reward contract, `checks` are what a user of the product would be
    shown with it; success is decided by `bounds` alone, and by not falling. `needs` are
    abilities of the robot, without which it is none of its tasks.
    """

    name: str
    sentence: str
    reward: str
    checks: tuple[CheckSpec, ...]
    bounds: tuple[Bound, ...]
    seconds: float = MINUTE_S
    stretch: bool = field(default=False)  # beyond what one minute is expected to teach
    extra: bool = field(default=False)  # not of the first twelve
    needs: tuple[str, ...] = ()
    motion: MotionSpec | None = None  # what the search begins with, as read in the sentence
    settle_s: float = SETTLE_S

    @property
    def sha256(self) -> str:
        """Changes with whatever makes earlier results those of another task."""
        # Checks without a path are written as they were before there were any.
        checks = [
            spec.model_dump_json(exclude={"path"} if spec.path is None else None)
            for spec in self.checks
        ]
        bounds = [f"{bound.name} {bound.target}" for bound in self.bounds]
        bounds += [self.motion.model_dump_json()] if self.motion is not None else []
        text = "\n".join([self.reward, str(self.seconds), *checks, *bounds])
        return hashlib.sha256(text.encode()).hexdigest()

    def values(self, motion: Recording) -> tuple[float, ...]:
        """All numbers of a whole recording, of what follows the settling time."""
        scored = motion.between(self.settle_s, self.settle_s + SCORED_S)
        return tuple(bound.measure(scored) for bound in self.bounds)

    def succeeded(self, motion: Recording) -> bool:
        """Whether all bounds hold and the robot never fell."""
        if motion.fell:
            return False
        pairs = zip(self.bounds, self.values(motion), strict=True)
        return all(bound.holds(value) for bound, value in pairs)


def check(
    name: str,
    quantity: Quantity,
    statistic: Statistic,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    frequency: float | None = None,
    threshold: float | None = None,
    part: str | None = None,
) -> CheckSpec:
    """A check of the product over the scored seconds of an episode."""
    return CheckSpec(
        id=name,
        quantity=quantity,
        statistic=statistic,
        part=part,
        frequency=frequency,
        threshold=threshold,
        start_s=SETTLE_S,
        at_least=at_least,
        at_most=at_most,
    )


FALLS = CheckSpec(
    id="falls",
    quantity=Quantity.FALLEN,
    statistic=Statistic.ANY,
    start_s=0.0,
    at_most=0.02,
)
