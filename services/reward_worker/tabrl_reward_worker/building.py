"""Building many candidates at once in the sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tabrl.domain.errors import Unavailable
from tabrl.domain.report import CandidateReport, MotionPreview
from tabrl.rewards.errors import RewardError
from tabrl.robots import Robot
from tabrl_reward_worker.candidates import RewardCandidate
from tabrl_reward_worker.concurrency import CancellationToken, never_cancelled, parallel_map
from tabrl_reward_worker.sandbox import BuiltReward


class RewardBuilder(Protocol):
    """Turns one source into an artifact; the sandbox, or a twin in tests."""

    def build(self, source: str, robot: Robot, trusted: bool = False) -> BuiltReward:
        """Build one reward.

        Args:
            source: the reward's Python.
            robot: what it is written for.
            trusted: for our own templates: they run where a stranger's code may not.

        Raises:
            RewardError: the source is at fault.
            Unavailable: nothing can be built here.
        """
        ...


@dataclass(frozen=True)
class ValidationReport:
    """What recorded motion says of a candidate; no preview without a bank."""

    report: CandidateReport
    preview: MotionPreview | None


@dataclass(frozen=True)
class BuiltCandidate:
    """A candidate whose source could be built; validated where its generator asked for it."""

    candidate: RewardCandidate
    reward: BuiltReward
    validation: ValidationReport | None = None


class CandidateBuilder:
    """Builds candidates in parallel."""

    def __init__(self, reward_builder: RewardBuilder, workers: int = 3) -> None:
        self._reward_builder = reward_builder
        self._workers = workers

    def build(
        self,
        candidates: Sequence[RewardCandidate],
        robot: Robot,
        trusted: bool = False,
        cancelled: CancellationToken = never_cancelled,
    ) -> list[BuiltCandidate | RewardError]:
        """For each candidate, in order, what became of it.

        Args:
            candidates: what to build.
            robot: what they are written for.
            trusted: our own templates wrote them, not a user or a language model.
            cancelled: the cancellation token.

        Raises:
            Unavailable: nothing can be built here.
            WorkCancelledError: soon after the token is cancelled.
        """
        return parallel_map(
            lambda candidate: self._build(candidate, robot, trusted),
            candidates,
            cancelled,
            self._workers,
        )

    def build_our_own(
        self,
        candidates: Sequence[RewardCandidate],
        robot: Robot,
        cancelled: CancellationToken = never_cancelled,
    ) -> list[BuiltCandidate]:
        """Build what our own templates wrote, all of which must work.

        Raises:
            RewardError: a template of ours is broken.
            Unavailable: nothing can be built here, or not in time.
            WorkCancelledError: soon after the token is cancelled.
        """
        built = []
        for outcome in self.build(candidates, robot, trusted=True, cancelled=cancelled):
            if isinstance(outcome, RewardError):
                if outcome.code in ("reward_timeout", "reward_crashed"):
                    message = "The reward builder was too slow; the task will be tried again."
                    raise Unavailable(message, code="jail_overloaded")
                raise outcome
            built.append(outcome)
        return built

    def _build(
        self, candidate: RewardCandidate, robot: Robot, trusted: bool
    ) -> BuiltCandidate | RewardError:
        try:
            reward = self._reward_builder.build(candidate.code, robot, trusted)
        except RewardError as error:
            return error
        return BuiltCandidate(candidate, reward)
