"""What a generator hands over, before anything of it has run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tabrl.contracts.checks import CheckSpec
from tabrl.contracts.ground import FLAT, Ground
from tabrl.contracts.motion import MotionSpec
from tabrl.contracts.quantities import Catalogue


@dataclass(frozen=True)
class RewardCandidate:
    """One proposed reward with the success checks that belong to it.

    `phases_s` are the seconds of phases that follow each other: the reward pays for each in its
    part of `state.time()`, modulo their sum if they are to `repeat`. `motion` is what it was
    written for, where that was a specification and not a sentence alone.
    """

    name: str
    idea: str
    code: str
    weights: dict[str, float]
    checks: tuple[CheckSpec, ...]
    phases_s: tuple[float, ...] = ()
    motion: MotionSpec | None = None
    repeat: bool = True
    ground: Ground = FLAT

    def on(self, ground: Ground) -> RewardCandidate:
        """On another ground."""
        motion = self.motion and self.motion.model_copy(update={"ground": ground})
        return replace(self, ground=ground, motion=motion)


@dataclass(frozen=True)
class Proposal:
    """The rule-based generator's answer: candidates not yet built, and its reading word by word."""

    candidates: tuple[RewardCandidate, ...]
    understood: list[str]
    not_understood: list[str]

    def on(self, ground: Ground) -> Proposal:
        """The same on another ground."""
        return replace(self, candidates=tuple(one.on(ground) for one in self.candidates))


def taken_over(checks: Sequence[CheckSpec], catalogue: Catalogue) -> tuple[CheckSpec, ...]:
    """Somebody's checks, with each quantity by its own name instead of another one for it."""
    return tuple(
        check.model_copy(update={"quantity": catalogue.canonical(check.quantity)})
        for check in checks
    )
