"""Building many drafts at once in the sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tabrl.domain.report import CandidateReport, MotionPreview
from tabrl.rewards.errors import RewardError
from tabrl.robots import Robot
from tabrl_reward_worker.drafts import Draft
from tabrl_reward_worker.sandbox import BuiltReward
from tabrl_reward_worker.waiting import Halt, never, side_by_side


class Workshop(Protocol):
    """Turns one source into an artifact; the sandbox, or a twin in tests."""

    def build(self, source: str, robot: Robot, trusted: bool = False) -> BuiltReward:
        """Raises `RewardError` if the source is at fault, `Unavailable` if the workshop is shut.

        `trusted` is for the composer's own templates: they run where a stranger's code may not.
        """
        ...


@dataclass(frozen=True)
class Proof:
    """What recorded motion says of a draft; no preview without a bank."""

    report: CandidateReport
    preview: MotionPreview | None


@dataclass(frozen=True)
class BuiltDraft:
    """A draft whose source could be built; with its proof where its author asked for it."""

    draft: Draft
    reward: BuiltReward
    proof: Proof | None = None


class Builder:
    """Builds drafts side by side."""

    def __init__(self, workshop: Workshop, workers: int = 3) -> None:
        self._workshop = workshop
        self._workers = workers

    def build(
        self,
        drafts: Sequence[Draft],
        robot: Robot,
        trusted: bool = False,
        halt: Halt = never,
    ) -> list[BuiltDraft | RewardError]:
        """For each draft, in order, what became of it. Raises `Unavailable`, `HaltedError`.

        `trusted`: our own templates wrote them, not a user or a language model.
        """
        return side_by_side(
            lambda draft: self._one(draft, robot, trusted), drafts, halt, self._workers
        )

    def _one(self, draft: Draft, robot: Robot, trusted: bool) -> BuiltDraft | RewardError:
        try:
            reward = self._workshop.build(draft.code, robot, trusted)
        except RewardError as error:
            return error
        return BuiltDraft(draft, reward)
