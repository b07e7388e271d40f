"""Reward generators: whatever turns a sentence into rewards that could be built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from tabrl.contracts.events import NoticeEvent
from tabrl.contracts.motion import MotionSpec
from tabrl.contracts.training import CheckResult
from tabrl.domain.errors import Invalid, Unavailable
from tabrl.domain.tasks import Dropped, LlmUsage
from tabrl.robots import Robot
from tabrl_reward_worker.building import BuiltCandidate, CandidateBuilder
from tabrl_reward_worker.concurrency import CancellationToken, WorkCancelledError, never_cancelled
from tabrl_reward_worker.generator import generate
from tabrl_reward_worker.generator.followup.generate import generate_followup

RULE_BASED = "composer"
"""The rule-based generator's name in stored candidates."""


@dataclass(frozen=True)
class History:
    """What was asked, generated and learnt before; the prompt that comes with it goes on from here.

    `sentences` are the user's, oldest first. `curves` hold each weighted term's mean per control
    step, one number per update. Checks and fall rates are empty until a training has ended.
    `motion` is what the code was written for, where that was a specification.
    """

    sentences: tuple[str, ...]
    name: str
    idea: str
    code: str
    weights: Mapping[str, float]
    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)
    checks: Sequence[CheckResult] = ()
    fall_rate_base: float | None = None
    fall_rate_result: float | None = None
    motion: MotionSpec | None = None


@dataclass(frozen=True)
class GenerationResult:
    """Built candidates, how the generator (by name) read the sentence, and what it cost."""

    generator: str
    candidates: Sequence[BuiltCandidate]
    understood: list[str]
    not_understood: list[str]
    notices: list[NoticeEvent] = field(default_factory=list)
    usage: LlmUsage | None = None
    rejected: list[Dropped] = field(default_factory=list)


class NoRewardError(Unavailable):
    """A generator found no reward that works; with its usage and its rejected candidates."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        usage: LlmUsage | None = None,
        rejected: Sequence[Dropped] = (),
    ) -> None:
        super().__init__(message, code=code)
        self.usage = usage
        self.rejected = list(rejected)


class AllGeneratorsFailedError(Invalid):
    """Neither generator found a reward; keeps the reading, the usage and what was rejected."""

    def __init__(self, second: Invalid, first: Unavailable) -> None:
        super().__init__(
            f"{first.message} The offline generator was asked instead. {second.message}",
            code=second.code,
            hint=second.hint,
        )
        self.understood: list[str] = getattr(second, "understood", [])
        self.not_understood: list[str] = getattr(second, "not_understood", [])
        self.usage, self.rejected = _usage_and_rejected(first)


class RewardGenerator(Protocol):
    """Generates rewards for a sentence."""

    def generate(
        self,
        prompt: str,
        robot: Robot,
        history: History | None = None,
        cancelled: CancellationToken = never_cancelled,
        seed: int = 0,
    ) -> GenerationResult:
        """Rewards for a sentence; with a history, for what it says of an earlier result.

        Args:
            prompt: the user's sentence.
            robot: what it is for.
            history: what it goes on from, if anything.
            cancelled: the cancellation token.
            seed: of what may be another one every time, such as a dance.

        Raises:
            Invalid: nothing was understood (code `task_not_understood`).
            Unavailable: the generator did not answer, or nothing it wrote works.
            WorkCancelledError: soon after the token is cancelled, with the usage until then.
        """
        ...


class RuleBasedGenerator:
    """Rewards from a grammar and templates, offline; for legged robots."""

    def __init__(self, builder: CandidateBuilder) -> None:
        self._builder = builder

    def generate(
        self,
        prompt: str,
        robot: Robot,
        history: History | None = None,
        cancelled: CancellationToken = never_cancelled,
        seed: int = 0,
    ) -> GenerationResult:
        """See `RewardGenerator.generate`."""
        if history is None:
            proposal = generate(prompt, robot, seed)
        else:
            proposal = generate_followup(history.sentences, prompt, robot, history.motion)
        built = self._builder.build_our_own(proposal.candidates, robot, cancelled)
        return GenerationResult(RULE_BASED, built, proposal.understood, proposal.not_understood)


class FallbackGenerator:
    """A generator, and a second one for when the first does not answer or finds no reward."""

    def __init__(self, first: RewardGenerator, second: RewardGenerator) -> None:
        self._first = first
        self._second = second

    def generate(
        self,
        prompt: str,
        robot: Robot,
        history: History | None = None,
        cancelled: CancellationToken = never_cancelled,
        seed: int = 0,
    ) -> GenerationResult:
        """Raises what the second one raises, with what became of the first in its message."""
        try:
            return self._first.generate(prompt, robot, history, cancelled, seed)
        except Unavailable as error:
            first = error
        try:
            result = self._second.generate(prompt, robot, history, cancelled, seed)
        except WorkCancelledError:
            raise WorkCancelledError(_usage_and_rejected(first)[0]) from None
        except Invalid as second:
            raise AllGeneratorsFailedError(second, first) from None
        message = f"{first.message} The offline generator wrote these candidates."
        usage, rejected = _usage_and_rejected(first)
        return replace(
            result,
            notices=[NoticeEvent(code=first.code, message=message), *result.notices],
            usage=usage,
            rejected=[*rejected, *result.rejected],
        )


def _usage_and_rejected(error: Unavailable) -> tuple[LlmUsage | None, list[Dropped]]:
    if isinstance(error, NoRewardError):
        return error.usage, error.rejected
    return None, []
